package letter_test

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/addressmask"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/letter"
)

var site = letter.Site{Address: "support@desk.example", Domain: "desk.example", Name: "Desk", Mask: addressmask.Mask{Shown: func(a string) bool { return strings.HasSuffix(a, "@desk.example") }}.Text}

func TestTarget(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]letter.Target{
		site.Conversation(17): {Number: 17}, site.Note(4): {Number: 4, Note: true}, "Support+Conversation-9@DESK.example": {Number: 9},
		"support@desk.example": {}, "support+conversation-x@desk.example": {}, "support+conversation--3@desk.example": {}, "jo+conversation-3@acme.example": {}, "support+order-3@desk.example": {},
	} {
		got, ok := site.Target(address)
		if ok != (want.Number > 0) || ok && got != want {
			t.Errorf("%s: %+v, %v; want %+v", address, got, ok, want)
		}
	}
}

func TestLetter(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	line := desk.Message{ID: desk.NewID[desk.MessageID](), Direction: desk.Inbound, Channel: desk.ChannelChat, TextBody: "Write to jo@acme.example", SentAt: at, ReceivedAt: at,
		From: []desk.Address{{Name: "Jo <jo@acme.example>", Email: "jo@acme.example"}}}
	note := line
	note.Direction, note.From = desk.Note, nil
	for _, c := range []struct {
		name       string
		m          desk.Message
		masked     bool
		has, hasNo []string
	}{
		{"chat", line, false, []string{"From: \"Jo Marsh\" <support+conversation-7@desk.example>", "Message-ID: <" + site.MessageID(line.ID) + ">", "jo@acme.example"}, nil},
		{"masked", line, true, []string{"<support+conversation-7@desk.example>"}, []string{"jo@acme.example"}},
		{"note", note, false, []string{"Subject: [Internal note]", "support+note-7@desk.example"}, []string{"conversation-7@"}},
	} {
		content := deskmail.Content{ID: c.m.ID, ConversationID: desk.NewID[desk.ConversationID](), Number: 7, Subject: "Lamp", Message: c.m, Customer: "Jo Marsh", Author: "Ana"}
		one, err := site.Letter(&content, c.masked)
		again, _ := site.Letter(&content, c.masked)
		if err != nil || string(one) != string(again) {
			t.Fatalf("%s: %v, or other bytes", c.name, err)
		}
		for _, text := range c.has {
			if !strings.Contains(string(one), text) {
				t.Errorf("%s: no %q in\n%s", c.name, text, one)
			}
		}
		for _, text := range c.hasNo {
			if strings.Contains(string(one), text) {
				t.Errorf("%s: %q in\n%s", c.name, text, one)
			}
		}
	}
}
