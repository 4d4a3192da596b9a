package threading

import (
	"time"

	"switchboard/desk"
)

// Written is what is known of a message of a conversation when a reply without
// headers may answer it.
type Written struct {
	MessageID string
	From      desk.Address
	SentAt    time.Time
	NewText   string // without quotes and signature
	TextBody  string // with what it quotes
}

// digested is a Written to compare with.
type digested struct {
	id    string
	from  desk.Address
	at    time.Time
	fresh passages // of what it says
	first passages // that it quotes at first hand
}

// WrittenBy is what a message leaves to be found by.
func WrittenBy(m *desk.Message) Written {
	w := Written{MessageID: m.MessageID, SentAt: m.SentAt, NewText: m.NewText, TextBody: m.TextBody}
	if len(m.From) > 0 {
		w.From = m.From[0]
	}
	return w
}

func digest(w Written) digested {
	d := digested{id: w.MessageID, from: w.From, at: w.SentAt, fresh: passages{}}
	d.fresh.add(w.NewText)
	all, first, _ := quoted(w.TextBody, w.NewText)
	d.first = first
	for h := range all {
		delete(d.fresh, h)
	}
	return d
}
