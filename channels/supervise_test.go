package channels

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/desk"
)

type channelFunc func(ctx context.Context, sink Sink) error

func (f channelFunc) Run(ctx context.Context, sink Sink) error { return f(ctx, sink) }

type discard struct{}

func (discard) Accept(context.Context, desk.Raw) (desk.Receipt, error) { return desk.Receipt{}, nil }

// supervised runs one channel under synctest's fake clock.
func supervised(t *testing.T, ch channelFunc) (*Group, context.CancelFunc, chan error) {
	ctx, cancel := context.WithCancel(t.Context())
	g := NewGroup(discard{}, slog.New(slog.DiscardHandler), Backoff{})
	g.Add("support", ch)
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	return g, cancel, done
}

func TestFailedChannelIsRestartedAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var starts []time.Time
		g, cancel, done := supervised(t, func(context.Context, Sink) error {
			starts = append(starts, time.Now())
			return &Fault{Err: errors.New("connection refused"), Advice: "Check the address."}
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		status := g.Statuses()[0]
		if status.State != StateFailing || status.LastError != "connection refused" || status.Advice != "Check the address." {
			t.Errorf("status %+v", status)
		}
		for i := 1; i < len(starts); i++ {
			high := min(time.Second<<(i-1), 5*time.Minute)
			if pause := starts[i].Sub(starts[i-1]); pause < high/2 || pause > high {
				t.Errorf("pause %d is %s, want %s to %s", i, pause, high/2, high)
			}
		}
		if len(starts) < 15 || len(starts) > 40 {
			t.Errorf("%d starts in an hour", len(starts))
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if state := g.Statuses()[0].State; state != StateStopped {
			t.Errorf("state %s at the end", state)
		}
	})
}

func TestSuccessResetsTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var starts []time.Time
		_, cancel, done := supervised(t, func(_ context.Context, sink Sink) error {
			starts = append(starts, time.Now())
			if len(starts) > 5 {
				Healthy(sink)
			}
			return errors.New("cut")
		})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		cancel()
		<-done
		for i := 7; i < len(starts); i++ {
			if pause := starts[i].Sub(starts[i-1]); pause > time.Second {
				t.Errorf("pause %d is %s although the channel had succeeded before", i, pause)
			}
		}
	})
}

func TestRefusedCredentialsAreRetriedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := 0
		g, cancel, done := supervised(t, func(context.Context, Sink) error {
			starts++
			return &Fault{Err: errors.New("wrong password"), Unauthorised: true}
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		if starts > 25 {
			t.Errorf("%d attempts in an hour can lock an account", starts)
		}
		if state := g.Statuses()[0].State; state != StateUnauthorised {
			t.Errorf("state %s", state)
		}
		cancel()
		<-done
	})
}

func TestPanicOnlyFailsOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := 0
		g, cancel, done := supervised(t, func(ctx context.Context, sink Sink) error {
			if starts++; starts == 1 {
				panic("nil map")
			}
			Healthy(sink)
			<-ctx.Done()
			return nil
		})
		synctest.Wait()
		if status := g.Statuses()[0]; status.State != StateFailing || status.LastError != "panic: nil map" {
			t.Errorf("status after the panic %+v", status)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if status := g.Statuses()[0]; status.State != StateRunning || status.LastError != "" || status.LastSuccess.IsZero() {
			t.Errorf("status after the restart %+v", status)
		}
		cancel()
		<-done
	})
}

func TestUnexpectedReturnIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, cancel, done := supervised(t, func(context.Context, Sink) error { return nil })
		synctest.Wait()
		if status := g.Statuses()[0]; status.State != StateFailing || status.LastError != errEnded.Error() {
			t.Errorf("status %+v", status)
		}
		cancel()
		<-done
	})
}

func TestFailingWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		again := make(chan struct{})
		g, cancel, done := supervised(t, func(ctx context.Context, sink Sink) error {
			Failing(sink, errors.New("one folder is missing"))
			<-again
			if _, err := sink.Accept(ctx, desk.Raw{}); err != nil {
				return err
			}
			<-ctx.Done()
			return nil
		})
		synctest.Wait()
		if state := g.Statuses()[0].State; state != StateFailing {
			t.Errorf("state %s", state)
		}
		close(again)
		synctest.Wait()
		if state := g.Statuses()[0].State; state != StateRunning {
			t.Errorf("state %s after a mail was accepted", state)
		}
		cancel()
		<-done
	})
}
