package store_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// compareClocks looks at the rows of the clocks.
func (h *history) compareClocks(t *testing.T) {
	t.Helper()
	rows, err := h.db.QueryContext(t.Context(), `select metric, policy, tier, state, started_at, due_at, met_at, breached_at, ended_at, target_us, used_us, paused
		from clocks where conversation_id = $1 order by started_at, metric`, h.id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got, want []string
	show := func(k *desk.Clock) string {
		return fmt.Sprint(k.Metric, k.Policy, k.Tier, k.State, k.StartedAt.UTC(), k.DueAt.UTC(), k.MetAt.UTC(), k.BreachedAt.UTC(), k.EndedAt.UTC(), k.Target, k.Used, k.Paused)
	}
	for rows.Next() {
		var k desk.Clock
		var due, met, breached, ended sql.NullTime
		var target, used int64
		if err := rows.Scan(&k.Metric, &k.Policy, &k.Tier, &k.State, &k.StartedAt, &due, &met, &breached, &ended, &target, &used, &k.Paused); err != nil {
			t.Fatal(err)
		}
		k.DueAt, k.MetAt, k.BreachedAt, k.EndedAt = due.Time, met.Time, breached.Time, ended.Time
		k.Target, k.Used = time.Duration(target)*time.Microsecond, time.Duration(used)*time.Microsecond
		got = append(got, show(&k))
	}
	for i := range h.clocks {
		want = append(want, show(&h.clocks[i]))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the clocks are\n%s\nin the store, and in lifecycle\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
