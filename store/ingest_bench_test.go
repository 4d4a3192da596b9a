package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/normalize"
)

// BenchmarkIngest is what acceptance and processing cost together: a line of a chat
// that goes on, a mail that comes alone, and fifty that come at once.
func BenchmarkIngest(b *testing.B) {
	b.Run("line", func(b *testing.B) {
		p := newBench(b)
		session, err := p.store.Visitors().Open(b.Context(), "wk", "", chat.Visitor{Name: "Lee"})
		if err != nil {
			b.Fatal(err)
		}
		for n := 0; b.Loop(); n++ {
			text, err := json.Marshal(desk.ChatLine{Session: session.ID, ClientID: fmt.Sprint(n), Text: "Where is my order?"})
			if err != nil {
				b.Fatal(err)
			}
			p.ingest(b, desk.Raw{Channel: desk.ChannelChat, Endpoint: "wk", SourceKey: fmt.Sprintf("%s/%d", session.ID, n), Bytes: text})
		}
	})
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
