package main

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/bench/limit"
	"switchboard/bench/table"
	"switchboard/bench/wire"
)

const (
	chatVisitors     = 400 // visitors; each may send 20 lines a second
	chatTime         = 8 * time.Second
	maxRate          = 2000
	maxTime          = 20 * time.Second
	answeredVisitors = 100 // visitors whom the agent answers in turn
	answerRate       = 200 // answers per second
	countTime        = 5 * time.Second
)

// burst is the result of a stream of lines.
type burst struct {
	lines             int
	offered, achieved float64 // lines per second: sent, acknowledged
	acks, events      []time.Duration
	program, database time.Duration // CPU per line
	drained           time.Duration // from the last ack to the last event
	missing           int           // lines whose event did not arrive in time
}

// burst makes visitors send lines at a fixed rate, whether or not earlier lines were
// acknowledged: customers do not write less because the server is slow.
func (s *served) burst(visitors []*visitor, w *watch, rate int, total time.Duration) burst {
	s.awaitIdle()
	w.forget()
	for _, v := range visitors {
		v.begin()
	}
	program0, database0 := s.used()
	begin := time.Now()
	every := time.Second * time.Duration(len(visitors)) / time.Duration(rate)
	var wg sync.WaitGroup
	for i, v := range visitors {
		wg.Go(func() {
			for next := begin.Add(every * time.Duration(i) / time.Duration(len(visitors))); next.Before(begin.Add(total)); next = next.Add(every) {
				<-time.After(time.Until(next))
				v.sendNoWait("Where is the parcel that should have come on Monday?")
			}
		})
	}
	wg.Wait()
	var b burst
	offeredIn := time.Since(begin)
	for _, v := range visitors {
		v.mu.Lock()
		b.lines += len(v.sent)
		v.mu.Unlock()
	}
	lastEvent, arrived := w.arrived(received, b.lines)
	b.missing = b.lines - arrived
	program, database := s.used()
	b.program, b.database = (program-program0)/time.Duration(b.lines), (database-database0)/time.Duration(b.lines)
	var lastAck time.Time
	for _, v := range visitors {
		v.await()
		v.mu.Lock()
		b.acks = append(b.acks, v.acks...)
		if v.lastAck.After(lastAck) {
			lastAck = v.lastAck
		}
		b.events = append(b.events, w.since(received, v.conversation, v.sent)...)
		v.mu.Unlock()
	}
	b.offered, b.achieved = float64(b.lines)/offeredIn.Seconds(), float64(len(b.acks))/lastAck.Sub(begin).Seconds()
	b.drained = max(0, lastEvent.Sub(lastAck))
	return b
}

// await returns when every line of the burst has been acknowledged.
func (v *visitor) await() {
	for end := time.Now().Add(patience); ; <-time.After(10 * time.Millisecond) {
		v.mu.Lock()
		due := len(v.due)
		v.mu.Unlock()
		if due == 0 {
			return
		}
		if time.Now().After(end) {
			v.r.Fatalf("%d lines without an ack after %s", due, patience)
		}
	}
}

// chat measures lines at three rates, and replies.
func (r *run) chat() {
	s := r.serve(chatConfig)
	key := s.key()
	visitors, w := s.visitors(chatVisitors), s.watch(key)
	counts := r.lineStatements()
	for _, rate := range []int{100, 400, 1600} {
		b := s.burst(visitors, w, rate, chatTime)
		r.lineFigures(rate, b, rate == 100)
		if c, ok := counts[rate]; ok {
			l := r.table.Add(fmt.Sprintf("  %d/s: SQL statements per line, round trips", rate), fmt.Sprintf("%.1f, %.1f", c.statements, c.trips)).Measure(c.statements)
			if rate == 100 {
				l.Want("≤ 10", c.statements <= 10)
			}
		}
	}
	r.answers(s, key, visitors[:answeredVisitors], w)
}

// lineFigures adds the figures of a burst to the table; targets adds those that only hold
// at a normal rate.
func (r *run) lineFigures(rate int, b burst, targets bool) {
	name := func(figure string) string { return fmt.Sprintf("  %d/s: %s", rate, figure) }
	r.table.Add(fmt.Sprintf("chat, %d lines/s: offered, achieved", rate), table.PerSecond(b.offered)+", "+table.PerSecond(b.achieved)).Measure(b.achieved)
	p50, p99 := percentiles(b.acks, .5, .99)
	r.table.Add(name("line to durable ack, p50, p99"), table.Short(p50)+", "+table.Short(p99)).Measure(p50.Seconds()).
		Want("p99 ≤ 20 ms", p99 <= 20*time.Millisecond)
	e50, e99 := percentiles(b.events, .5, .99)
	l := r.table.Add(name("line to agent's event socket, p50, p99"), table.Short(e50)+", "+table.Short(e99)).Measure(e50.Seconds())
	if b.missing > 0 {
		l.Want(fmt.Sprintf("%d of %d not within %s", b.missing, b.lines, patience), false)
	}
	if targets {
		l.Want("p50 ≤ 4 ms", e50 <= 4*time.Millisecond)
	}
	cpu := b.program + b.database
	l = r.table.Add(name("CPU per line: program, database"), table.Short(b.program)+", "+table.Short(b.database)).Measure(cpu.Seconds())
	if targets {
		l.Want("sum ≤ 1.5 ms", cpu <= 1500*time.Microsecond)
	}
}

