package mailbox

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"switchboard/channels/mailbox/checkpoint"
	"switchboard/desk"
	"switchboard/internal/mailtest"
)

const waiting = 2000

func filled(b *testing.B) *mailtest.Dovecot {
	d := mailtest.NewDovecot(b)
	for i := range waiting {
		d.Append(letter(fmt.Sprintf("bench-%05d", i), 25_000))
	}
	readAll(b, d) // after Dovecot has indexed the folder
	return d
}

// counting is a Journal that only counts messages.
type counting struct {
	n    int
	done chan struct{}
}

func (*counting) Cursor(context.Context, string, string) (checkpoint.Cursor, error) {
	return checkpoint.Cursor{}, nil
}

func (*counting) Journaled(context.Context, string, string, uint32) ([]uint32, error) {
	return nil, nil
}

func (*counting) Undelivered(context.Context, string, string, uint32) ([]uint32, error) {
	return nil, nil
}

func (c *counting) Commit(_ context.Context, b checkpoint.Batch) ([]desk.Receipt, error) {
	if c.n += len(b.Raws); c.n == waiting {
		close(c.done)
	}
	return make([]desk.Receipt, len(b.Raws)), nil
}

func (c *counting) Connected(context.Context, string, string, uint32, uint32) (checkpoint.Connection, error) {
	return checkpoint.Connection{At: time.Now()}, nil
}

// BenchmarkBacklog measures reading a folder of 2,000 mails of 25 kB.
func BenchmarkBacklog(b *testing.B) {
	d := filled(b)
	b.ResetTimer()
	for range b.N {
		journal := &counting{done: make(chan struct{})}
		_, stop := pull(b, config(d, nil), journal)
		<-journal.done
		stop()
	}
	b.ReportMetric(float64(waiting*b.N)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkLimit measures the minimum cost of reading them: one FETCH for all, whose
// content is discarded.
func BenchmarkLimit(b *testing.B) {
	d := filled(b)
	b.ResetTimer()
	for range b.N {
		readAll(b, d)
	}
	b.ReportMetric(float64(waiting*b.N)/b.Elapsed().Seconds(), "mails/s")
}

func readAll(b *testing.B, d *mailtest.Dovecot) {
	c, err := imapclient.DialInsecure(d.Addr, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(d.User, d.Password).Wait(); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		b.Fatal(err)
	}
	var all imap.UIDSet
	all.AddRange(1, 0)
	command := c.Fetch(all, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	n := 0
	for message := command.Next(); message != nil; message = command.Next() {
		for item := message.Next(); item != nil; item = message.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				io.Copy(io.Discard, body.Literal)
				n++
			}
		}
	}
	if err := command.Close(); err != nil || n != waiting {
		b.Fatalf("read %d mails: %v", n, err)
	}
}
