package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"switchboard/bench/proc"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/normalize"
)

// BenchmarkIngest is what acceptance and processing cost together: a line of a chat
// that goes on, a mail that comes alone, and fifty that come at once.
func BenchmarkIngest(b *testing.B) {
	for _, size := range []int{1, 50} {
		b.Run(fmt.Sprintf("lines=%d", size), func(b *testing.B) {
			p := newBench(b)
			var lines []func() desk.Raw
			for i := range 100 {
				lines = append(lines, p.visitor(b, i))
				p.ingest(b, lines[i]())
			}
			used := p.cpu(b)
			done := 0
			for b.Loop() {
				raws := make([]desk.Raw, size)
				for i := range raws {
					raws[i], done = lines[done%len(lines)](), done+1
				}
				p.ingest(b, raws...)
			}
			program, database := used()
			b.ReportMetric(float64(program.Microseconds())/float64(done), "program-µs/line")
			b.ReportMetric(float64(database.Microseconds())/float64(done), "database-µs/line")
		})
	}
	for _, size := range []int{1, 50} {
		b.Run(fmt.Sprintf("mails=%d", size), func(b *testing.B) {
			p := newBench(b)
			body := strings.Repeat("All work and no play makes Jack a dull boy.\r\n", 500)
			for n := 0; b.Loop(); n += size {
				raws := make([]desk.Raw, size)
				for i := range raws {
					raws[i] = rawMail(n+i, fmt.Sprintf("user%d@acme%d.example", i, i%7), "")
					raws[i].Bytes = append(raws[i].Bytes, body...)
				}
				p.ingest(b, raws...)
			}
		})
	}
}

// visitor begins a chat and returns a function that makes its next line.
func (p *benchPipeline) visitor(b *testing.B, i int) func() desk.Raw {
	session, err := p.store.Visitors().Open(b.Context(), "wk", "", chat.Visitor{Name: "Lee", Email: fmt.Sprintf("lee@shop%d.example", i)})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	return func() desk.Raw {
		n++
		text, err := json.Marshal(desk.ChatLine{Session: session.ID, ClientID: fmt.Sprint(n), Text: "Where is the parcel that should have come on Monday?"})
		if err != nil {
			b.Fatal(err)
		}
		return desk.Raw{Channel: desk.ChannelChat, Endpoint: "wk", SourceKey: fmt.Sprintf("%s/%d", session.ID, n), Bytes: text}
	}
}

// cpu starts a measurement of the CPU time of this process and of the backends of its
// database, which the returned function ends.
func (p *benchPipeline) cpu(b *testing.B) (used func() (program, database time.Duration)) {
	db, err := sql.Open("postgres", p.dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	database := func() (sum time.Duration) {
		var pids pq.Int64Array
		if err := db.QueryRow("select array_agg(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()").Scan(&pids); err != nil {
			b.Fatal(err)
		}
		for _, pid := range pids {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid)) // nanoseconds on a CPU first
			if err != nil {
				b.Fatal(err)
			}
			var ns int64
			if _, err := fmt.Sscan(string(text), &ns); err != nil {
				b.Fatal(err)
			}
			sum += time.Duration(ns)
		}
		return sum
	}
	program0, database0 := proc.Self(), database()
	return func() (time.Duration, time.Duration) { return proc.Self() - program0, database() - database0 }
}

// benchPipeline is an acceptor and a processor.
type benchPipeline struct {
	*pipeline
	acceptor *ingest.Acceptor
	node     *ingest.Processor
	finished chan desk.RawState
}

func newBench(b *testing.B) *benchPipeline {
	p := &benchPipeline{pipeline: newRules(b), finished: make(chan desk.RawState, 100)}
	p.node = ingest.NewProcessor(p.store, normalize.Message, func() *ingest.Rules { return p.rules }, p.log)
	p.node.Finished = func(_ *desk.Raw, s desk.RawState) { p.finished <- s }
	p.acceptor = ingest.NewAcceptor(p.store, p.node)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.acceptor.Run(ctx) })
	running.Go(func() { p.node.Run(ctx) })
	b.Cleanup(func() { stop(); running.Wait() })
	return p
}

// ingest accepts rows at once, and waits until they are processed.
func (p *benchPipeline) ingest(b *testing.B, raws ...desk.Raw) {
	for _, r := range raws {
		go func() {
			if _, err := p.acceptor.Accept(context.Background(), r); err != nil {
				b.Error(err)
			}
		}()
	}
	if len(raws) == 1 {
		p.node.Wake() // measure the work, not the wait for more mail
	}
	for range raws {
		if s := <-p.finished; s != desk.RawProcessed {
			held, _, err := p.store.Raws(b.Context(), s, 0, 1)
			b.Fatalf("a row was %s: %+v, %v", s, held, err)
		}
	}
}
