// Package ratelimit bounds how many requests an API key makes in a minute, and tells the client how many are left
// (draft-ietf-httpapi-ratelimit-headers-10). The console's sessions have no such limit. Each node counts for itself.
package ratelimit

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/api/auth"
	"switchboard/api/problem"
)

// Window is the time in which requests are counted. All windows begin with a minute of the clock.
const Window = time.Minute

// Limiter counts requests.
type Limiter struct {
	quota int
	now   func() time.Time

	mu    sync.Mutex
	began time.Time
	used  map[[sha256.Size]byte]int // by the digest of the key
}

// New returns a limiter of quota requests per key and window; 0: no limit.
func New(quota int) *Limiter { return &Limiter{quota: quota, now: time.Now} }

// Take counts a request. It returns how many are left in this window, negative if this one is too
// many, and when the next window begins.
func (l *Limiter) Take(key string) (left int, next time.Duration) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if began := now.Truncate(Window); l.used == nil || !began.Equal(l.began) {
		l.began, l.used = began, map[[sha256.Size]byte]int{}
	}
	digest := sha256.Sum256([]byte(key))
	l.used[digest]++
	return l.quota - l.used[digest], l.began.Add(Window).Sub(now)
}

// Middleware is a huma middleware for authenticated requests. It answers 429 to those that are too many.
func (l *Limiter) Middleware(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if l.quota == 0 || r.Header.Get("Authorization") == "" || auth.AgentOf(ctx.Context()).ID.IsZero() {
		next(ctx)
		return
	}
	left, until := l.Take(auth.Credential(r))
	seconds := int((until + time.Second - 1) / time.Second)
	w.Header().Set("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=%d`, l.quota, int(Window/time.Second)))
	w.Header().Set("RateLimit", fmt.Sprintf(`"key";r=%d;t=%d`, max(left, 0), seconds))
	if left < 0 {
		detail := fmt.Sprintf("this API key has made %d requests in this minute; go on in %d s", l.quota, seconds)
		problem.Write(w, r, problem.New(http.StatusTooManyRequests, detail).WithHeader("Retry-After", strconv.Itoa(seconds)))
		return
	}
	next(ctx)
}
