package livechat

import (
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

// progress is how far a socket has got in its session's conversation. It decides
// whether a line that was pushed can be written as it is or the database has to
// be read first.
//
// The events of a conversation are numbered without gaps, and a line's number is
// its event's. So a line is the next one if every event before it is either a
// line that was written or an event that is not a line.
type progress struct {
	at chat.Position // of the newest line that was written
	// known is the highest event number up to which every line that the visitor may
	// see was written. A line that is held back, or that waits behind one, is always
	// above it: only lines move it, and events that follow it directly.
	known int64
	// first and last delimit events in a row that are not lines and came before
	// the lines below them; 0: none.
	first, last int64
}

func startAt(at chat.Position) progress { return progress{at: at, known: at.Seq} }

// wrote records that a line was written.
func (p *progress) wrote(l chat.Line) {
	if l.Conversation != p.at.Conversation {
		*p = progress{}
	}
	p.at = chat.Position{Conversation: l.Conversation, Seq: l.Seq}
	p.known = max(p.known, l.Seq)
	p.join()
}

// passed records an event that is not a line.
func (p *progress) passed(seq int64) {
	switch {
	case seq <= p.known:
		return
	case p.last != 0 && seq == p.last+1:
		p.last = seq
	default:
		p.first, p.last = seq, seq
	}
	p.join()
}

// join moves known over the events that follow it.
func (p *progress) join() {
	if p.first != 0 && p.first <= p.known+1 {
		p.known = max(p.known, p.last)
		p.first, p.last = 0, 0
	}
}

// complete reports that no line up to an event number is missing.
func (p *progress) complete(c desk.ConversationID, seq int64) bool {
	return c == p.at.Conversation && seq <= p.known
}

// next reports that a pushed line is the next one to write.
func (p *progress) next(push *live.ChatPush) bool {
	if p.at.Conversation.IsZero() {
		return push.After == 0 && push.Seq > 0 // the session's first line
	}
	return push.Conversation == p.at.Conversation && push.After <= p.known && p.known < push.Seq
}
