package normalize

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

func rawJSON(t *testing.T, channel desk.Channel, key string, v any) desk.Raw {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return desk.Raw{Channel: channel, Endpoint: "contact", SourceKey: key, ReceivedAt: received, Bytes: b}
}

func TestForm(t *testing.T) {
	raw := rawJSON(t, desk.ChannelForm, "k1", desk.FormSubmission{
		Form: "contact", Email: "anna@example.com", Name: "Anna\r\nBcc: x", Message: "Where is\r\nmy order?\x00",
		Fields: map[string]string{"order": "42", "Colour": "red", "empty": " "},
		Files:  []desk.FormFile{{Name: `..\..\a.png`, Type: "image/png; x=y", Data: []byte("x")}, {Name: "b.pdf", Data: []byte("y")}},
	})
	m, err := Message(raw)
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Where is" || m.TextBody != "Where is\nmy order?\n\nColour: red\norder: 42" || m.Preview != "Where is my order?" {
		t.Errorf("subject %q, text %q, preview %q", m.Subject, m.TextBody, m.Preview)
	}
	if d := cmp.Diff([]desk.Address{{Name: "Anna Bcc: x", Email: "anna@example.com"}}, m.From); d != "" || m.To != nil {
		t.Errorf("to %v, from %s", m.To, d)
	}
	if len(m.Attachments) != 2 || m.Attachments[0].Name != "a.png" || m.Attachments[0].Type != "image/png" || m.Attachments[1].Type != "application/pdf" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	checkSafe(t, m)
	again, _ := Message(raw)
	raw.SourceKey = "k2"
	other, _ := Message(raw)
	if again.MessageID != m.MessageID || other.MessageID == m.MessageID {
		t.Error("the identifier does not depend on the submission alone")
	}
}

func TestFormWithoutAddress(t *testing.T) {
	m, err := Message(rawJSON(t, desk.ChannelForm, "k", desk.FormSubmission{Subject: "Hi", Message: "x"}))
	if err != nil || m.Subject != "Hi" || len(m.Problems) != 1 || m.Problems[0].Code != "no-from" {
		t.Errorf("%v %+v", err, m)
	}
}

func TestChat(t *testing.T) {
	line := desk.ChatLine{Session: desk.NewID[desk.SessionID](), ClientID: "1", Name: "Anna", Text: "> not a quote\n-- \nhello"}
	m, err := Message(rawJSON(t, desk.ChannelChat, "k", line))
	if err != nil {
		t.Fatal(err)
	}
	if m.TextBody != line.Text || m.NewText != line.Text || m.From[0].Name != "Anna" || m.Channel != desk.ChannelChat {
		t.Errorf("%+v", m)
	}
	checkSafe(t, m)
	line.ClientID = "2"
	if other, _ := Message(rawJSON(t, desk.ChannelChat, "k", line)); other.MessageID == m.MessageID {
		t.Error("two chat lines have the same identifier")
	}
}

func TestMessageRejectsInvalidJSON(t *testing.T) {
	for _, channel := range []desk.Channel{desk.ChannelChat, desk.ChannelForm, desk.ChannelNote, "fax"} {
		if _, err := Message(desk.Raw{Channel: channel, Bytes: []byte("{")}); desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("%s: error %v, want KindInvalid", channel, err)
		}
	}
}
