package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/ingest"
)

type mergeQueries struct {
	Placements *sqlx.Stmt `query:"merge-placements"`
	Apart      *sqlx.Stmt `query:"merge-apart"`
	Last       *sqlx.Stmt `query:"merge-last"`
	OtherHalf  *sqlx.Stmt `query:"merge-other-half"`
	Moved      *sqlx.Stmt `query:"merge-moved"`
	Arrived    *sqlx.Stmt `query:"merge-arrived"`
	People     *sqlx.Stmt `query:"merge-people"`
}

// placementRow is a placement as the driver reads it.
type placementRow struct {
	desk.Placement
	Until sql.NullTime
}

func placementsOf(rows []placementRow) []desk.Placement {
	out := make([]desk.Placement, len(rows))
	for i, r := range rows {
		out[i] = r.Placement
		out[i].Until = r.Until.Time
	}
	return out
}

// Rivals implements ingest.Tx. Snapshot has locked the conversations, so that nothing
// is placed there meanwhile.
func (t *ingestTx) Rivals(ctx context.Context, ids []desk.ConversationID) (ingest.Rivals, error) {
	r := ingest.Rivals{Placed: map[desk.ConversationID][]desk.Placement{}, Apart: map[desk.ConversationID][]desk.ConversationID{}}
	var list column
	for _, id := range ids {
		list.uuid(id)
		r.Placed[id] = nil
	}
	var rows []placementRow
	if err := t.tx.StmtxContext(ctx, t.s.q.merge.Placements).SelectContext(ctx, &rows, &list); err != nil {
		return r, wrap("read placements", err)
	}
	for _, p := range placementsOf(rows) {
		r.Placed[p.ConversationID] = append(r.Placed[p.ConversationID], p)
	}
	var apart []struct{ ConversationID, OtherID desk.ConversationID }
	if err := t.tx.StmtxContext(ctx, t.s.q.merge.Apart).SelectContext(ctx, &apart, &list); err != nil {
		return r, wrap("read separated conversations", err)
	}
	for _, a := range apart {
		r.Apart[a.ConversationID] = append(r.Apart[a.ConversationID], a.OtherID)
	}
	return r, nil
}

// Placements implements agent.Tx.
func (t *actTx) Placements(ctx context.Context, id desk.ConversationID) ([]desk.Placement, error) {
	var list column
	list.uuid(id)
	var rows []placementRow
	err := t.rows(ctx, "read placements", t.s.q.merge.Placements, &rows, &list)
	return placementsOf(rows), err
}

// Merged implements agent.Tx. The events of the merge have all that it changed.
func (t *actTx) Merged(ctx context.Context, absorbed, surviving desk.ConversationID) (agent.Merged, error) {
	at, data, other, changed, err := t.mergeEvents(ctx, absorbed, surviving)
	if err != nil {
		return agent.Merged{}, err
	}
	m := agent.Merged{Before: *data.Before}
	if !changed {
		m.Surviving = other.Before
	}
	var left []placementRow
	var arrived []struct {
		desk.Placement
		Moved bool
	}
	if err := t.rows(ctx, "read moved messages", t.s.q.merge.Moved, &left, absorbed, at); err != nil {
		return m, err
	}
	if err := t.rows(ctx, "read moved messages", t.s.q.merge.Arrived, &arrived, surviving, absorbed, at); err != nil {
		return m, err
	}
	m.Left = placementsOf(left)
	var moved column
	for _, p := range arrived {
		if p.Moved {
			m.Moved = append(m.Moved, p.Placement)
			moved.uuid(p.MessageID)
		} else {
			m.Stayed = append(m.Stayed, p.Placement)
		}
	}
	var people []string
	if err := t.rows(ctx, "read who takes part", t.s.q.merge.People, &people, surviving, &moved); err != nil {
		return m, err
	}
	m.Participants = slices.DeleteFunc(other.Participants, func(a string) bool { return slices.Contains(people, a) })
	return m, nil
}

// mergeEvents returns the instant and the two events of a merge, and whether anything has
// happened in the surviving conversation since.
func (t *actTx) mergeEvents(ctx context.Context, absorbed, surviving desk.ConversationID) (at time.Time, data, other desk.ConversationMerged, changed bool, err error) {
	var one struct {
		At   time.Time
		Data []byte
	}
	var two struct {
		Seq     int64
		Data    []byte
		Changed bool
	}
	err = t.get(ctx, "read a merge", t.s.q.merge.Last, &one, absorbed, absorbed.String())
	if err == nil {
		err = t.get(ctx, "read a merge", t.s.q.merge.OtherHalf, &two, surviving, one.At, absorbed.String())
	}
	if err == nil {
		err = json.Unmarshal(one.Data, &data)
	}
	if err == nil {
		err = json.Unmarshal(two.Data, &other)
	}
	if err != nil && desk.KindOf(err) == desk.KindNotFound || err == nil && (data.Before == nil || data.Surviving != surviving) {
		err = desk.Errorf(desk.KindConflict, "this merge cannot be undone: it was not recorded what the conversation was before")
	}
	return one.At, data, other, two.Changed, err
}

type mergeJSON struct {
	Left   key     `json:"left_id"`
	Joined key     `json:"joined"`
	First  int64   `json:"first"`
	Last   int64   `json:"last"`
	At     instant `json:"at"`
	Undone bool    `json:"undone"`
}

func merges(list []desk.Merge) (out []mergeJSON) {
	for i := range list {
		m := &list[i]
		out = append(out, mergeJSON{key(m.From()), key(m.To()), m.First, m.Last, instant{m.At}, m.Undone})
	}
	return out
}
