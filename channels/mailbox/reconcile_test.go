package mailbox

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/channels/mailbox/checkpoint"
	"switchboard/desk"
	"switchboard/internal/mailtest"
)

// Skipped messages are found and journaled, and the position stays the same.
func TestReconcile(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	d.AppendTo("Billing", letter("bill", 500))
	sent := map[string][]byte{}
	for i := range 120 {
		nonce := fmt.Sprintf("rec-%03d", i)
		sent[nonce] = letter(nonce, 700)
		d.Append(sent[nonce])
	}
	sink := channeltest.NewSink()
	journal := newMemory(sink)
	_, stop := pull(t, config(d, nil), journal)
	sink.Await(t, 120)
	stop()
	d.Append(letter("waiting", 500))

	// The journal has lost a few rows, and has one that is not on the server.
	holed := newMemory(channeltest.NewSink())
	holed.cursors["support/INBOX"] = journal.cursors["support/INBOX"]
	var kept []desk.Raw
	for i, raw := range sink.Raws() {
		if i%40 != 7 {
			kept = append(kept, raw)
		}
	}
	gone := kept[0]
	gone.ID, gone.SourceKey = desk.NewID[desk.RawID](), strings.TrimSuffix(gone.SourceKey, "/1")+"/9999"
	if _, err := holed.Commit(t.Context(), checkpoint.Batch{Raws: append(kept, gone)}); err != nil {
		t.Fatal(err)
	}
	m, err := New(config(d, func(c *Config) { c.Folders = []string{"INBOX", "Billing"} }), holed, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]Reconciliation{
		{{Folder: "INBOX", Server: 121, Journaled: 117, Waiting: 1, Missing: 3, Fetched: 3, Gone: 1}, {Folder: "Billing", Server: 1, Waiting: 1}},
		{{Folder: "INBOX", Server: 121, Journaled: 120, Waiting: 1, Gone: 1}, {Folder: "Billing", Server: 1, Waiting: 1}},
	} {
		got, err := m.Reconcile(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reconciliation (-want +got):\n%s", diff)
		}
	}
	raws := slices.DeleteFunc(holed.Raws(), func(r desk.Raw) bool { return r.ID == gone.ID })
	wantOnce(t, raws, sent)
	if holed.cursors["support/INBOX"].LastUID != 120 {
		t.Errorf("the position is %+v", holed.cursors["support/INBOX"])
	}
}

// The progress of a backlog is reported, and its end.
func TestBacklogProgress(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	for i := range 150 {
		d.Append(letter(fmt.Sprintf("pile-%03d", i), 500))
	}
	sink := channeltest.NewSink()
	sink.Hold()
	group, _ := pull(t, config(d, nil), newMemory(sink))
	<-sink.Entered()
	p := group.Statuses()[0].Progress
	if p == nil || p.Done != 0 || p.Total != 150 {
		t.Fatalf("progress %+v at the start", p)
	}
	sink.Release()
	sink.Await(t, 150)
	awaitState(t, group, channels.StateRunning)
	deadline := time.Now().Add(time.Minute)
	for group.Statuses()[0].Progress != nil {
		if time.Now().After(deadline) {
			t.Fatalf("progress %+v with no backlog", group.Statuses()[0].Progress)
		}
		<-time.After(time.Millisecond)
	}
}

func TestBacklogCount(t *testing.T) {
	var last *channels.Progress
	p := newBacklog(func(now *channels.Progress) { last = now })
	p.found("INBOX", 3)
	p.took("INBOX", 3)
	if last != nil {
		t.Errorf("three mails count as a backlog: %+v", last)
	}
	p.found("INBOX", 1000)
	p.found("Archive", 500)
	p.took("INBOX", 100)
	if last.Done != 100 || last.Total != 1500 || last.Rate <= 0 || last.ETA <= 0 {
		t.Errorf("progress %+v", last)
	}
	p.found("INBOX", 0)
	if last == nil || last.Total != 600 {
		t.Errorf("progress %+v with one folder to go", last)
	}
	p.found("Archive", 0)
	if last != nil {
		t.Errorf("progress %+v at the end", last)
	}
}
