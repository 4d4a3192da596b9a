package smtpd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/channels/channeltest"
)

// largeMail is a mail of at least size octets, no two lines of which are the same.
func largeMail(subject string, size int) string {
	var b strings.Builder
	b.WriteString(mail(subject))
	for b.Len() < size {
		fmt.Fprintf(&b, "This is line %d of a large mail.\r\n", b.Len())
	}
	return b.String()
}

// What does not fit into the buffer is read back from a file without a change, whatever
// the size, and memory is reserved for all of it until it is journaled.
func TestLargeMailIsIntact(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var reserved, held, calls atomic.Int64
	sink := channeltest.NewSink()
	addr := serve(t, sink, func(cfg *Config) {
		cfg.Reserve = func(_ context.Context, size int64) (func(), error) {
			reserved.Store(size)
			held.Add(size)
			calls.Add(1)
			return func() { held.Add(-size) }, nil
		}
		cfg.Check = func(_ context.Context, m Reception) (Verdict, error) {
			if len(m.Content) > maxBuffer && held.Load() < int64(len(m.Content)) {
				t.Error("the memory is not reserved while the mail is in it")
			}
			return Verdict{}, nil
		}
	})
	c := greeted(t, addr)
	sizes := []int{1000, maxBuffer - 200, maxBuffer + 200, 2*maxBuffer - 200, 2 * maxBuffer, 1 << 21}
	for i, size := range sizes {
		for _, chunked := range []bool{false, true} {
			text := largeMail(fmt.Sprintf("%d-%t", i, chunked), size)
			c.envelope()
			if got := c.content(text, chunked); !strings.HasPrefix(got, "250") {
				t.Fatalf("%d octets: %q", size, got)
			}
			raws := sink.Raws()
			raw := raws[len(raws)-1]
			if !strings.HasPrefix(string(raw.Bytes), "Received: ") || !strings.HasSuffix(string(raw.Bytes), "\r\n"+text) || raw.Size != int64(len(raw.Bytes)) {
				t.Errorf("%d octets, chunked %t: stored %d of %d octets, or other ones", size, chunked, len(raw.Bytes), len(text))
			}
			if large := size > maxBuffer; large && reserved.Load() != raw.Size {
				t.Errorf("reserved %d octets for %d", reserved.Load(), raw.Size)
			}
		}
	}
	if left, err := filepath.Glob(dir + "/*"); len(left) > 0 || err != nil || held.Load() != 0 || calls.Load() != 8 {
		t.Errorf("left behind: %v, %v, %d octets reserved in %d calls", left, err, held.Load(), calls.Load())
	}
}

// While there is no memory for large mail, its senders get a temporary refusal, and small mail
// is not affected.
func TestNoMemoryForLargeMail(t *testing.T) {
	sink := channeltest.NewSink()
	addr := serve(t, sink, func(cfg *Config) {
		cfg.ReserveTimeout = 50 * time.Millisecond
		cfg.Reserve = func(ctx context.Context, _ int64) (func(), error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	c := greeted(t, addr)
	for range 2 {
		c.envelope()
		if got := c.content(largeMail("large", 2*maxBuffer), false); !strings.HasPrefix(got, "451 4.3.1") {
			t.Errorf("reply %q", got)
		}
	}
	c.envelope()
	if got := c.content(mail("small"), false); !strings.HasPrefix(got, "250") || len(sink.Raws()) != 1 {
		t.Errorf("reply %q, %d stored", got, len(sink.Raws()))
	}
}

func TestNoStorageForLargeMail(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	t.Setenv("TMPDIR", dir)
	c := greeted(t, serve(t, channeltest.NewSink(), func(cfg *Config) { cfg.MaxSpooled = 4 * maxBuffer }))
	send := func(size int, want string) {
		t.Helper()
		c.envelope()
		if got := c.content(largeMail("large", size), false); !strings.HasPrefix(got, want) {
			t.Errorf("%d octets: %q, want %s", size, got, want)
		}
	}
	send(2*maxBuffer, "452 4.3.1")
	send(1000, "250")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	send(8*maxBuffer, "452 4.3.1")
	send(3*maxBuffer, "250") // the space was given back
}
