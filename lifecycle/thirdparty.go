package lifecycle

import (
	"bytes"
	"encoding/json"
	"slices"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// Third parties are people to whom an agent forwards mail of a conversation. What is
// exchanged with them is in the conversation, but it is nothing that the customer has
// written or has been told: it changes neither clocks nor participants, and the status
// only if the conversation waits for a third party.

// Why a mail to a third party is in its conversation: desk.Placement.Method.
const (
	MethodForward  = "forward"
	MethodRedirect = "redirect" // passed on unchanged
)

// maxThirdParties bounds how many third parties a conversation remembers.
const maxThirdParties = 100

// ThirdParties returns the addresses of the third parties of a stored conversation, in
// lower case.
func ThirdParties(c *desk.Conversation) []string {
	if !bytes.Contains(c.Service, []byte(`"third_parties"`)) {
		return nil
	}
	var s struct {
		ThirdParties []string `json:"third_parties"`
	}
	if json.Unmarshal(c.Service, &s) != nil {
		return nil // Load reports it
	}
	return s.ThirdParties
}

// Outside reports whether an address is that of a third party who has no part in what the
// customer sees.
func (s *State) Outside(address string) bool {
	address = imf.NormalizeAddr(address)
	c := &s.Conversation
	return slices.Contains(s.Service.ThirdParties, address) && !slices.Contains(c.Participants, address) && imf.NormalizeAddr(c.ReplyTo) != address
}

// Forward is a mail to third parties.
type Forward struct {
	Data   desk.ThirdPartySent
	Author desk.Agent // the zero Agent: a mail program of an agent who is not known sent it
	// Held: it can be undone until it leaves.
	Held bool
}

// Forwarded is a mail to third parties that can still be undone.
type Forwarded struct {
	Message desk.MessageID `json:"message"`
	To      []string       `json:"to"`              // its recipients
	Added   []string       `json:"added,omitempty"` // those who became third parties by it
}

func (e Forward) apply(t *transition) error {
	by := desk.ActorSystem
	if !e.Author.ID.IsZero() {
		by = desk.AgentActor(e.Author.ID)
	}
	t.record(by, e.Data)
	var to []string
	for _, a := range slices.Concat(e.Data.To, e.Data.CC) {
		to = append(to, imf.NormalizeAddr(a.Email))
	}
	added := t.acquaint(to)
	if e.Held {
		if t.s.Forwards = append(t.s.Forwards, Forwarded{e.Data.MessageID, to, added}); len(t.s.Forwards) > maxUnsent {
			t.s.Forwards = t.s.Forwards[1:]
		}
	}
	return nil
}

// acquaint makes addresses those of third parties, and returns those that were none.
func (t *transition) acquaint(addresses []string) (added []string) {
	for _, a := range addresses {
		a = imf.NormalizeAddr(a)
		if a != "" && len(t.s.ThirdParties) < maxThirdParties && !slices.Contains(t.s.ThirdParties, a) && !t.own(a) {
			t.s.ThirdParties, added = append(t.s.ThirdParties, a), append(added, a)
		}
	}
	return added
}

// estrange takes back that addresses are those of third parties.
func (t *transition) estrange(addresses []string) {
	t.s.ThirdParties = slices.DeleteFunc(slices.Clone(t.s.ThirdParties), func(a string) bool { return slices.Contains(addresses, a) })
}

// recall undoes a mail to third parties that has not been sent.
func (t *transition) recall(m desk.MessageID) {
	i := slices.IndexFunc(t.s.Forwards, func(f Forwarded) bool { return f.Message == m })
	if i < 0 {
		return
	}
	f := t.s.Forwards[i]
	t.s.Forwards = slices.Delete(t.s.Forwards, i, i+1)
	// Those whom another one still goes to stay third parties because of that one.
	for k := range t.s.Forwards {
		other := &t.s.Forwards[k]
		for _, a := range other.To {
			if at := slices.Index(f.Added, a); at >= 0 {
				f.Added, other.Added = slices.Delete(slices.Clone(f.Added), at, at+1), append(slices.Clip(other.Added), a)
			}
		}
	}
	t.estrange(f.Added)
}

// forwarded forgets how to undo a mail to third parties that has left.
func (t *transition) forwarded(m desk.MessageID) {
	i := slices.IndexFunc(t.s.Forwards, func(f Forwarded) bool { return f.Message == m })
	if i < 0 {
		return
	}
	f := t.s.Forwards[i]
	t.s.Forwards = slices.Delete(t.s.Forwards, i, i+1)
	for k := range t.s.Forwards {
		other := &t.s.Forwards[k]
		other.Added = slices.DeleteFunc(slices.Clone(other.Added), func(a string) bool { return slices.Contains(f.To, a) })
	}
}

// ThirdParty is a mail from a third party.
type ThirdParty struct {
	Data desk.ThirdPartyReceived
	// Automatic and History are as in Message: it is recorded, and nobody is told.
	Automatic, History bool
}

func (e ThirdParty) apply(t *transition) error {
	t.record(desk.ActorThirdParty, e.Data)
	if e.Automatic || e.History || !t.c.MergedInto.IsZero() {
		return nil
	}
	from := ""
	if len(e.Data.From) > 0 {
		from = imf.OneLine(e.Data.From[0].Email) + ": "
	}
	t.tellOwner(desk.NoticeThirdParty, from+e.Data.Preview)
	t.awaited("a third party answered")
	return nil
}

// awaited opens a conversation that waits for a third party, because that is over.
func (t *transition) awaited(reason string) {
	if t.c.Status == desk.StatusPending && t.c.WaitingOn == desk.WaitingThirdParty {
		t.reason = reason
		t.become(desk.StatusOpen, desk.WaitingUs, desk.ActorSystem, reason)
	}
}
