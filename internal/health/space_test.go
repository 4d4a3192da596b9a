package health

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/channels"
	"switchboard/desk"
)

// TestSpace follows a disk that fills up and is emptied again.
func TestSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var mu sync.Mutex // for what both this test and Run use
		free, restocked := int64(300<<20), 0
		var broken error
		set := func(octets int64, err error) {
			mu.Lock()
			defer mu.Unlock()
			free, broken = octets, err
		}
		s := &Space{Folder: "/data", Floor: 100 << 20, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Free: func() (int64, error) {
				mu.Lock()
				defer mu.Unlock()
				return free, broken
			},
			Restock: func(int64) error { restocked++; return errors.New("read-only") }}
		ctx, stop := context.WithCancel(t.Context())
		go s.Run(ctx) //nolint:errcheck // it ends with ctx
		step := func() (hint, fault error) {
			time.Sleep(spaceInterval)
			synctest.Wait()
			return s.Check(ctx, nil)
		}
		if hint, fault := step(); hint != nil || fault != nil || s.Err() != nil {
			t.Errorf("with enough space: %v, %v, %v", hint, fault, s.Err())
		}
		set(150<<20, nil)
		if hint, fault := step(); hint == nil || !strings.Contains(hint.Error(), "150 MiB left") || fault != nil || s.Err() != nil {
			t.Errorf("near the floor: %v, %v, %v", hint, fault, s.Err())
		}
		before := restocked
		set(99<<20, nil)
		_, fault := step()
		var full interface{ NoStorage() bool }
		if fault == nil || desk.KindOf(s.Err()) != desk.KindTemporary || !errors.As(s.Err(), &full) || !full.NoStorage() {
			t.Errorf("below the floor: %v, %v", fault, s.Err())
		}
		if advice, ok := errors.AsType[*channels.Fault](fault); !ok || !strings.Contains(advice.Advice, "/data") {
			t.Errorf("the fault %v has no advice", fault)
		}
		set(0, errors.New("no such disk"))
		if step(); s.Err() == nil {
			t.Error("the last result did not remain")
		}
		if restocked != before {
			t.Error("the reserve was filled on a full disk")
		}
		set(200<<20, nil)
		if step(); s.Err() != nil || s.FreeSpace() != 200<<20 {
			t.Errorf("after there is space again: %v", s.Err())
		}
		stop()
		if n := strings.Count(log.String(), "DiskReserveFailed"); n != 1 {
			t.Errorf("the reserve's failure was logged %d times, want once", n)
		}
	})
}
