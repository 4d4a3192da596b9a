package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/middleware"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/uploads"
)

// Uploads stores the files that agents send with replies. Each agent sees their own.
type Uploads interface {
	AddUpload(ctx context.Context, as desk.Agent, p desk.Part) (view.Upload, error)
	Upload(ctx context.Context, as desk.Agent, id desk.UploadID) (view.Upload, error)
	UploadContent(ctx context.Context, as desk.Agent, id desk.UploadID) (view.File, error)
	DeleteUpload(ctx context.Context, as desk.Agent, id desk.UploadID) error
}

type uploadPath struct {
	ID string `path:"id" doc:"An upload's id"`
}

type uploadOutput struct{ Body view.Upload }

type uploadInput struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" required:"true" doc:"One file of at most 25 MB"`
	}]
}

func (s *server) uploadRoutes() {
	tags := []string{"Uploads"}
	handle(s, huma.Operation{
		OperationID: "upload-file", Method: http.MethodPost, Path: "/uploads", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Upload a file", Description: "For the attachments of a reply, within two days. At most 25 MB for each file and for all files of a reply; 413 above that.",
	}, s.upload)
	handle(s, huma.Operation{
		OperationID: "get-upload", Method: http.MethodGet, Path: "/uploads/{id}", Tags: tags,
		Summary: "Get an upload", Description: "One of your own.",
	}, func(ctx context.Context, in *uploadPath) (*uploadOutput, error) {
		id, err := pathID(in.ID, "upload", desk.ParseID[desk.UploadID])
		if err != nil {
			return nil, err
		}
		u, err := s.Uploads.Upload(ctx, auth.AgentOf(ctx), id)
		return &uploadOutput{u}, err
	})
	handle(s, huma.Operation{
		OperationID: "download-upload", Method: http.MethodGet, Path: "/uploads/{id}/content", Tags: tags,
		Summary: "Download an upload", Description: "PNG, JPEG, GIF and WebP are served inline, everything else as application/octet-stream.",
		Responses: binary("application/octet-stream", "The file"),
	}, s.uploadContent)
	handle(s, huma.Operation{
		OperationID: "delete-upload", Method: http.MethodDelete, Path: "/uploads/{id}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Delete an upload", Description: "Replies that were sent with it keep theirs.",
	}, func(ctx context.Context, in *uploadPath) (*struct{}, error) {
		id, err := pathID(in.ID, "upload", desk.ParseID[desk.UploadID])
		if err != nil {
			return nil, err
		}
		return nil, s.Uploads.DeleteUpload(ctx, auth.AgentOf(ctx), id)
	})
}

func (s *server) upload(ctx context.Context, in *uploadInput) (*uploadOutput, error) {
	f := in.RawBody.Data().File
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, uploads.MaxFile+1))
	if err != nil {
		return nil, problem.New(http.StatusBadRequest, "the file could not be read completely")
	}
	if len(data) > uploads.MaxFile {
		return nil, problem.TooLarge(uploads.MaxFile)
	}
	u, err := s.Uploads.AddUpload(ctx, auth.AgentOf(ctx), uploads.New(f.Filename, f.ContentType, data))
	return &uploadOutput{u}, err
}

func (s *server) uploadContent(ctx context.Context, in *uploadPath) (*huma.StreamResponse, error) {
	id, err := pathID(in.ID, "upload", desk.ParseID[desk.UploadID])
	if err != nil {
		return nil, err
	}
	f, err := s.Uploads.UploadContent(ctx, auth.AgentOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return content(f), nil
}

// bodyLimit returns how many bytes the body of a request may have: with a file, also the
// multipart boundaries.
func bodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPost && r.URL.Path == base+"/uploads" {
		return uploads.MaxFile + 64<<10
	}
	return middleware.MaxBody
}
