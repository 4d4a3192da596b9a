package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"switchboard/desk"
)

// idle returns for how long a conversation waited while the same agent had time without a
// break, by the event log: every agent of this test may take every conversation. What counts
// is when a change was committed: nobody could see it before.
func (o *office) idle(t testing.TB, agents []desk.Agent, opened map[desk.ConversationID]time.Time) time.Duration {
	t.Helper()
	w := watch{waits: opened, owner: map[desk.ConversationID]desk.AgentID{}, ended: map[desk.ConversationID]bool{},
		capacity: map[desk.AgentID]int{}, load: map[desk.AgentID]int{}, away: map[desk.AgentID]bool{}, free: map[desk.AgentID]time.Time{}}
	named := map[string]desk.AgentID{}
	for i, a := range agents {
		named[a.ID.String()] = a.ID
		w.free[a.ID] = time.Time{}
		w.capacity[a.ID] = 3 // the smaller one of the two inboxes
		if i == 1 || i == 2 {
			w.capacity[a.ID] = 2
		}
	}
	rows, err := o.db.Query(`select coalesce(conversation_id, '00000000-0000-0000-0000-000000000000'), coalesce(subject_id, ''), kind, pg_xact_commit_timestamp(xid::xid) as at, data
		from events where kind in ('conversation.status', 'conversation.assigned', 'agent.availability') order by at, xid, id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c desk.ConversationID
		var subject, kind string
		var data []byte
		if err := rows.Scan(&c, &subject, &kind, &w.now, &data); err != nil {
			t.Fatal(err)
		}
		switch kind {
		case "agent.availability":
			w.availability(named[subject], data)
		case "conversation.status":
			w.status(c, data)
		case "conversation.assigned":
			w.assigned(c, data)
		}
	}
	return w.longest
}

// watch follows the event log: since when each conversation waits, and each agent has time.
type watch struct {
	now      time.Time
	longest  time.Duration
	waits    map[desk.ConversationID]time.Time // the conversations without an assignee
	owner    map[desk.ConversationID]desk.AgentID
	ended    map[desk.ConversationID]bool
	capacity map[desk.AgentID]int
	load     map[desk.AgentID]int
	away     map[desk.AgentID]bool
	free     map[desk.AgentID]time.Time // the agents who have time
}

func (w *watch) availability(who desk.AgentID, data []byte) {
	var e desk.AgentAvailability
	_ = json.Unmarshal(data, &e)
	w.away[who] = e.State == desk.Away
	w.look(who)
}

func (w *watch) status(c desk.ConversationID, data []byte) {
	var e desk.StatusChanged
	_ = json.Unmarshal(data, &e)
	ended := e.To != desk.StatusOpen
	if ended == w.ended[c] {
		return
	}
	w.ended[c] = ended
	w.leaves(c)
	if ended {
		w.load[w.owner[c]]--
	} else {
		w.load[w.owner[c]]++
	}
	w.look(w.owner[c])
}

func (w *watch) assigned(c desk.ConversationID, data []byte) {
	var e desk.ConversationAssigned
	_ = json.Unmarshal(data, &e)
	w.leaves(c)
	was := w.owner[c]
	w.owner[c] = e.To
	if !w.ended[c] {
		w.load[was]--
		w.load[e.To]++
	}
	w.look(was)
	w.look(e.To)
}

// leaves: a conversation does not wait any more.
func (w *watch) leaves(c desk.ConversationID) {
	if _, ok := w.waits[c]; !ok {
		return
	}
	for who := range w.free {
		w.together(who, c)
	}
	delete(w.waits, c)
}

// look sees whether an agent has time now.
func (w *watch) look(who desk.AgentID) {
	able := w.capacity[who] > 0 && w.load[who] < w.capacity[who] && !w.away[who] // nobody has no capacity
	_, was := w.free[who]
	switch {
	case able && !was:
		w.free[who] = w.now
	case was && !able:
		for c := range w.waits {
			w.together(who, c)
		}
		delete(w.free, who)
	}
}

// together counts for how long a conversation has been waiting while an agent had time.
func (w *watch) together(who desk.AgentID, c desk.ConversationID) {
	from := w.free[who]
	if w.waits[c].After(from) {
		from = w.waits[c]
	}
	w.longest = max(w.longest, w.now.Sub(from))
}
