package simulation

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"switchboard/internal/queueing"
	"switchboard/router"
)

// Options of a simulation.
type Options struct {
	Staff     Staff
	Handling  time.Duration // mean time that an agent needs for a conversation
	Variation float64       // its coefficient of variation
	MostMoved int           // how many conversations are listed; all are counted
}

// SimulationResult is what a draft would have done, next to the live policy.
type SimulationResult struct {
	From          time.Time        `json:"from"`
	To            time.Time        `json:"to"`
	Conversations int              `json:"conversations"`
	Moved         int              `json:"moved" doc:"Conversations that would go to another inbox"`
	Changed       int              `json:"changed" doc:"Those that stay, with another priority, SLA policy or segment"`
	Unexplained   int              `json:"unexplained" doc:"Of those that the live version decided: how many it would send elsewhere than it did, because facts have changed"`
	Piloted       int              `json:"piloted" doc:"Conversations about which the draft of a pilot decided; here, they are what the live version and the document would have made of them"`
	Moves         []SimulatedMoves `json:"moves" doc:"How many go from where to where, and by which rules"`
	List          []SimulatedMove  `json:"list" doc:"The first ones that move"`
	Inboxes       []SimulatedInbox `json:"inboxes"`
}

// Moves counts conversations that move in the same way.
type SimulatedMoves struct {
	From       string `json:"from"`
	To         string `json:"to"`
	RuleBefore string `json:"rule_before"`
	RuleAfter  string `json:"rule_after"`
	Count      int    `json:"count"`
}

// SimulatedInbox compares the queue of an inbox.
type SimulatedInbox struct {
	Inbox  string        `json:"inbox"`
	Before SimulatedLoad `json:"before" doc:"Under the live policy"`
	After  SimulatedLoad `json:"after" doc:"Under the draft"`
}

// Load is what a queue had to do.
type SimulatedLoad struct {
	Conversations int     `json:"conversations"`
	ByHour        [24]int `json:"by_hour" doc:"Arrivals by hour of the day, in UTC"`
	Busiest       int     `json:"busiest" doc:"Most arrivals within one hour"`
	Promised      int     `json:"promised" doc:"Conversations with a first response promised"`
	Staffed       bool    `json:"staffed" doc:"Staffing was given; else what follows is 0"`
	MeanWaitS     float64 `json:"mean_wait_s" doc:"Until an agent begins"`
	Breaches      int     `json:"breaches" doc:"Conversations whose promise would have been broken"`
}

// Run is a simulation in progress.
type Run struct {
	live, draft *router.Policy
	opt         Options
	result      SimulationResult
	moves       map[SimulatedMoves]int
	before      map[string]*queue
	after       map[string]*queue
}

// queue is an inbox under one policy.
type queue struct {
	load   SimulatedLoad
	agents queueing.Queue
	hour   time.Time
	inHour int
	waited time.Duration
}

// New begins a simulation.
func New(live, draft *router.Policy, opt Options) *Run {
	return &Run{live: live, draft: draft, opt: opt, moves: map[SimulatedMoves]int{}, before: map[string]*queue{}, after: map[string]*queue{}}
}

// Add replays a conversation. Conversations are added in the order in which they opened.
func (r *Run) Add(o *Opening) {
	before, after := Decide(o, r.live), Decide(o, r.draft)
	if r.result.Conversations++; r.result.From.IsZero() {
		r.result.From = o.At
	}
	r.result.To = o.At
	if o.Pilot {
		r.result.Piloted++
	}
	if o.Version == r.live.Version && o.Inbox != before.Inbox {
		r.result.Unexplained++
	}
	switch {
	case before.Inbox != after.Inbox:
		r.result.Moved++
		r.moves[SimulatedMoves{From: before.Inbox, To: after.Inbox, RuleBefore: before.Rule, RuleAfter: after.Rule}]++
		if len(r.result.List) < r.opt.MostMoved {
			r.result.List = append(r.result.List, SimulatedMove{o.ID, o.Number, o.At, before, after})
		}
	case before.Priority != after.Priority || before.SLA != after.SLA || before.Segment != after.Segment:
		r.result.Changed++
	}
	takes := r.takes(o)
	r.arrive(r.before, r.live, o, &before, takes)
	r.arrive(r.after, r.draft, o, &after, takes)
}

// takes draws how long a conversation takes an agent: always the same for the same one.
func (r *Run) takes(o *Opening) time.Duration {
	random := rand.New(rand.NewPCG(binary.BigEndian.Uint64(o.ID[:8]), binary.BigEndian.Uint64(o.ID[8:])))
	s2 := math.Log(1 + r.opt.Variation*r.opt.Variation)
	return time.Duration(float64(r.opt.Handling) * math.Exp(math.Sqrt(s2)*random.NormFloat64()-s2/2))
}

// arrive adds a conversation to the queue of its inbox.
func (r *Run) arrive(queues map[string]*queue, p *router.Policy, o *Opening, d *SimulatedDecision, takes time.Duration) {
	q := queues[d.Inbox]
	if q == nil {
		q = &queue{}
		queues[d.Inbox] = q
		if in, ok := p.Inbox(d.Inbox); ok {
			open := func(time.Time) bool { return true }
			if c, ok := p.Calendar(in.Calendar); ok {
				open = c.Open
			}
			q.agents.Staff, q.load.Staffed = r.opt.Staff.of(d.Inbox, open)
		}
	}
	q.load.Conversations++
	q.load.ByHour[o.At.UTC().Hour()]++
	if hour := o.At.Truncate(time.Hour); !hour.Equal(q.hour) {
		q.hour, q.inHour = hour, 0
	}
	q.inHour++
	q.load.Busiest = max(q.load.Busiest, q.inHour)
	if d.FirstResponse > 0 {
		q.load.Promised++
	}
	if !q.load.Staffed {
		return
	}
	wait := q.agents.Arrive(o.At, takes)
	q.waited += wait
	if c, ok := p.Calendar(d.Calendar); ok && d.FirstResponse > 0 && c.Between(o.At, o.At.Add(wait)) > d.FirstResponse {
		q.load.Breaches++
	}
}

// SimulationResult returns the result so far.
func (r *Run) Result() SimulationResult {
	out := r.result
	out.Moves, out.List, out.Inboxes = []SimulatedMoves{}, append([]SimulatedMove{}, r.result.List...), []SimulatedInbox{}
	for m, n := range r.moves {
		m.Count = n
		out.Moves = append(out.Moves, m)
	}
	slices.SortFunc(out.Moves, func(a, b SimulatedMoves) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	keys := maps.Clone(r.before)
	maps.Copy(keys, r.after)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		out.Inboxes = append(out.Inboxes, SimulatedInbox{key, r.before[key].done(), r.after[key].done()})
	}
	return out
}

func (q *queue) done() SimulatedLoad {
	if q == nil {
		return SimulatedLoad{}
	}
	l := q.load
	if l.Staffed {
		l.MeanWaitS = math.Round(q.waited.Seconds() / float64(l.Conversations))
	}
	return l
}
