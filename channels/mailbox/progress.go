package mailbox

import (
	"sync"
	"time"

	"switchboard/channels"
)

// pile counts what waits in the folders of a mailbox. A few mails are no backlog
// and are not told of.
type pile struct {
	mu    sync.Mutex
	tell  func(*channels.Progress)
	began time.Time
	done  int
	left  map[string]int // by folder
}

func newPile(tell func(*channels.Progress)) *pile {
	return &pile{tell: tell, left: map[string]int{}}
}

// found tells how many mails a search has found in a folder.
func (p *pile) found(folder string, n int) {
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

// took tells that mails of a folder were dealt with.
func (p *pile) took(folder string, n int) {
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

func (p *pile) progress() *channels.Progress {
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
