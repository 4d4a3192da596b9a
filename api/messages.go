package api

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/api/auth"
	"switchboard/api/middleware"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

type messagePath struct {
	ID string `path:"id"`
}

type attachmentPath struct {
	ID     string `path:"id"`
	PartID string `path:"part_id" doc:"From the message's attachments"`
}

func (s *server) messageRoutes() {
	tags := []string{"Messages"}
	handle(s, huma.Operation{
		OperationID: "show-message", Method: http.MethodGet, Path: "/messages/{id}/html", Tags: tags,
		Summary: "Show sanitized HTML", Description: "For a sandboxed frame: no scripts, no remote content. With images=true, this server fetches remote images and serves them itself.",
		Responses: binary("text/html", "The sanitized page"),
	}, s.messageHTML)
	handle(s, huma.Operation{
		OperationID: "download-message", Method: http.MethodGet, Path: "/messages/{id}/raw", Tags: tags,
		Summary: "Download the original", Description: "Email as message/rfc822; a chat message or form submission as JSON.",
		Responses: binary("message/rfc822", "The message"),
	}, s.messageRaw)
	handle(s, huma.Operation{
		OperationID: "download-attachment", Method: http.MethodGet, Path: "/messages/{id}/attachments/{part_id}", Tags: tags,
		Summary: "Download an attachment", Description: "PNG, JPEG, GIF and WebP are served inline, everything else as application/octet-stream.",
		Responses: binary("application/octet-stream", "The file"),
	}, s.attachment)
}

// binary documents a response that is not JSON.
func binary(mediaType, description string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: description,
		Content:     map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
}

// complete sets what the API adds to a message: its URLs, and what is shown of it.
func (s *server) complete(ctx context.Context, m *view.Message) {
	maskMessage(ctx, m)
	at := base + "/messages/" + m.ID.String()
	if m.HTML != "" {
		m.HTMLURL = at + "/html"
		m.RemoteImages = remoteImage.MatchString(m.HTML)
	}
	if m.HasRaw {
		m.RawURL = at + "/raw"
	}
	for i := range m.Attachments {
		m.Attachments[i].URL = at + "/attachments/" + url.PathEscape(m.Attachments[i].PartID)
	}
	m.Display = display(m)
	s.listFiles(m)
}

// mailCSP forbids a shown message everything: scripts, forms, requests. Inline
// pictures are data: URLs, because a sandboxed page sends no cookie; remote
// images use the URLs that imageURL signs.
const mailCSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:%s; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"

type messageHTMLInput struct {
	ID     string `path:"id"`
	Images bool   `query:"images" doc:"Show remote images"`
}

func (s *server) messageHTML(ctx context.Context, in *messageHTMLInput) (*huma.StreamResponse, error) {
	id, err := pathID(in.ID, "message", desk.ParseID[desk.MessageID])
	if err != nil {
		return nil, err
	}
	m, err := s.Messages.Message(ctx, auth.AgentOf(ctx), id)
	if err != nil {
		return nil, err
	}
	if err := unmasked(ctx, "the HTML of messages; read the text"); err != nil {
		return nil, err
	}
	if m.HTML == "" || s.cfg.SafeHTML == nil {
		return nil, problem.NotFound("HTML: the message is plain text")
	}
	pictures, csp := s.pictures(ctx, &m), fmt.Sprintf(mailCSP, "")
	if in.Images && s.showsImages() {
		at := s.site.URL(middleware.RequestOf(ctx))
		pictures.Remote = func(url string) string { return at + s.imageURL(url, time.Now()) }
		csp = fmt.Sprintf(mailCSP, " "+at+imagePath)
	}
	body := s.cfg.SafeHTML(m.HTML, pictures)
	page := "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">" +
		"<base target=\"_blank\"><style>" + mailStyle + "</style><title>" + html.EscapeString(m.Subject) + "</title></head><body>" + body + "</body></html>"
	return stream(func(w http.ResponseWriter) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", csp)
		h.Set("Cache-Control", "private, max-age=300")
		w.Write([]byte(page))
	}), nil
}

// isPicture reports whether browsers show a type without running anything in it.
func isPicture(mediaType string) bool {
	switch mediaType {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return true
	}
	return false
}

func (s *server) messageRaw(ctx context.Context, in *messagePath) (*huma.StreamResponse, error) {
	id, err := pathID(in.ID, "message", desk.ParseID[desk.MessageID])
	if err != nil {
		return nil, err
	}
	f, err := s.Messages.MessageBytes(ctx, auth.AgentOf(ctx), id)
	if err != nil {
		return nil, err
	}
	if err := unmasked(ctx, "the original of messages"); err != nil {
		return nil, err
	}
	return download(f, "attachment", f.Type), nil
}

func (s *server) attachment(ctx context.Context, in *attachmentPath) (*huma.StreamResponse, error) {
	id, err := pathID(in.ID, "message", desk.ParseID[desk.MessageID])
	if err != nil {
		return nil, err
	}
	f, err := s.Messages.Attachment(ctx, auth.AgentOf(ctx), id, in.PartID)
	if err != nil {
		return nil, err
	}
	if err := s.maskFile(ctx, &f); err != nil {
		return nil, err
	}
	return content(f), nil
}

// content sends a file: pictures to be shown, everything else to be saved.
func content(f view.File) *huma.StreamResponse {
	if isPicture(f.Type) {
		return download(f, "inline", f.Type)
	}
	return download(f, "attachment", "application/octet-stream")
}

// download sends a file in a way that it never runs as a page of this origin.
func download(f view.File, disposition, mediaType string) *huma.StreamResponse {
	return stream(func(w http.ResponseWriter) {
		h := w.Header()
		h.Set("Content-Type", mediaType)
		h.Set("Content-Disposition", contentDisposition(disposition, f.Name))
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "private, max-age=300")
		w.Write(f.Bytes)
	})
}

// stream returns a response that is written without huma.
func stream(write func(http.ResponseWriter)) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, w := humago.Unwrap(ctx)
		write(w)
	}}
}

// contentDisposition gives the file name twice (RFC 6266 §4.3): in ASCII for old
// clients, and in UTF-8 encoded by RFC 8187.
func contentDisposition(disposition, name string) string {
	if name == "" {
		name = "file"
	}
	var ascii, utf8 strings.Builder
	for _, r := range name {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/%`, r) {
			r = '_'
		}
		ascii.WriteRune(r)
	}
	for _, b := range []byte(name) {
		if isAttrChar(b) {
			utf8.WriteByte(b)
		} else {
			const hex = "0123456789ABCDEF"
			utf8.Write([]byte{'%', hex[b>>4], hex[b&15]})
		}
	}
	value := disposition + `; filename="` + ascii.String() + `"`
	if ascii.String() != name {
		value += "; filename*=UTF-8''" + utf8.String()
	}
	return value
}

// isAttrChar reports whether b is an attr-char of RFC 8187 §3.2.1.
func isAttrChar(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("!#$&+-.^_`|~", b) >= 0
}
