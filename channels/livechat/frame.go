package livechat

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/internal/imf"
)

const (
	maxText = 16 << 10 // octets of one line
	maxID   = 64
	maxName = 200
	maxPage = 2048
)

// frameType names what a frame is.
type frameType string

const (
	typeHello    frameType = "hello"
	typeWelcome  frameType = "welcome"
	typeMessage  frameType = "message"
	typeAck      frameType = "ack"
	typeReceived frameType = "received"
	typeTyping   frameType = "typing"
	typeError    frameType = "error"
)

// clientFrame is any frame from a visitor. Unknown fields are ignored, so that a
// newer widget works with an older server.
type clientFrame struct {
	Type    frameType `json:"type"`
	Session string    `json:"session"`
	Epoch   string    `json:"epoch"`
	After   int64     `json:"after"`
	Name    string    `json:"name"`
	Email   string    `json:"email"`
	Page    string    `json:"page"`
	ID      string    `json:"id"`
	Text    string    `json:"text"`
	Seq     int64     `json:"seq"`
}

// serverFrame is any frame to a visitor.
type serverFrame struct {
	Type    frameType `json:"type"`
	Session string    `json:"session,omitempty"`
	Resumed *bool     `json:"resumed,omitempty"`
	Seq     *int64    `json:"seq,omitempty"`
	Epoch   string    `json:"epoch,omitempty"`
	ID      string    `json:"id,omitempty"`
	From    string    `json:"from,omitempty"`
	Name    string    `json:"name,omitempty"`
	Text    string    `json:"text,omitempty"`
	At      string    `json:"at,omitempty"`
	Code    string    `json:"code,omitempty"`
	Detail  string    `json:"detail,omitempty"`
}

// encode cannot fail: a serverFrame has only fields that JSON can represent.
func (f serverFrame) encode() []byte {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return b
}

// lineFrame is the frame for a line of the conversation.
func lineFrame(l chat.Line) serverFrame {
	return serverFrame{
		Type: typeMessage, Seq: &l.Seq, Epoch: l.Conversation.String(), ID: l.ID, From: l.From, Name: l.Name,
		Text: l.Text, At: l.At.UTC().Format(time.RFC3339Nano),
	}
}

var (
	errNotJSON = errors.New("the frame is not JSON")
	errNotUTF8 = errors.New("the frame is not UTF-8")
)

// refusal is the reason why a frame was not accepted. The session continues.
type refusal struct {
	code   string // stable, kebab-case
	detail string // human-readable
	id     string // of the refused message; may be empty
}

func (r *refusal) Error() string { return r.code + ": " + r.detail }

func (r *refusal) frame() serverFrame {
	return serverFrame{Type: typeError, Code: r.code, Detail: r.detail, ID: r.id}
}

// parseFrame decodes and checks one frame. errNotJSON and errNotUTF8 end the
// connection; a *refusal does not. A hello with an invalid address is returned
// without the address, together with the refusal, because it still opens the session.
func parseFrame(data []byte) (clientFrame, error) {
	if !utf8.Valid(data) {
		return clientFrame{}, errNotUTF8
	}
	var f clientFrame
	if err := json.Unmarshal(data, &f); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return clientFrame{}, &refusal{code: "bad-frame", detail: "a frame must be a JSON object whose fields have the documented types; check " + wrongType.Field}
		}
		return clientFrame{}, errNotJSON
	}
	switch f.Type {
	case typeHello:
		return f, f.checkVisitor()
	case typeMessage:
		if err := f.checkLine(); err != nil {
			return clientFrame{}, err
		}
		return f, f.checkVisitor()
	case typeReceived, typeTyping:
		return f, nil
	}
	return clientFrame{}, &refusal{code: "unknown-type", detail: fmt.Sprintf("unknown frame type %.40q; must be hello, message, received or typing", f.Type)}
}

// checkLine checks a message frame. It returns a *refusal if the frame is not accepted.
func (f *clientFrame) checkLine() error {
	no := func(code, format string, args ...any) error {
		r := &refusal{code: code, detail: fmt.Sprintf(format, args...)}
		if len(f.ID) <= maxID {
			r.id = f.ID
		}
		return r
	}
	switch {
	case f.ID == "" || len(f.ID) > maxID || strings.ContainsFunc(f.ID, notIDRune):
		return no("bad-id", "a message needs an id of 1 to %d letters, digits, '-', '_', '.' or ':'", maxID)
	case strings.TrimSpace(f.Text) == "":
		return no("empty", "the message has no text")
	case len(f.Text) > maxText:
		return no("too-long", "the text has %d octets, the limit is %d", len(f.Text), maxText)
	}
	return nil
}

// notIDRune reports whether a character is not allowed in a client's ID.
func notIDRune(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.:", r):
		return false
	}
	return true
}

// checkVisitor shortens fields that are too long and refuses an invalid address. The
// frame is usable either way.
func (f *clientFrame) checkVisitor() error {
	f.After = max(f.After, 0)
	f.Name = cut(imf.OneLine(f.Name), maxName)
	f.Page = cut(imf.OneLine(f.Page), maxPage)
	f.Email = strings.TrimSpace(f.Email)
	if f.Email == "" {
		return nil
	}
	if !imf.ValidAddr(f.Email) {
		f.Email = ""
		return &refusal{code: "bad-email", detail: "the address is not of the form name@domain and was ignored"}
	}
	return nil
}

// cut shortens s to at most n octets without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// sameText reports whether a line that is stored has this text. Name, address and page
// of the visitor may have changed since. A line whose bytes are gone is not compared.
func sameText(stored, text string) bool {
	var line desk.ChatLine
	return stored == "" || json.Unmarshal([]byte(stored), &line) == nil && line.Text == text
}

// chatLine encodes a message frame as a raw item.
func (f clientFrame) chatLine(session desk.SessionID, v chat.Visitor) ([]byte, error) {
	return json.Marshal(desk.ChatLine{Session: session, ClientID: f.ID, Name: v.Name, Email: v.Email, Text: f.Text, Page: v.Page})
}
