package normalize

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

var received = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func mail(s string) desk.Raw {
	return desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: received, Bytes: []byte(strings.ReplaceAll(s, "\n", "\r\n"))}
}

func TestEmailIsDeterministic(t *testing.T) {
	raw := mail("From: a@example.com\nSubject: x\n\nhello\n")
	a, b := Email(raw), Email(raw)
	if a.MessageID != b.MessageID || !strings.HasSuffix(a.MessageID, "@"+missingIDDomain) {
		t.Errorf("generated identifiers %q and %q", a.MessageID, b.MessageID)
	}
	if !a.SentAt.Equal(received) {
		t.Errorf("SentAt is %v, want the time of receipt", a.SentAt)
	}
	if a.TextBody != "hello" || a.Preview != "hello" || a.From[0].Email != "a@example.com" {
		t.Errorf("message %+v", a)
	}
}
