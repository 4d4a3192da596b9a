package autoreply

import (
	"fmt"
	"time"
)

// The circuit breaker stops all automatic mail for a while when much more is sent than
// usual: whatever the other rules have missed, there is an end to it.
const (
	// BreakerWindow is the time in which the mails of now are counted.
	BreakerWindow = 10 * time.Minute
	// BreakerNormal is the time from which the usual number is taken.
	BreakerNormal = 7 * 24 * time.Hour
	// BreakerPause is how long automatic mail is stopped.
	BreakerPause = 30 * time.Minute

	breakerLeast  = 60 // in the window: fewer never stop it
	breakerFactor = 10
)

// Traffic is how much automatic mail was sent.
type Traffic struct {
	Recent int // within BreakerWindow
	Normal int // within BreakerNormal before that
}

// Most returns how many mails may be sent in a window.
func (t Traffic) Most() int {
	usual := float64(t.Normal) * float64(BreakerWindow) / float64(BreakerNormal)
	return max(breakerLeast, int(usual*breakerFactor))
}

// Trips returns why one more mail would be too many; "" if it would not.
func (t Traffic) Trips() string {
	if t.Recent < t.Most() {
		return ""
	}
	return fmt.Sprintf("%d automatic mails to customers were sent within %s; at most %d are normal", t.Recent, duration(BreakerWindow), t.Most())
}
