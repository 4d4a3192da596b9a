package mailbox

import (
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// lateWait is how long the data of a message may take to pass from the library, which
// has already received it.
const lateWait = 500 * time.Millisecond

// late collects responses about messages that the library has already matched with a
// FETCH command. It takes the first response about a message as the answer, but a server
// may report changed flags first and send the data in another response (RFC 9051 section
// 7.5.2).
type late struct {
	mu      sync.Mutex
	arrived chan struct{} // receives when something was added
	found   map[imap.UID]fetched
	content bool // the command asks for content
}

func (l *late) begin(content bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found, l.arrived, l.content = map[imap.UID]fetched{}, make(chan struct{}, 1), content
}

func (l *late) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found = nil
}

// whole reports whether a response has what the command asks for.
func (l *late) whole(m fetched) bool { return l.content && m.answered || !l.content && m.sized }

// add is called by the library, in a goroutine of its own.
func (s *session) add(message *imapclient.FetchMessageData) {
	uid, m, err := s.one(message)
	l := &s.late
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || l.found == nil || !l.whole(m) {
		return
	}
	l.found[uid] = m
	select {
	case l.arrived <- struct{}{}:
	default:
	}
}

// complete replaces those of a command's results that are not whole.
func (l *late) complete(result map[imap.UID]fetched) {
	timeout := time.NewTimer(lateWait)
	defer timeout.Stop()
	for {
		waiting := false
		l.mu.Lock()
		for uid, m := range result {
			if l.whole(m) {
				continue
			}
			if m, ok := l.found[uid]; ok { // whatever came first
				result[uid] = result[uid].merge(m)
			} else {
				waiting = true
			}
		}
		l.mu.Unlock()
		if !waiting {
			return
		}
		select {
		case <-l.arrived:
		case <-timeout.C:
			return
		}
	}
}
