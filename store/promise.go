package store

import (
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/lifecycle"
)

type promiseQueries struct {
	Facts *sqlx.Stmt `query:"promise-facts"`
	Due   *sqlx.Stmt `query:"promise-due"`
}

// SetPolicy sets the function that returns the policy in force, which decides what
// the result of a delivery does to a conversation. It must be called before the store
// is used by a running gateway.
func (s *Store) SetPolicy(policy func() lifecycle.Policy) { s.policy.Store(&policy) }

func (s *Store) livePolicy() lifecycle.Policy {
	if f := s.policy.Load(); f != nil {
		return (*f)()
	}
	return lifecycle.Policy{}
}

// facts returns the facts that conversations opened with.
func (s *Store) facts(ctx context.Context, tx *sqlx.Tx, ids []desk.ConversationID) (map[desk.ConversationID]json.RawMessage, error) {
	var list column
	for _, id := range ids {
		list.uuid(id)
	}
	var rows []struct {
		ConversationID desk.ConversationID
		Facts          []byte
	}
	if err := tx.StmtxContext(ctx, s.q.promise.Facts).SelectContext(ctx, &rows, &list); err != nil {
		return nil, wrap("read the facts of conversations", err)
	}
	out := make(map[desk.ConversationID]json.RawMessage, len(rows))
	for _, r := range rows {
		out[r.ConversationID] = r.Facts
	}
	return out, nil
}

// promisesJSON is the part of changesJSON about promises, and about who works on them.
type promisesJSON struct {
	Facts   []factsJSON   `json:"facts,omitempty"`
	Clocks  []clockJSON   `json:"clocks,omitempty"`
	Notices []noticeJSON  `json:"notices,omitempty"`
	Overdue []overdueJSON `json:"overdue,omitempty"`
	Tasks   []taskJSON    `json:"tasks,omitempty"`
	Left    []helperJSON  `json:"left,omitempty"`
	Invited []helperJSON  `json:"invited,omitempty"`
}

type factsJSON struct {
	ConversationID key             `json:"conversation_id"`
	Facts          json.RawMessage `json:"facts"`
}

type clockJSON struct {
	ID             key                 `json:"id"`
	ConversationID key                 `json:"conversation_id"`
	Metric         string              `json:"metric"`
	Policy         string              `json:"policy"`
	PolicyVersion  int64               `json:"policy_version"`
	Tier           int                 `json:"tier"`
	State          string              `json:"state"`
	StartedAt      instant             `json:"started_at"`
	DueAt          instant             `json:"due_at,omitzero"`
	MetAt          instant             `json:"met_at,omitzero"`
	BreachedAt     instant             `json:"breached_at,omitzero"`
	EndedAt        instant             `json:"ended_at,omitzero"`
	TargetUS       int64               `json:"target_us"`
	UsedUS         int64               `json:"used_us"`
	CountedAt      instant             `json:"counted_at"`
	Paused         bool                `json:"paused"`
	Warnings       []desk.ClockWarning `json:"warnings"`
}

type noticeJSON struct {
	ID             key     `json:"id"`
	ConversationID key     `json:"conversation_id"`
	InboxID        key     `json:"inbox_id"`
	To             string  `json:"to"`
	AgentID        key     `json:"agent_id,omitzero"`
	Kind           string  `json:"kind"`
	Rule           string  `json:"rule"`
	Text           string  `json:"text"`
	At             instant `json:"at"`
}

// promises encodes what the SLA policy promises, facts, clocks and notices, and the tasks
// and helpers.
func promises(c *desk.Changes, out *changesJSON) {
	for _, f := range c.Facts {
		out.Facts = append(out.Facts, factsJSON{key(f.Conversation), f.Facts})
	}
	for i := range c.Clocks {
		k := &c.Clocks[i]
		out.Clocks = append(out.Clocks, clockJSON{key(k.ID), key(k.ConversationID), string(k.Metric), k.Policy, k.PolicyVersion, int(k.Tier),
			string(k.State), instant{k.StartedAt}, instant{k.DueAt}, instant{k.MetAt}, instant{k.BreachedAt}, instant{k.EndedAt},
			k.Target.Microseconds(), k.Used.Microseconds(), instant{k.CountedAt}, k.Paused, emptyNotNull(k.Warnings)})
	}
	for _, n := range c.Notices {
		out.Notices = append(out.Notices, noticeJSON{key(n.ID), key(n.ConversationID), key(n.InboxID), n.To, key(n.AgentID), string(n.Kind), n.Rule, n.Text, instant{n.At}})
	}
	teamwork(c, out)
}
