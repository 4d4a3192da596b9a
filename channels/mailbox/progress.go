package mailbox

import (
	"sync"
	"time"

	"switchboard/channels"
)

// backlog counts the messages waiting in the folders of a mailbox. A few messages are
// not reported as a backlog.
type backlog struct {
	mu    sync.Mutex
	tell  func(*channels.Progress)
	began time.Time
	done  int
	left  map[string]int // by folder
}

func newBacklog(tell func(*channels.Progress)) *backlog {
	return &backlog{tell: tell, left: map[string]int{}}
}

// found records how many messages a search found in a folder.
func (p *backlog) found(folder string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, known := p.left[folder]
	switch {
	case n == 0 && known:
		delete(p.left, folder)
		if len(p.left) == 0 {
			p.tell(nil)
			return
		}
	case n > batchUIDs || known:
		if len(p.left) == 0 {
			p.began, p.done = time.Now(), 0
		}
		p.left[folder] = n
	default:
		return
	}
	p.tell(p.progress())
}

// took records that messages of a folder were journaled.
func (p *backlog) took(folder string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left, known := p.left[folder]
	if !known {
		return
	}
	p.left[folder] = max(0, left-n)
	p.done += n
	p.tell(p.progress())
}

// progress returns the progress of all folders together; the caller holds p.mu.
func (p *backlog) progress() *channels.Progress {
	left := 0
	for _, n := range p.left {
		left += n
	}
	out := &channels.Progress{Done: int64(p.done), Total: int64(p.done + left)}
	if spent := time.Since(p.began).Seconds(); spent > 0 && p.done > 0 {
		out.Rate = float64(p.done) / spent
		out.ETA = float64(left) / out.Rate
	}
	return out
}
