package agent

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"switchboard/desk"
	"switchboard/internal/markdown"
)

// MaxFiles bounds the octets of all files of a reply: most mail servers refuse more.
const MaxFiles = 25 << 20

// Upload is a file that an agent has uploaded.
type Upload struct {
	ID                          desk.UploadID
	Name, Type, Picture, BlobID string // as in desk.Part
	Size                        int64
}

// files returns the uploads that a reply attaches.
func (a *act) files(ctx context.Context, ids []desk.UploadID) ([]Upload, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	files, err := a.Uploads(ctx, a.by.ID, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if slices.Index(ids, id) != i {
			return nil, desk.Errorf(desk.KindInvalid, "attachments[%d]: %s is listed twice", i, id)
		}
		if !slices.ContainsFunc(files, func(u Upload) bool { return u.ID == id }) {
			return nil, desk.Errorf(desk.KindInvalid, "attachments[%d]: there is no upload %s of yours; uploads are kept for two days", i, id)
		}
	}
	return files, nil
}

// content sets the text of a mail, its HTML and its files. A picture that the text shows,
// as in ![screen](cid:up_...), is part of the HTML; other files are attached.
func (d *draft) content(m *desk.Message, text, html string) error {
	shown := markdown.Images(text)
	m.TextBody, m.NewText = markdown.Text(text), markdown.Text(text)
	if html == "" {
		html = markdown.HTML(text)
	}
	_, host, _ := strings.Cut(m.MessageID, "@")
	var total int64
	for i, u := range d.files {
		p := desk.Part{PartID: strconv.Itoa(i + 1), BlobID: u.BlobID, Size: u.Size, Name: u.Name, Type: u.Type, Picture: u.Picture, Disposition: "attachment"}
		if id := u.ID.String(); slices.Contains(shown, id) || strings.Contains(html, `"cid:`+id+`"`) {
			// A Content-ID is a msg-id (RFC 2045 §7).
			p.Disposition, p.CID = "inline", id+"@"+host
			html = strings.ReplaceAll(html, "cid:"+id, "cid:"+p.CID)
		}
		if total += u.Size; total > MaxFiles {
			return desk.Errorf(desk.KindInvalid, "attachments: together the files have more than %d MB, which most mail servers refuse; send a link to the large ones", MaxFiles>>20)
		}
		m.Attachments = append(m.Attachments, p)
	}
	for _, id := range shown {
		i := slices.IndexFunc(d.files, func(u Upload) bool { return u.ID.String() == id })
		switch {
		case i < 0:
			return desk.Errorf(desk.KindInvalid, "text: the picture cid:%s is not one of the attachments", id)
		case !strings.HasPrefix(d.files[i].Picture, "image/"):
			return desk.Errorf(desk.KindInvalid, "text: %s is not a picture that mail programs show; attach it without showing it in the text", d.files[i].Name)
		}
	}
	m.HTMLBody = html
	return nil
}
