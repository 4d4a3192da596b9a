package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/lifecycle"
)

// clockRow is a clock as the driver reads it.
type clockRow struct {
	desk.Clock
	DueAt, MetAt, BreachedAt, EndedAt sql.NullTime
	TargetUS, UsedUS                  int64
	Warnings                          []byte
}

func (r *clockRow) clock() (desk.Clock, error) {
	c := r.Clock
	c.DueAt, c.MetAt, c.BreachedAt, c.EndedAt = r.DueAt.Time, r.MetAt.Time, r.BreachedAt.Time, r.EndedAt.Time
	c.Target, c.Used = time.Duration(r.TargetUS)*time.Microsecond, time.Duration(r.UsedUS)*time.Microsecond
	return c, json.Unmarshal(r.Warnings, &c.Warnings)
}

// promisesOf adds all clocks and the newest handoff to a conversation. Open clocks are
// counted up to now.
func (s *Store) promisesOf(ctx context.Context, v *view.Conversation, service []byte, now time.Time) error {
	state, err := lifecycle.Load(desk.Conversation{ID: v.ID, Service: service}, desk.Stint{})
	if err != nil {
		return err
	}
	policy := s.livePolicy()
	counted := map[desk.ClockID]desk.Clock{}
	for _, c := range lifecycle.Counted(state, policy, now) {
		counted[c.ID] = c
	}
	var rows []clockRow
	if err := s.q.viewConversation.Clocks.SelectContext(ctx, &rows, v.ID); err != nil {
		return wrap("read clocks", err)
	}
	for i := range rows {
		c, err := rows[i].clock()
		if err != nil {
			return desk.Errorf(desk.KindInternal, "the warnings of clock %s cannot be read: %w", rows[i].ID, err)
		}
		if open, ok := counted[c.ID]; ok {
			c = open
		}
		v.Clocks = append(v.Clocks, view.ClockOf(&c))
	}
	v.Handoff = handoffView(state.Service.Handoff, policy.Inboxes)
	return nil
}

// handoffView returns the view of a handoff; nil for nil.
func handoffView(h *lifecycle.Handoff, inboxes []desk.Inbox) *view.Handoff {
	if h == nil {
		return nil
	}
	name := func(key string) view.InboxName {
		for _, in := range inboxes {
			if in.Key == key {
				return view.InboxName{Key: key, Name: in.Name}
			}
		}
		return view.InboxName{Key: key, Name: key} // not in use any more
	}
	evidence := h.Evidence
	if evidence == nil {
		evidence = map[string]string{}
	}
	optional := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return &view.Handoff{From: name(h.FromKey), To: name(h.ToKey), FromTier: h.FromTier, ToTier: h.ToTier, By: h.By, At: h.At.UTC(), Evidence: evidence,
		Note: h.Note, Pending: h.Pending(), DueAt: optional(h.DueAt), AcceptedAt: optional(h.AcceptedAt), AcceptedBy: h.AcceptedBy,
		ReturnedAt: optional(h.ReturnedAt), Reason: h.Reason, Returns: h.Returns}
}
