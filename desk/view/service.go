package view

// ServiceCount is what was observed of a segment in a time: of all its conversations, those in
// a tier, or those in a tier that came by a channel.
type ServiceCount struct {
	Segment                string
	Tier                   *int   // desk.Tier; nil: all
	Channel                string // empty: all
	Kind                   string // first_response, resolution or clock
	Detail                 string // of clocks: the metric
	N                      int64
	Accounts               int64   // how many there are different ones
	Met                    int64   // of clocks: in time
	P50, P90               float64 // seconds
	Business50, Business90 float64 // the same in business time
}
