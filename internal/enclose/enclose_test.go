package enclose

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func TestAdd(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	jo := []desk.Address{{Name: "Jo\r\nBcc: x", Email: "jo@acme.example"}}
	list := []desk.Message{
		{Channel: desk.ChannelEmail, From: jo, To: []desk.Address{{Email: "support@desk.example"}}, Subject: "Lamp <b>", SentAt: at, TextBody: "It is dark.\n> older\n",
			HTMLBody:    `<p onclick="x()">It is <b>dark</b> <img src="cid:pic@acme"><script>x()</script></p>`,
			Attachments: []desk.Part{{PartID: "1", BlobID: "aa", Size: 3, Name: "pic.png", Disposition: "inline", CID: "pic@acme"}, {PartID: "2", BlobID: "bb", Size: 4, Name: "log.txt", Disposition: "inline", CID: "log@acme"}}},
		{Channel: desk.ChannelEmail, From: jo, Subject: "Lamp", SentAt: at, TextBody: "<i>plain</i>", HTMLBody: "",
			Attachments: []desk.Part{{PartID: "1", BlobID: "cc", Size: 5, Name: "pic.png", Disposition: "inline", CID: "pic@acme"}}},
		{Channel: desk.ChannelChat, From: []desk.Address{{Name: "Kim"}}, SentAt: at, TextBody: "Hello?\nAnyone?"},
	}
	m := desk.Message{TextBody: "See below.\n", HTMLBody: "<p>See below.</p>", Attachments: []desk.Part{{PartID: "1", BlobID: "up", Size: 1, Name: "own.txt"}}}
	if err := Add(&m, list, 100); err != nil {
		t.Fatal(err)
	}
	want := "See below.\n\n" + rule + "\nFrom: Jo Bcc: x <jo@acme.example>\nDate: Sun, 29 Nov 2026 10:00:00 +0000\nSubject: Lamp <b>\nTo: support@desk.example\n\nIt is dark.\n> older\n\n" +
		rule + "\nFrom: Jo Bcc: x <jo@acme.example>\nDate: Sun, 29 Nov 2026 10:00:00 +0000\nSubject: Lamp\n\n<i>plain</i>\n\nKim (2026-11-29 10:00 UTC): Hello?\n  Anyone?\n"
	if m.TextBody != want {
		t.Errorf("text\n%s\nwant\n%s", m.TextBody, want)
	}
	for _, part := range []string{"Lamp &lt;b&gt;", "&lt;i&gt;plain", `src="cid:f1.0.pic@acme"`, "Hello?<br>"} {
		if !strings.Contains(m.HTMLBody, part) {
			t.Errorf("the HTML lacks %q:\n%s", part, m.HTMLBody)
		}
	}
	if strings.Contains(m.HTMLBody, "x()") {
		t.Errorf("it can run something:\n%s", m.HTMLBody)
	}
	got := ""
	for _, p := range m.Attachments {
		got += p.PartID + " " + p.BlobID + " " + p.Disposition + " " + p.CID + "\n"
	}
	if want := "1 up  \n2 aa inline f1.0.pic@acme\n3 bb attachment f1.1.log@acme\n4 cc attachment f2.0.pic@acme\n"; got != want {
		t.Errorf("files\n%swant\n%s", got, want)
	}
	if err := Add(&desk.Message{}, list, 11); desk.KindOf(err) != desk.KindInvalid || err == nil {
		t.Errorf("12 octets of at most 11: %v", err)
	}
	if err := Add(&desk.Message{}, []desk.Message{{TextBody: strings.Repeat("x", maxText+1)}}, 11); desk.KindOf(err) != desk.KindInvalid || err == nil {
		t.Errorf("a long text: %v", err)
	}
}
