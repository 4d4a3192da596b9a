package main

import (
	"fmt"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"switchboard/bench/proc"
)

const (
	idleSockets = 10_000
	idleDialers = 50
	// settled is how long the program has to release the memory used for opening.
	settled = 15 * time.Second
)

// idle opens many chats in which no one writes, and measures the memory of each.
func (r *run) idle() {
	r.must(raiseFiles(idleSockets + 500))
	s := r.serve(chatConfig)
	s.visitors(50) // warm up
	<-time.After(settled)
	before, _, err := proc.Memory(s.pid)
	r.must(err)
	conns := make([]*websocket.Conn, idleSockets)
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	begin := time.Now()
	var group errgroup.Group
	group.SetLimit(idleDialers)
	for i := range conns {
		group.Go(func() (err error) {
			conns[i], err = r.open("ws://" + s.http + "/chat?widget=wk_bench")
			return err
		})
	}
	r.must(group.Wait())
	opened := time.Since(begin)
	program0, database0 := s.used()
	<-time.After(settled)
	program, database := s.used()
	after, peak, err := proc.Memory(s.pid)
	r.must(err)
	each := float64(after-before) / 1024 / idleSockets
	r.table.Add(fmt.Sprintf("%d idle chat sockets: memory each", idleSockets), fmt.Sprintf("%.1f KiB", each)).Measure(each).Want("≤ 26 KiB", each <= 26)
	r.table.Add("  idle sockets: program before, after, peak", fmt.Sprintf("%d, %d, %d MiB", before>>20, after>>20, peak>>20)).Measure(float64(after))
	r.table.Add("  idle sockets: opened per second", fmt.Sprintf("%.0f/s", idleSockets/opened.Seconds())).Measure(idleSockets / opened.Seconds())
	busy := func(d time.Duration) float64 { return 100 * d.Seconds() / settled.Seconds() }
	r.table.Add("  idle sockets: share of a core, program, database", fmt.Sprintf("%.1f %%, %.1f %%", busy(program-program0), busy(database-database0))).
		Measure(busy(program - program0 + database - database0))
}

// open connects a visitor who sends a hello and then only answers pings.
func (r *run) open(url string) (*websocket.Conn, error) {
	conn, _, err := websocket.DefaultDialer.DialContext(r.Context(), url, nil)
	if err != nil {
		return nil, err
	}
	if err := conn.WriteJSON(map[string]string{"type": "hello"}); err != nil {
		return conn, err
	}
	var welcome struct{ Type string }
	if err := conn.ReadJSON(&welcome); err != nil || welcome.Type != "welcome" {
		return conn, fmt.Errorf("hello was answered with %q: %w", welcome.Type, err)
	}
	go func() {
		for {
			if _, _, err := conn.NextReader(); err != nil {
				return
			}
		}
	}()
	return conn, nil
}

// raiseFiles allows this process and the programs it starts n open files.
func raiseFiles(n uint64) error {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &now); err != nil {
		return err
	}
	if now.Cur >= n {
		return nil
	}
	want := syscall.Rlimit{Cur: n, Max: max(n, now.Max)} // only root may raise Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &want); err != nil {
		return fmt.Errorf("%d open files are needed and %d allowed: raise the limit (ulimit -n): %w", n, now.Max, err)
	}
	return nil
}
