package agent

import (
	"strings"
	"testing"

	"switchboard/desk"
)

func TestComposeFiles(t *testing.T) {
	picture := Upload{ID: desk.NewID[desk.UploadID](), Name: "shot.png", Type: "image/png", Picture: "image/png", BlobID: strings.Repeat("a", 64), Size: 10}
	file := Upload{ID: desk.NewID[desk.UploadID](), Name: "bill.pdf", Type: "application/pdf", BlobID: strings.Repeat("b", 64), Size: 20}
	d := newDraft(Reply{Text: "See ![the screen](cid:" + picture.ID.String() + ")."})
	d.files = []Upload{file, picture}
	m, _, err := d.compose()
	if err != nil {
		t.Fatal(err)
	}
	cid := picture.ID.String() + "@desk.example"
	if m.TextBody != "See [image: the screen]." || m.Preview != m.TextBody || !strings.Contains(m.HTMLBody, `<img src="cid:`+cid+`" alt="the screen"`) {
		t.Errorf("%q %q %s", m.TextBody, m.Preview, m.HTMLBody)
	}
	if a := m.Attachments; len(a) != 2 || a[0].Disposition != "attachment" || a[0].CID != "" || a[0].PartID != "1" || a[1].Disposition != "inline" || a[1].CID != cid || a[1].BlobID != picture.BlobID {
		t.Errorf("%+v", m.Attachments)
	}

	d.reply.Text = "See ![the bill](cid:" + file.ID.String() + ")."
	if _, _, err := d.compose(); desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), "bill.pdf") {
		t.Errorf("a PDF as a picture: %v", err)
	}
	d.reply.Text = "See ![the screen](cid:" + picture.ID.String() + ")."
	d.files = nil
	if _, _, err := d.compose(); desk.KindOf(err) != desk.KindInvalid {
		t.Errorf("a picture that is not attached: %v", err)
	}
	file.Size = MaxFiles + 1
	d = newDraft(Reply{Text: "a"})
	d.files = []Upload{file}
	if _, _, err := d.compose(); desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), "25 MB") {
		t.Errorf("too large: %v", err)
	}
	d = newDraft(Reply{Text: "a"})
	d.conversation.ReplyChannel, d.files = desk.ChannelChat, []Upload{picture}
	if _, _, err := d.compose(); desk.KindOf(err) != desk.KindInvalid || !strings.HasPrefix(err.Error(), "attachments:") {
		t.Errorf("a file in a chat: %v", err)
	}
}
