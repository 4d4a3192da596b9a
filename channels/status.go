package channels

import "time"

// Status is what the console and the doctor show of a channel.
type Status struct {
	Name        string    `json:"name"`
	State       State     `json:"state"`
	Since       time.Time `json:"since"`                 // when State was entered
	LastSuccess time.Time `json:"last_success,omitzero"` // zero if there was none
	LastItem    time.Time `json:"last_item,omitzero"`    // when this process last took something in; zero if it has not
	LastError   string    `json:"last_error,omitempty"`  // of the present trouble; when running, of what hampers it: mostly empty
	Advice      string    `json:"advice,omitempty"`      // what a person can do about LastError; may be empty
	Progress    *Progress `json:"progress,omitempty"`    // nil: nothing has piled up
	// Every is how often at least a sound channel reports a success; 0: only when
	// something arrives.
	Every time.Duration `json:"-"`
}

// Progress tells how far a channel is with a backlog.
type Progress struct {
	Done  int64   `json:"done"`
	Total int64   `json:"total"`
	Rate  float64 `json:"rate"` // per second, since the backlog was found
	ETA   float64 `json:"eta"`  // seconds to go; 0 when that cannot be told yet
}

// Periodic is a Channel that does its work again and again even when nothing
// arrives, so that its silence means something.
type Periodic interface {
	Every() time.Duration
}

// Alarm reports whether a person should look: the channel has been failing, or
// has been silent, for longer than patience. The reason is a sentence for the log.
func (s Status) Alarm(now time.Time, patience time.Duration) (reason string, alarm bool) {
	switch s.State {
	case StateStarting, StateFailing, StateUnauthorised:
		if now.Sub(s.Since) > patience {
			return "it has been " + string(s.State) + " since " + s.Since.UTC().Format(time.RFC3339), true
		}
	case StateRunning:
		if s.Every > 0 && now.Sub(s.LastSuccess) > s.Every+patience {
			return "it has been silent since " + s.LastSuccess.UTC().Format(time.RFC3339), true
		}
	}
	return "", false
}
