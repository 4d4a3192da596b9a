package mailbox

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"switchboard/channels/channeltest"
	"switchboard/channels/mailbox/checkpoint"
	"switchboard/internal/mailtest"
)

func TestHistoryAge(t *testing.T) {
	t.Parallel()
	connected := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	before := func(d time.Duration) fetched { return fetched{seen: true, internal: connected.Add(-d)} }
	unread := before(time.Hour)
	unread.seen = false
	for name, c := range map[string]struct {
		setting  History
		m        fetched
		want     age
		uid      imap.UID
		validity uint32
	}{
		"read and older":                     {HistoryNone, before(time.Hour), ageSkip, 0, 0},
		"unread and older":                   {HistoryNone, unread, ageNew, 0, 0},
		"read and newer":                     {HistoryNone, before(-time.Second), ageNew, 0, 0},
		"read at the moment":                 {HistoryNone, before(0), ageNew, 0, 0},
		"without a date":                     {HistoryNone, fetched{seen: true}, ageNew, 0, 0},
		"30d: within":                        {HistoryRecent, before(30 * 24 * time.Hour), agePast, 0, 0},
		"30d: beyond":                        {HistoryRecent, before(30*24*time.Hour + time.Second), ageSkip, 0, 0},
		"30d: unread":                        {HistoryRecent, unread, ageNew, 0, 0},
		"all":                                {HistoryAll, before(9000 * time.Hour), agePast, 0, 0},
		"moved into the folder later":        {HistoryNone, before(time.Hour), ageNew, 10, 1},
		"before it, by its number":           {HistoryNone, before(time.Hour), ageSkip, 9, 1},
		"renumbered":                         {HistoryNone, before(time.Hour), ageSkip, 10, 2},
		"all, but newer than the connection": {HistoryAll, before(-time.Hour), ageNew, 0, 0},
	} {
		if got := (history{c.setting, checkpoint.Connection{At: connected, UIDValidity: 1, UIDNext: 10}, max(c.validity, 1)}).age(max(c.uid, 1), c.m); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := (history{setting: HistoryNone}).age(1, before(time.Hour)); got != ageNew {
		t.Errorf("connected by an older version: %d, want it imported", got)
	}
	if History("60d").check() == nil {
		t.Error("60d was accepted")
	}
}

// TestHistory connects a mailbox that has old mail, read and unread.
func TestHistory(t *testing.T) {
	t.Parallel()
	for setting, want := range map[History]struct {
		past    []string
		skipped int
	}{
		HistoryNone:   {nil, 102},
		HistoryRecent: {[]string{"last-week"}, 101},
		HistoryAll:    {[]string{"last-week", "last-year"}, 0},
	} {
		t.Run(string(setting), func(t *testing.T) {
			t.Parallel()
			d := mailtest.NewDovecot(t)
			now := time.Now()
			for range 100 { // more than a batch
				d.AppendRead(letter("last-year", 300), now.AddDate(-1, 0, 0))
			}
			d.AppendRead(letter("last-week", 300), now.AddDate(0, 0, -7))
			d.Append(letter("unread", 300))
			d.AppendRead(letter("last-year", 300), now.AddDate(-1, 0, 0)) // the last of all
			sink := channeltest.NewSink()
			journal := newMemory(sink)
			cfg := config(d, func(c *Config) { c.History = setting })
			_, stop := pull(t, cfg, journal)
			if err := journal.awaitPast(t.Context(), 103); err != nil {
				t.Fatal(err)
			}
			d.Append(letter("new", 300))
			if err := journal.awaitPast(t.Context(), 104); err != nil {
				t.Fatal(err)
			}
			d.AppendRead(letter("moved", 300), now.AddDate(-1, 0, 0)) // from another folder
			if err := journal.awaitPast(t.Context(), 105); err != nil {
				t.Fatal(err)
			}
			stop()
			var fresh, past []string
			for _, raw := range sink.Raws() {
				_, nonce, _ := strings.Cut(string(raw.Bytes), "Subject: ")
				nonce, _, _ = strings.Cut(nonce, "\r\n")
				if raw.History {
					past = append(past, nonce)
				} else {
					fresh = append(fresh, nonce)
				}
			}
			slices.Sort(past)
			if past = slices.Compact(past); !slices.Equal(past, want.past) || !slices.Equal(fresh, []string{"unread", "new", "moved"}) || journal.skipped != want.skipped {
				t.Errorf("new %v, history %v, %d skipped; want %v and %d", fresh, past, journal.skipped, want.past, want.skipped)
			}

			// What was skipped is not missing, and a different setting fetches it.
			cfg.History = HistoryAll
			m, err := New(cfg, journal, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.Reconcile(t.Context())
			if err != nil || got[0].Fetched != want.skipped || got[0].Skipped != 0 {
				t.Errorf("compared with all: %+v (%v), want %d fetched", got, err, want.skipped)
			}
		})
	}
}

// A response that only reports changed flags does not hide what is known.
func TestMergeResponses(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	flags := fetched{flagged: true, seen: true}
	data := fetched{bytes: []byte("x"), internal: at, size: 1, flagged: true}
	for _, got := range []fetched{data.merge(flags), flags.merge(data)} {
		if string(got.bytes) != "x" || !got.internal.Equal(at) || got.size != 1 || !got.flagged {
			t.Errorf("merged %+v", got)
		}
	}
	if !data.merge(flags).seen || flags.merge(data).seen {
		t.Error("the later flags do not count")
	}

}
