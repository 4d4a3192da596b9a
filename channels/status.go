package channels

import "time"

// Status is the state of a channel, as the console and the doctor command show it.
type Status struct {
	Name        string    `json:"name"`
	State       State     `json:"state"`
	Since       time.Time `json:"since"`                 // when State was entered
	LastSuccess time.Time `json:"last_success,omitzero"` // zero if there has been none
	LastItem    time.Time `json:"last_item,omitzero"`    // when this process last received something; zero if it has not
	LastError   string    `json:"last_error,omitempty"`  // the current problem; while running, what degrades the channel: usually empty
	Advice      string    `json:"advice,omitempty"`      // how to fix LastError; may be empty
	Progress    *Progress `json:"progress,omitempty"`    // nil if there is no backlog
	// Every is the longest time between two successes of a working channel; 0 if it
	// reports one only when something arrives.
	Every time.Duration `json:"-"`
}

// Progress is how far a channel has got with a backlog.
type Progress struct {
	Done  int64   `json:"done"`
	Total int64   `json:"total"`
	Rate  float64 `json:"rate"` // per second, since the backlog was found
	ETA   float64 `json:"eta"`  // estimated seconds left; 0 while there is no estimate
}

// Periodic is a Channel that reports a success at regular intervals even when
// nothing arrives, so that silence indicates a problem.
type Periodic interface {
	Every() time.Duration
}

// Alarm reports whether an operator should be alerted: the channel has been failing
// or silent for longer than patience. reason describes why, for the log.
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
