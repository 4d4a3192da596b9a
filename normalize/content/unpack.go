package content

import (
	"fmt"
	"strings"

	"switchboard/desk"
	"switchboard/normalize/calendar"
	"switchboard/normalize/charset"
	"switchboard/normalize/filename"
	"switchboard/normalize/htmltext"
	"switchboard/normalize/mimeparse"
	"switchboard/normalize/plaintext"
	"switchboard/normalize/tnef"
)

// noteCalendar keeps a summary of an invitation (RFC 5545) for messages with no other
// text.
func (r *Content) noteCalendar(p *mimeparse.Part, data []byte) {
	if r.Event != "" {
		return
	}
	s, _ := charset.ToUTF8(data, p.Params["charset"], false)
	r.Event = calendar.Summary(plaintext.Clean(s))
}

func isTNEF(p *mimeparse.Part) bool {
	return p.Type == "application/ms-tnef" || p.Type == "application/vnd.ms-tnef" || strings.EqualFold(p.Name, "winmail.dat")
}

// unpackTNEF adds the files of a winmail.dat to the attachments and keeps its body
// for messages with no other text. If the data is damaged it returns false, and the
// winmail.dat itself becomes an attachment.
func (r *Content) unpackTNEF(data []byte) bool {
	t, ok := tnef.Parse(data)
	if !ok {
		r.parser.Report("tnef-broken", "a winmail.dat attachment could not be opened")
		return false
	}
	for i, f := range t.Files {
		a := desk.Part{PartID: fmt.Sprintf("tnef.%d", i+1), Name: f.Name, Type: f.Type, CID: f.ContentID, Data: f.Data}
		if a.Type == "" {
			a.Type = filename.MediaType(f.Name)
		}
		r.add(a)
	}
	v := Body{Text: plaintext.Clean(t.Body), Plain: t.Body != ""}
	if v.Text == "" {
		v.Text, v.Plain = plaintext.Clean(t.RichText), t.RichText != ""
	}
	if html := plaintext.Clean(t.HTML); !plaintext.IsBlank(html) {
		v.HTML, v.Rich = html, true
		if plaintext.IsBlank(v.Text) {
			v.Text = htmltext.Text(html)
		}
	}
	if r.wrapped.blank() {
		r.wrapped = v
	}
	return true
}
