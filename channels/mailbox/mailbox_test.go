package mailbox

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/channels/mailbox/checkpoint"
	"switchboard/desk"
	"switchboard/internal/mailtest"
)

// memory is a Journal over a channeltest.Sink.
type memory struct {
	*channeltest.Sink
	mu        sync.Mutex
	cursors   map[string]checkpoint.Cursor
	connected checkpoint.Connection
	skipped   int
	filled    []desk.Raw    // content that came late
	moved     chan struct{} // closed and replaced whenever a position moves
}

func newMemory(sink *channeltest.Sink) *memory {
	return &memory{Sink: sink, cursors: map[string]checkpoint.Cursor{}, moved: make(chan struct{})}
}

func (m *memory) Cursor(_ context.Context, channel, folder string) (checkpoint.Cursor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cursors[channel+"/"+folder], nil
}

// Connected implements Journal: a folder is connected when it is first asked for.
func (m *memory) Connected(_ context.Context, channel, folder string, validity, uidNext uint32) (checkpoint.Connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.connected.At.IsZero() {
		m.connected = checkpoint.Connection{At: time.Now(), UIDValidity: validity, UIDNext: uidNext}
	}
	return m.connected, nil
}

func (m *memory) Commit(ctx context.Context, b checkpoint.Batch) ([]desk.Receipt, error) {
	for _, raw := range m.Raws() {
		for _, late := range b.Raws {
			if late.SourceKey == raw.SourceKey && len(raw.Bytes) == 0 && len(late.Bytes) > 0 {
				m.mu.Lock()
				m.filled = append(m.filled, late)
				m.mu.Unlock()
			}
		}
	}
	return m.AcceptAll(ctx, b.Raws, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if b.Cursor != (checkpoint.Cursor{}) {
			m.cursors[b.Channel+"/"+b.Folder] = b.Cursor
		}
		m.skipped += b.Skipped
		close(m.moved)
		m.moved = make(chan struct{})
	})
}

func (m *memory) Journaled(_ context.Context, channel, folder string, validity uint32) ([]uint32, error) {
	var uids []uint32
	for _, raw := range m.Raws() {
		var uid uint32
		if n, _ := fmt.Sscanf(strings.TrimPrefix(raw.SourceKey, folder), fmt.Sprintf("/%d/%%d", validity), &uid); n == 1 && raw.Endpoint == channel {
			uids = append(uids, uid)
		}
	}
	return uids, nil
}

func (m *memory) Undelivered(_ context.Context, channel, folder string, validity uint32) ([]uint32, error) {
	var uids []uint32
	for _, raw := range m.Raws() {
		var uid uint32
		if n, _ := fmt.Sscanf(strings.TrimPrefix(raw.SourceKey, folder), fmt.Sprintf("/%d/%%d", validity), &uid); n == 1 && raw.Endpoint == channel && raw.State == desk.RawQuarantined && len(raw.Bytes) == 0 {
			uids = append(uids, uid)
		}
	}
	return uids, nil
}

