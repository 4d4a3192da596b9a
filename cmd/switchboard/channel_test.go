package main

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk/view"
)

func TestPrintChannels(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	var out strings.Builder
	err := printChannels(&out, []view.Channel{
		{Name: "imap bills", State: "running", Since: since, LastSuccess: &since, LastItem: &since, Progress: &view.Progress{Done: 40, Total: 1000, Rate: 8, ETA: 120}},
		{Name: "imap support", State: "unauthorised", Alarm: true, Since: since, LastError: `imap.example.com:993 refuses the login`, Advice: "Check both."},
		{Name: "chat", State: "running", Since: since, Progress: &view.Progress{Total: 3}},
	}, false)
	want := `CHANNEL       STATE                 SINCE                LAST SUCCESS         LAST MESSAGE         BACKLOG
imap bills    running               2026-01-02 03:04:05  2026-01-02 03:04:05  2026-01-02 03:04:05  40 of 1000, 8/s, about 2m0s left
imap support  unauthorised (alarm)  2026-01-02 03:04:05  never                never
    imap.example.com:993 refuses the login
    -> Check both.
chat          running               2026-01-02 03:04:05  never                never                0 of 3, 0/s
`
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
}
