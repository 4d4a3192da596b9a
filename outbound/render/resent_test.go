package render

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func TestResent(t *testing.T) {
	t.Parallel()
	m := desk.Message{MessageID: "re.1@desk.example", SentAt: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC), From: []desk.Address{{Name: "Ana", Email: "support@desk.example"}},
		To: []desk.Address{{Name: "Bü", Email: "bu@supplier.example"}}, CC: []desk.Address{{Email: "cc@supplier.example"}}}
	const original = "Received: from x\r\nFrom: Jo <jo@acme.example>\r\nTo: support@desk.example\r\nSubject: Lamp\r\n\r\nIt is d\xe4rk.\r\n"
	const fields = "Resent-Date: Sun, 29 Nov 2026 10:00:00 +0000\r\nResent-From: \"Ana\" <support@desk.example>\r\nResent-To: =?utf-8?q?B=C3=BC?= <bu@supplier.example>\r\n" +
		"Resent-Cc: <cc@supplier.example>\r\nResent-Message-ID: <re.1@desk.example>\r\n"
	for name, bytes := range map[string]string{"as it was": original, "with other line ends": strings.ReplaceAll(original, "\r\n", "\n"),
		"with a CR alone": strings.Replace(original, "It is", "It \ris", 1), "with a CR too many": strings.ReplaceAll(original, "\r\n", "\r\r\n")} {
		if got, err := Resent([]byte(bytes), &m); err != nil || string(got) != fields+original {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	twice, err := Resent([]byte(fields+original), &m)
	if err != nil || string(twice) != fields+fields+original {
		t.Errorf("again: %v\n%s", err, twice)
	}
	loop := strings.Repeat("resent-DATE: x\r\n", maxResent) + original
	wrong := m
	wrong.To = []desk.Address{{Email: "nobody"}}
	for name, bad := range map[string]struct {
		bytes string
		m     *desk.Message
	}{"a loop": {loop, &m}, "no header": {"Hello", &m}, "no address": {original, &wrong}, "no id": {original, &desk.Message{From: m.From, To: m.To}}} {
		if _, err := Resent([]byte(bad.bytes), bad.m); err == nil || desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