// maxLoad offers a sustained load that is far above normal use.
func (r *run) maxLoad() {
	s := r.serve(chatConfig)
	key := s.key()
	visitors, w := s.visitors(chatVisitors), s.watch(key)
	b := s.burst(visitors, w, maxRate, maxTime)
	r.lineFigures(maxRate, b, false)
	r.table.Add(fmt.Sprintf("  %d/s for %s: share of the offered lines acknowledged", maxRate, maxTime), fmt.Sprintf("%.1f %%", 100*b.achieved/maxRate)).
		Measure(b.achieved).Want("≥ 98 %", b.achieved >= .98*maxRate)
	r.table.Add(fmt.Sprintf("  %d/s: from the last ack to the last event", maxRate), table.Short(b.drained)).Measure(b.drained.Seconds()).
		Want("≤ 1 s", b.drained <= time.Second) // or the lines pile up
}

// perItem is the number of database requests per item.
type perItem struct{ statements, trips float64 }

func per(c wire.Count, n int) perItem {
	return perItem{float64(c.Statements) / float64(n), float64(c.Trips) / float64(n)}
}

// lineStatements counts statements per chat line for each rate, on a separate gateway,
// because counting takes time.
func (r *run) lineStatements() map[int]perItem {
	s, relay := r.serveCounted(chatConfig)
	visitors, w := s.visitors(chatVisitors), s.watch(s.key())
	counts := map[int]perItem{}
	for _, rate := range []int{100, 400, 1600} {
		s.awaitIdle()
		before := relay.Count()
		b := s.burst(visitors, w, rate, countTime)
		counts[rate] = per(relay.Count().Sub(before), b.lines)
	}
	s.stop()
	return counts
}

// answers measures an agent's replies to visitors in turn, next to a WebSocket echo.
func (r *run) answers(s *served, key string, visitors []*visitor, w *watch) {
	s.awaitIdle()
	w.forget()
	posted := make([][]time.Time, len(visitors))
	used := s.each()
	took := r.paced(chatTime, func(i, n int) {
		text := fmt.Sprintf("Parcel %d comes tomorrow.", n)
		got := visitors[i].expect(text)
		posted[i] = append(posted[i], time.Now())
		s.post(key, "/conversations/"+visitors[i].conversation+"/replies", map[string]string{"text": text})
		r.within(got, "an answer")
	})
	w.await(sent, len(took))
	stack := used(len(took))
	var events []time.Duration
	for i, at := range posted {
		events = append(events, w.since(sent, visitors[i].conversation, at)...)
	}
	floor := r.echo()
	p50, p99 := percentiles(took, .5, .99)
	r.table.Add(fmt.Sprintf("agent's reply to visitor's socket, %d/s, p50, p99", answerRate), table.Short(p50)+", "+table.Short(p99)).Measure(p50.Seconds()).
		Beside(table.Short(percentile(floor, .5))+", "+table.Short(percentile(floor, .99))+" echo", float64(percentile(floor, .5))/float64(p50)).
		Want("p99 ≤ 20 ms", p99 <= 20*time.Millisecond)
	e50, e99 := percentiles(events, .5, .99)
	r.table.Add("  answers: POST to agent's event socket, p50, p99", table.Short(e50)+", "+table.Short(e99)).Measure(e50.Seconds())
	r.table.Add("  answers: CPU per answer, program and database", table.Short(stack)).Measure(stack.Seconds())
}

// echo returns the round trip times of a plain echo with as many sockets and the same
// pace, sorted.
func (r *run) echo() []time.Duration {
	echo, err := limit.NewEcho()
	r.must(err)
	defer echo.Close() //nolint:errcheck // measured already
	var plain []*websocket.Conn
	for range answeredVisitors {
		plain = append(plain, r.dial(echo.URL))
	}
	frame := bytes.Repeat([]byte("x"), 200)
	return r.paced(chatTime, func(i, _ int) {
		r.must(plain[i].WriteMessage(websocket.TextMessage, frame))
		_, _, err := plain[i].ReadMessage()
		r.must(err)
	})
}

// paced calls f for each socket in turn, answerRate times per second in total, and
// returns the durations of the calls, sorted. Calls for one socket never overlap.
func (r *run) paced(total time.Duration, f func(socket, n int)) (took []time.Duration) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin, every := time.Now(), time.Second*answeredVisitors/answerRate
	for i := range answeredVisitors {
		wg.Go(func() {
			next := begin.Add(every * time.Duration(i) / answeredVisitors)
			for n := i; next.Before(begin.Add(total)); n += answeredVisitors {
				<-time.After(time.Until(next))
				next = next.Add(every)
				t := time.Now()
				f(i, n)
				mu.Lock()
				took = append(took, time.Since(t))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took
}
