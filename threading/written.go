package threading

import (
	"time"

	"switchboard/desk"
)

// Written is a message of a conversation, as a reply without headers is compared
// with it.
type Written struct {
	MessageID string
	From      desk.Address
	SentAt    time.Time
	NewText   string // without quotes and signature
	TextBody  string // including quotes
}

// digested is a Written prepared for comparison.
type digested struct {
	id     string
	from   desk.Address
	at     time.Time
	fresh  passages // of its new text
	direct passages // quoted directly, not from an older quote
}

// WrittenBy returns the parts of a message that later replies are compared with.
func WrittenBy(m *desk.Message) Written {
	w := Written{MessageID: m.MessageID, SentAt: m.SentAt, NewText: m.NewText, TextBody: m.TextBody}
	if len(m.From) > 0 {
		w.From = m.From[0]
	}
	return w
}

// digest returns the passages of a message's new text, without those it quotes, and of what
// it quotes directly.
func digest(w Written) digested {
	d := digested{id: w.MessageID, from: w.From, at: w.SentAt, fresh: passages{}}
	d.fresh.add(w.NewText)
	all, direct, _ := quoted(w.TextBody, w.NewText)
	d.direct = direct
	for h := range all {
		delete(d.fresh, h)
	}
	return d
}
