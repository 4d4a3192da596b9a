package livechat

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
)

func TestParseFrame(t *testing.T) {
	long := strings.Repeat("x", maxText)
	for _, tt := range []struct {
		name, in, code string // code: the refusal's; "" for a good frame
	}{
		{"hello", `{"type":"hello"}`, ""},
		{"hello with unknown fields", `{"type":"hello","locale":"de"}`, ""},
		{"message", `{"type":"message","id":"a-Z_0.9:","text":" x "}`, ""},
		{"text of the maximum length", `{"type":"message","id":"1","text":"` + long + `"}`, ""},
		{"text too long", `{"type":"message","id":"1","text":"` + long + `x"}`, "too-long"},
		{"no text", `{"type":"message","id":"1"}`, "empty"},
		{"white space", `{"type":"message","id":"1","text":" \n\t\u00a0"}`, "empty"},
		{"no id", `{"type":"message","text":"x"}`, "bad-id"},
		{"a slash in the id", `{"type":"message","id":"a/b","text":"x"}`, "bad-id"},
		{"NUL in the id", `{"type":"message","id":"a\u0000","text":"x"}`, "bad-id"},
		{"id too long", `{"type":"message","id":"` + strings.Repeat("a", 65) + `","text":"x"}`, "bad-id"},
		{"invalid address", `{"type":"hello","email":"jo"}`, "bad-email"},
		{"two addresses", `{"type":"hello","email":"jo@a.example, jo@b.example"}`, "bad-email"},
		{"header injection in the address", `{"type":"hello","email":"jo@a.example\r\nBcc: x@b.example"}`, "bad-email"},
		{"no type", `{}`, "unknown-type"},
		{"another type", `{"type":"welcome"}`, "unknown-type"},
		{"a list", `[]`, "bad-frame"},
		{"a string", `"hello"`, "bad-frame"},
		{"field of the wrong type", `{"type":"hello","after":"1"}`, "bad-frame"},
		{"a fraction", `{"type":"received","seq":1.5}`, "bad-frame"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseFrame([]byte(tt.in))
			var r *refusal
			if errors.As(err, &r) {
				if r.code != tt.code {
					t.Errorf("refused with %q, want %q", r.code, tt.code)
				}
			} else if err != nil || tt.code != "" {
				t.Errorf("%v, want %q", err, tt.code)
			}
		})
	}
	for in, want := range map[string]error{
		"":                           errNotJSON,
		"{":                          errNotJSON,
		`{"type":"hello"} x`:         errNotJSON,
		"hello":                      errNotJSON,
		"{\"type\":\"hello\xff\"}":   errNotUTF8,
		"{\"type\":\"\xed\xa0\x80\"": errNotUTF8, // a surrogate
	} {
		if _, err := parseFrame([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", in, err, want)
		}
	}
}

// An invalid address does not refuse the visitor, and a name never has a line break.
func TestParseFrameKeepsWhatIsGood(t *testing.T) {
	f, err := parseFrame([]byte(`{"type":"hello","name":"Jo\r\nBcc: x","email":"nonsense","after":-5,"page":"https://x.example/` + strings.Repeat("ü", 2000) + `"}`))
	if err == nil || f.Type != typeHello || f.Email != "" || f.Name != "Jo Bcc: x" || f.After != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if len(f.Page) > maxPage || !utf8.ValidString(f.Page) {
		t.Errorf("the page has %d octets, valid %v", len(f.Page), utf8.ValidString(f.Page))
	}
}

func FuzzChatFrame(f *testing.F) {
	for _, seed := range []string{
		`{"type":"hello","session":"x","after":3,"name":"Jo","email":"jo@acme.example","page":"https://x.example"}`,
		`{"type":"message","id":"1","text":"hi"}`, `{"type":"received","seq":9007199254740993}`, `{"type":"typing"}`,
		`{"type":"message","id":"\u0000","text":"\ud800"}`, `[]`, `null`, "\xff", `{"type":1}`, `{"TYPE":"hello"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := parseFrame(data)
		var r *refusal
		if errors.As(err, &r) {
			if r.code == "" || r.detail == "" || !json.Valid(r.frame().encode()) || len(r.frame().encode()) > 4096 {
				t.Fatalf("a refusal that cannot be sent: %+v", r)
			}
		}
		if frame.Type != typeHello && frame.Type != typeMessage {
			return
		}
		if strings.ContainsAny(frame.Name+frame.Email+frame.Page, "\r\n\x00") || len(frame.Name) > maxName || len(frame.Page) > maxPage {
			t.Fatalf("a visitor that must not be stored: %+v", frame)
		}
		if frame.Type != typeMessage {
			return
		}
		if frame.ID == "" || len(frame.ID) > maxID || strings.Contains(frame.ID, "/") || len(frame.Text) > maxText || strings.TrimSpace(frame.Text) == "" {
			t.Fatalf("a line that must not be stored: %+v", frame)
		}
		body, err := frame.chatLine(desk.NewID[desk.SessionID](), chat.Visitor{Name: frame.Name, Email: frame.Email, Page: frame.Page})
		var back desk.ChatLine
		if err != nil || json.Unmarshal(body, &back) != nil || back.Text != frame.Text || back.ClientID != frame.ID {
			t.Fatalf("the line %+v was stored as %s", frame, body)
		}
	})
}
