package channels

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"switchboard/desk"
)

// State is the operating state of a channel.
type State string

const (
	StateStarting     State = "starting"     // has not succeeded since the process started
	StateRunning      State = "running"      // the last attempt succeeded
	StateFailing      State = "failing"      // the last attempt failed; it is retried
	StateUnauthorised State = "unauthorised" // the other side refuses our credentials; it is retried slowly
	StateStandby      State = "standby"      // another node runs it
	StateStopped      State = "stopped"      // stopped on request
)

// Group supervises a set of channels that share one Sink. Each channel runs in its
// own goroutine and is restarted after a pause if it fails or panics. The Status of
// every channel can be read at any time.
type Group struct {
	sink    Sink
	log     *slog.Logger
	backoff Backoff

	mu      sync.Mutex
	members []*member
	run     func(*member) // starts a member; nil unless Run runs
}

// NewGroup returns an empty Group. The zero Backoff means its defaults.
func NewGroup(sink Sink, log *slog.Logger, backoff Backoff) *Group {
	return &Group{sink: sink, log: log, backoff: backoff}
}

// Add registers a channel under a name that is unique in the Group. While Run runs, the
// channel starts at once.
func (g *Group) Add(name string, ch Channel) {
	m := &member{name: name, channel: ch, sink: g.sink, log: g.log.With("channel", name), backoff: g.backoff}
	m.status = Status{Name: name, State: StateStarting, Since: time.Now()}
	if p, ok := ch.(Periodic); ok {
		m.status.Every = p.Every()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = append(g.members, m)
	if g.run != nil {
		g.run(m)
	}
}

// Run supervises until ctx is done and every channel has stopped.
func (g *Group) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	g.mu.Lock()
	g.run = func(m *member) { wg.Go(func() { m.supervise(ctx) }) }
	for _, m := range g.members {
		g.run(m)
	}
	g.mu.Unlock()
	<-ctx.Done() // also when the Group is empty
	g.mu.Lock()
	g.run = nil
	g.mu.Unlock()
	wg.Wait()
	return nil
}

// Statuses returns every channel's Status in the order of Add.
func (g *Group) Statuses() []Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]Status, 0, len(g.members))
	for _, m := range g.members {
		all = append(all, m.snapshot())
	}
	return all
}

// Received records that a channel has journaled something without using its Sink.
// Names that are not in the Group are ignored.
func (g *Group) Received(name string) {
	g.mu.Lock()
	members := g.members
	g.mu.Unlock()
	for _, m := range members {
		if m.name == name {
			m.received()
		}
	}
}

// Supervise runs a single channel until ctx is done, as a Group of one.
func Supervise(ctx context.Context, name string, ch Channel, sink Sink, log *slog.Logger) error {
	g := NewGroup(sink, log, Backoff{})
	g.Add(name, ch)
	return g.Run(ctx)
}

// member is one supervised channel. It is also the Sink passed to the channel's Run.
type member struct {
	name    string
	channel Channel
	sink    Sink
	log     *slog.Logger
	backoff Backoff

	mu     sync.Mutex
	status Status
	worked bool // healthy was reported since Run was called
}

// supervise runs the channel until ctx is done, with a pause after each failure.
func (m *member) supervise(ctx context.Context) {
	defer m.enter(StateStopped, "", "")
	for {
		m.mu.Lock()
		m.worked = false
		m.mu.Unlock()
		err := m.runOnce(ctx)
		if ctx.Err() != nil {
			if err != nil {
				m.log.Warn("StopFailed", "error", err)
			}
			return
		}
		if err == nil {
			err = errEnded
		}
		m.failing(err)
		m.mu.Lock()
		worked := m.worked
		m.mu.Unlock()
		if worked {
			m.backoff.Reset()
		}
		if !m.backoff.Wait(ctx, err) {
			return
		}
	}
}

// runOnce turns a panic into an error, so that a bug in one channel does not take
// down the whole process.
func (m *member) runOnce(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			m.log.Error("Panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return m.channel.Run(ctx, m)
}

// Accept implements Sink. Accepting an item counts as a success of the channel.
func (m *member) Accept(ctx context.Context, raw desk.Raw) (desk.Receipt, error) {
	receipt, err := m.sink.Accept(ctx, raw)
	if err == nil {
		m.received()
		m.healthy()
	}
	return receipt, err
}

func (m *member) received() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.LastItem = time.Now()
}

// healthy records a success.
func (m *member) healthy() {
	m.mu.Lock()
	m.worked = true
	m.status.LastSuccess = time.Now()
	m.mu.Unlock()
	m.enter(StateRunning, "", "")
}

// failing records and logs a failure.
func (m *member) failing(err error) {
	state := StateFailing
	advice, unauthorised := adviceOf(err)
	if unauthorised {
		state = StateUnauthorised
	}
	m.warn("Failing", err)
	m.enter(state, err.Error(), advice)
}

// degraded records a success with a problem, and logs the problem if it is new.
func (m *member) degraded(err error) {
	m.mu.Lock()
	m.worked = true
	m.status.LastSuccess = time.Now()
	known := m.status.State == StateRunning && m.status.LastError == err.Error()
	m.mu.Unlock()
	if !known {
		m.warn("Degraded", err)
	}
	advice, _ := adviceOf(err)
	m.enter(StateRunning, err.Error(), advice)
}

// warn logs an error with its advice and cause.
func (m *member) warn(message string, err error) {
	advice, _ := adviceOf(err)
	values := []any{"error", err.Error(), "advice", advice}
	if cause := causeOf(err); cause != nil {
		values = append(values, "cause", cause.Error())
	}
	m.log.Warn(message, values...)
}

func (m *member) standby() { m.enter(StateStandby, "", "") }

func (m *member) progressing(p *Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Progress = p
}

// enter sets the state, and logs it if it has changed.
func (m *member) enter(state State, lastError, advice string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status.State != state {
		m.status.State, m.status.Since = state, time.Now()
		m.log.Info("StateChanged", "state", string(state))
	}
	m.status.LastError, m.status.Advice = lastError, advice
	if state == StateStandby || state == StateStopped {
		m.status.Progress = nil
	}
}

func (m *member) snapshot() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}
