package store

import "sync"

// gathering collects what several goroutines want to have done at about the same time, so
// that one transaction does it for all of them. It waits for nothing: what comes during one
// transaction is the next one.
type gathering[T any] struct {
	mu      sync.Mutex
	waiting []T
	running bool
}

// add adds one. If it returns true, the caller has to start what takes them.
func (g *gathering[T]) add(v T) (start bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, v)
	start = !g.running
	g.running = true
	return start
}

// take returns those that fit together, in the order in which they came; the first one has
// to fit. If none waits, the next add has to start again.
func (g *gathering[T]) take(fits func(v T) bool) (batch []T) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var left []T
	for _, v := range g.waiting {
		if fits(v) {
			batch = append(batch, v)
		} else {
			left = append(left, v)
		}
	}
	g.waiting = left
	g.running = len(batch) > 0
	return batch
}
