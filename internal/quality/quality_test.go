package quality

import (
	"encoding/binary"
	"testing"
	"time"

	"switchboard/desk"
)

func TestWeek(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{"2026-11-30T00:00:00Z": "2026-11-23", "2026-11-29T23:59:59Z": "2026-11-16", "2026-12-02T12:00:00Z": "2026-11-23", "2026-11-30T00:30:00+02:00": "2026-11-16", "2027-01-04T00:00:00Z": "2026-12-28"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := Week(at).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, not %s", now, got, want)
		}
	}
}

func agentID(n int) (id desk.AgentID) {
	binary.BigEndian.PutUint32(id[:], uint32(n))
	return id
}

func conversationID(n int) (id desk.ConversationID) {
	binary.BigEndian.PutUint32(id[:], uint32(n))
	return id
}

// Agents with few conversations are drawn as often as those with many; the order of the
// candidates and the other tiers do not matter.
func TestDraw(t *testing.T) {
	t.Parallel()
	var list []Candidate
	for i := range 100 {
		list = append(list, Candidate{conversationID(i), 1, agentID(1)})
	}
	for i := range 4 {
		list = append(list, Candidate{conversationID(200 + i), 1, agentID(2 + i%2)}, Candidate{conversationID(300 + i), 2, agentID(9)})
	}
	list = append(list, Candidate{conversationID(400), 1, desk.AgentID{}})
	week := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	sizes := map[desk.Tier]int{1: 7, 2: 9, 3: 5}
	drawn := Draw(list, sizes, []byte("key"), week)
	count, seen := map[desk.AgentID]int{}, map[desk.ConversationID]bool{}
	for _, c := range drawn {
		if seen[c.Conversation] {
			t.Error("drawn twice")
		}
		seen[c.Conversation] = true
		count[c.Agent]++
	}
	if count[agentID(1)] != 3 || count[agentID(2)] != 2 || count[agentID(3)] != 2 || count[agentID(9)] != 4 || len(count) != 4 {
		t.Errorf("by agent: %v", count)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	again := Draw(list, map[desk.Tier]int{1: 7}, []byte("key"), week)
	for i, c := range again {
		if c != drawn[i] {
			t.Errorf("%d: %v, not %v", i, c, drawn[i])
		}
	}
	differs := false
	for i, c := range Draw(list, sizes, []byte("key"), week.AddDate(0, 0, 7)) {
		differs = differs || c != drawn[i]
	}
	if !differs {
		t.Error("each week is drawn in the same way")
	}
}