// awaitPast waits until the position of the INBOX has reached uid.
func (m *memory) awaitPast(ctx context.Context, uid uint32) error {
	for {
		m.mu.Lock()
		reached, moved := m.cursors["support/INBOX"].LastUID >= uid, m.moved
		m.mu.Unlock()
		if reached {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func config(d *mailtest.Dovecot, change func(*Config)) Config {
	cfg := Config{
		Name: "support", Addr: d.Addr, User: d.User, Password: d.Password, TLS: TLSNone,
		Retry: channels.Backoff{Min: 5 * time.Millisecond, Max: 50 * time.Millisecond},
	}
	if change != nil {
		change(&cfg)
	}
	return cfg
}

// pull runs a mailbox under supervision until the test ends, or stop is called.
func pull(t testing.TB, cfg Config, journal Journal) (group *channels.Group, stop func()) {
	t.Helper()
	m, err := New(cfg, journal, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	group = channels.NewGroup(nil, slog.New(slog.DiscardHandler), cfg.Retry)
	group.Add(cfg.Name, m)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- group.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return group, stop
}

func letter(nonce string, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: ann@customer.example\r\nTo: support@desk.example\r\nMessage-ID: <%s@customer.example>\r\nSubject: %s\r\n\r\n", nonce, nonce)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%s line %d of the mail\r\n", nonce, i)
	}
	return b.Bytes()
}

// wantOnce checks that each mail was journaled exactly once and complete.
func wantOnce(t testing.TB, raws []desk.Raw, sent map[string][]byte) {
	t.Helper()
	count := map[string]int{}
	torn := 0
	for _, raw := range raws {
		_, after, _ := strings.Cut(string(raw.Bytes), "Message-ID: <")
		nonce, _, _ := strings.Cut(after, "@")
		count[nonce]++
		if !bytes.Equal(raw.Bytes, sent[nonce]) || raw.Size != int64(len(raw.Bytes)) {
			torn++
		}
	}
	lost, dup := 0, 0
	for nonce := range sent {
		if count[nonce] == 0 {
			lost++
		}
		dup += max(0, count[nonce]-1)
	}
	t.Logf("sent=%d lost=%d dup=%d torn=%d", len(sent), lost, dup, torn)
	if lost+dup+torn > 0 {
		t.Errorf("lost %d, doubled %d, torn %d of %d", lost, dup, torn, len(sent))
	}
}

// mailSender is a channeltest.Customer: mail reaches the server, and is
// acknowledged when the position has passed it.
type mailSender struct {
	dovecot *mailtest.Dovecot
	journal *memory
	mu      sync.Mutex
	uids    map[string]uint32
}

func (c *mailSender) Send(ctx context.Context, nonce string) error {
	c.mu.Lock()
	c.dovecot.Append(letter(nonce, 500))
	uid := uint32(len(c.uids) + 1)
	c.uids[nonce] = uid
	c.mu.Unlock()
	return c.journal.awaitPast(ctx, uid)
}

// Repeat only waits, because the mail is already in the folder.
func (c *mailSender) Repeat(ctx context.Context, nonce string) error {
	return c.journal.awaitPast(ctx, c.uids[nonce])
}

func TestChannel(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Harness{New: func(t *testing.T, sink *channeltest.Sink) (channels.Channel, channeltest.Customer) {
		d := mailtest.NewDovecot(t)
		journal := newMemory(sink)
		m, err := New(config(d, nil), journal, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return m, &mailSender{dovecot: d, journal: journal, uids: map[string]uint32{}}
	}})
}

func TestBacklogThenArrival(t *testing.T) {
	d := mailtest.NewDovecot(t)
	sent := map[string][]byte{}
	for i := range 500 {
		nonce := fmt.Sprintf("backlog-%03d", i)
		sent[nonce] = letter(nonce, 200+i*50)
		d.Append(sent[nonce])
	}
	sink := channeltest.NewSink()
	group, stop := pull(t, config(d, nil), newMemory(sink))
	raws := sink.Await(t, 500)
	wantOnce(t, raws, sent)
	for i, raw := range raws {
		if want := fmt.Sprintf("/%d", i+1); !strings.HasSuffix(raw.SourceKey, want) || !strings.HasPrefix(raw.SourceKey, "INBOX/") {
			t.Fatalf("item %d has the key %q and is not in the order of arrival", i, raw.SourceKey)
		}
		if raw.Endpoint != "support" || raw.Channel != desk.ChannelEmail {
			t.Fatalf("item %+v", raw)
		}
	}
	for i := range 5 {
		nonce := fmt.Sprintf("fresh-%d", i)
		sent[nonce] = letter(nonce, 1000)
		began := time.Now()
		d.Append(sent[nonce])
		sink.Await(t, 501+i)
		if took := time.Since(began); took > time.Second {
			t.Errorf("a mail took %s from arrival to journal", took)
		}
	}
	if status := group.Statuses()[0]; status.State != channels.StateRunning || status.LastSuccess.IsZero() {
		t.Errorf("status %+v", status)
	}
	stop()
	// A second run continues where the first one stopped.
	wantOnce(t, sink.Raws(), sent)
}

func TestContinuesWhereItStopped(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	sent := map[string][]byte{}
	journal := newMemory(channeltest.NewSink())
	for i := range 4 {
		nonce := fmt.Sprintf("run-%d", i)
		sent[nonce] = letter(nonce, 300)
		d.Append(sent[nonce])
		_, stop := pull(t, config(d, nil), journal)
		journal.Await(t, i+1)
		stop()
	}
	wantOnce(t, journal.Raws(), sent)
}

func TestSeveralFolders(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	d.Append(letter("in-inbox", 300))
	d.AppendTo("Billing", letter("in-billing", 300))
	sink := channeltest.NewSink()
	group, _ := pull(t, config(d, func(c *Config) { c.Folders = []string{"INBOX", "Nowhere", "Billing"} }), newMemory(sink))
	wantOnce(t, sink.Await(t, 2), map[string][]byte{"in-inbox": letter("in-inbox", 300), "in-billing": letter("in-billing", 300)})
	d.AppendTo("Billing", letter("later", 300))
	sink.Await(t, 3)
	status := awaitState(t, group, channels.StateFailing)
	if !strings.Contains(status.Advice, `no folder "Nowhere"`) || !strings.Contains(status.Advice, "Billing, INBOX") {
		t.Errorf("advice %q", status.Advice)
	}
}

// awaitState waits until the group's only channel is in a state.
func awaitState(t testing.TB, group *channels.Group, state channels.State) channels.Status {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(time.Minute); ; <-tick.C {
		status := group.Statuses()[0]
		if status.State == state {
			return status
		}
		if time.Now().After(late) {
			t.Fatalf("status %+v, want %s", status, state)
		}
	}
}

func TestOversizedMailIsQuarantinedWithItsHeader(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	d.Append(letter("small", 300))
	d.Append(letter("large", 70_000))
	d.Append(letter("small-again", 300))
	sink := channeltest.NewSink()
	pull(t, config(d, func(c *Config) { c.MaxSize = 60_000 }), newMemory(sink))
	raws := sink.Await(t, 3)
	large := raws[1]
	if large.State != desk.RawQuarantined || large.Size < 70_000 || !strings.Contains(large.Problem, "exceeds the limit of 60000") {
		t.Errorf("quarantined item %+v", large)
	}
	if !bytes.HasPrefix(large.Bytes, []byte("From: ann@")) || bytes.Contains(large.Bytes, []byte("line 0")) {
		t.Errorf("its bytes are %.200q, want the header", large.Bytes)
	}
	if raws[0].State != desk.RawPending || raws[2].State != desk.RawPending {
		t.Error("the other mails are not pending")
	}
}
