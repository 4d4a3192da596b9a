package demo

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"switchboard/desk"
)

// Whatever the hour of the start, the past is plausible.
func TestArrivals(t *testing.T) {
	t.Parallel()
	for _, now := range []string{"2026-11-29T03:12:00Z", "2026-11-30T00:02:00Z", "2026-12-01T08:59:30Z", "2026-12-04T13:00:00Z", "2026-12-05T23:59:59Z", "2027-01-01T06:00:00Z"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		times := arrivals(at, rand.New(rand.NewPCG(1, 2)), topics)
		fresh := 0
		for i, arrived := range times {
			if !arrived.Before(at) || at.Sub(arrived) > history+4*24*time.Hour {
				t.Errorf("at %s, %q arrives at %s", now, topics[i].subject, arrived)
			}
			if at.Sub(arrived) < 3*time.Hour {
				fresh++
				continue // these fit any hour
			}
			h := arrived.Hour()
			if h < writeFrom || h >= writeUntil || weekend(arrived) && !free(topics[i]) {
				t.Errorf("at %s, %q arrives at %s, a %s", now, topics[i].subject, arrived, arrived.Weekday())
			}
			if topics[i].morning && h > 11 || topics[i].channel == desk.ChannelChat && (h < workFrom || h >= workUntil) {
				t.Errorf("at %s, %q arrives at %s", now, topics[i].subject, arrived)
			}
		}
		if fresh < 3 {
			t.Errorf("at %s, only %d are new", now, fresh)
		}
	}
}

func TestWorkRestsAtNight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, want string
		work       time.Duration
	}{
		{"2026-11-30T09:00:00Z", "2026-11-30T09:45:10Z", 45*time.Minute + 10*time.Second}, // a Monday
		{"2026-11-30T05:00:00Z", "2026-11-30T08:30:00Z", 30 * time.Minute},
		{"2026-11-30T17:50:00Z", "2026-12-01T08:20:00Z", 30 * time.Minute},
		{"2026-11-30T23:50:00Z", "2026-12-01T08:01:00Z", time.Minute},
		{"2026-12-04T17:00:00Z", "2026-12-07T09:00:00Z", 2 * time.Hour}, // over the weekend
		{"2026-12-05T12:00:00Z", "2026-12-07T08:10:00Z", 10 * time.Minute},
		{"2026-11-30T08:00:00Z", "2026-12-01T12:00:00Z", 14 * time.Hour},
	} {
		from, _ := time.Parse(time.RFC3339, c.from)
		if got := worked(from, c.work).Format(time.RFC3339); got != c.want {
			t.Errorf("%v of work from %s end at %s, want %s", c.work, c.from, got, c.want)
		}
	}
}

// Each conversation has something to say at every step that its topic may take.
func TestTopicsAreComplete(t *testing.T) {
	t.Parallel()
	var first []string
	for _, topic := range topics {
		if topic.answer == "" {
			t.Errorf("%q has no answer", topic.subject)
		}
		if (topic.handover == nil) != (topic.ack == "") {
			t.Errorf("%q is handed over without telling the customer", topic.subject)
		}
		if topicOf(topic.subject).answer != topic.answer && topic.subject != "" {
			t.Errorf("%q is not unique", topic.subject)
		}
		first = append(first, topic.text[:20])
	}
	slices.Sort(first)
	if n := len(slices.Compact(first)); n != len(topics) {
		t.Errorf("%d texts of %d topics", n, len(topics))
	}
}
