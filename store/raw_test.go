package store_test

import (
	"fmt"
	"testing"
	"time"

	"switchboard/desk"
)

// TestAcceptClaims: new rows are claimed with the insert, unless a row of their
// kind is waiting that no node has claimed: what came first is processed first.
func TestAcceptClaims(t *testing.T) {
	t.Parallel()
	f := open(t)
	n := 0
	accept := func(lease time.Duration, channels ...desk.Channel) (claimed []string) {
		t.Helper()
		var raws []desk.Raw
		for _, c := range channels {
			n++
			raws = append(raws, desk.Raw{Channel: c, Endpoint: "x", SourceKey: fmt.Sprint(n), Bytes: []byte("abc"), EnvelopeTo: []string{"a\x00@desk.example"}})
		}
		receipts, rows, err := f.AcceptRaws(t.Context(), raws, lease)
		if err != nil || len(receipts) != len(raws) {
			t.Fatalf("%d receipts (%v), want %d", len(receipts), err, len(raws))
		}
		for _, r := range rows {
			got, err := f.Raw(t.Context(), r.Raw.ID)
			if err != nil || r.Fence == 0 || r.Arrival == 0 || fmt.Sprintf("%+v", got.EnvelopeTo) != fmt.Sprintf("%+v", r.Raw.EnvelopeTo) ||
				!got.ReceivedAt.Equal(r.Raw.ReceivedAt) || got.Attempts != r.Raw.Attempts || got.Size != r.Raw.Size || got.State != r.Raw.State ||
				got.Kept != r.Raw.Kept || string(got.Bytes) != string(r.Raw.Bytes) {
				t.Errorf("claimed %+v (%v), and the journal has %+v", r, err, got)
			}
			claimed = append(claimed, r.Raw.SourceKey)
		}
		return claimed
	}
	want := func(got []string, want string) {
		t.Helper()
		if fmt.Sprint(got) != want {
			t.Errorf("claimed %v, want %s", got, want)
		}
	}
	mail, chat := desk.ChannelEmail, desk.ChannelChat
	want(accept(time.Minute, mail, chat), "[1 2]")
	if rows, err := f.Claim(t.Context(), 9, time.Minute); err != nil || len(rows) != 0 {
		t.Errorf("%d rows were claimed twice (%v)", len(rows), err)
	}
	want(accept(0, mail), "[]")                        // 3: there was no room in memory
	want(accept(time.Minute, mail, chat, mail), "[5]") // mail waits behind it, a chat line does not
	rows, err := f.Claim(t.Context(), 9, time.Minute)
	if err != nil || len(rows) != 3 || rows[0].Raw.SourceKey != "3" || rows[2].Raw.SourceKey != "6" {
		t.Fatalf("claimed %+v (%v), want 3, 4 and 6", rows, err)
	}
	want(accept(time.Minute, mail), "[7]") // nothing waits any more
	if err := f.Release(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	want(accept(time.Minute, mail), "[]")
	again, err := f.Claim(t.Context(), 9, time.Minute)
	if err != nil || len(again) != 4 || again[0].Raw.Attempts != 1 || again[0].Fence == rows[0].Fence {
		t.Errorf("claimed %+v (%v) after the release, want 3, 4, 6 and 8 at the first attempt", again, err)
	}
	quarantined := desk.Raw{Channel: chat, Endpoint: "x", SourceKey: "virus", State: desk.RawQuarantined}
	if _, rows, err := f.AcceptRaws(t.Context(), []desk.Raw{quarantined}, time.Minute); err != nil || len(rows) != 0 {
		t.Errorf("%d quarantined rows were claimed (%v)", len(rows), err)
	}
	known := desk.Raw{Channel: chat, Endpoint: "x", SourceKey: "5"}
	if receipts, rows, err := f.AcceptRaws(t.Context(), []desk.Raw{known}, time.Minute); err != nil || len(rows) != 0 || !receipts[0].Duplicate {
		t.Errorf("a known row: receipts %+v, %d claimed (%v)", receipts, len(rows), err)
	}
}

// TestAcceptRepeatedByTheDriver: a row whose insert was repeated is in no queue, and
// is claimed as any other.
func TestAcceptRepeatedByTheDriver(t *testing.T) {
	t.Parallel()
	f := open(t)
	raw := desk.Raw{ID: desk.NewID[desk.RawID](), Channel: desk.ChannelChat, Endpoint: "x", SourceKey: "1"}
	for range 2 {
		receipts, _, err := f.AcceptRaws(t.Context(), []desk.Raw{raw}, time.Minute)
		if err != nil || receipts[0] != (desk.Receipt{ID: raw.ID}) {
			t.Fatalf("receipt %+v (%v)", receipts, err)
		}
	}
	if rows, err := f.Claim(t.Context(), 9, time.Minute); err != nil || len(rows) != 1 {
		t.Errorf("%d rows were claimed (%v), want the one", len(rows), err)
	}
}
