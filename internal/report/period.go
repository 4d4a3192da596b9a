package report

import (
	"slices"
	"strings"
	"time"

	"switchboard/router/sla"
)

// Period is a time that moves with the days.
type Period struct {
	Name string
	span func(today sla.Date) (from, to, before, until sla.Date)
}

// Periods are all of them. Today is the last day of those that are not over.
var Periods = []Period{
	{"last_7_days", lastDays(7)}, {"last_30_days", lastDays(30)}, {"last_90_days", lastDays(90)},
	{"this_month", whole(1, 0)}, {"last_month", whole(1, -1)}, {"this_quarter", whole(3, 0)}, {"last_quarter", whole(3, -1)},
}

// PeriodNames are the names of Periods.
func PeriodNames() (names []string) {
	for _, p := range Periods {
		names = append(names, p.Name)
	}
	return names
}

// FindPeriod returns a period by its name.
func FindPeriod(name string) (Period, error) {
	if i := slices.IndexFunc(Periods, func(p Period) bool { return p.Name == name }); i >= 0 {
		return Periods[i], nil
	}
	return Period{}, unknown("query.period", "period", name, PeriodNames())
}

// Span is a time from an instant to another one.
type Span struct{ From, To time.Time }

// Spans returns the period at an instant, by the calendar of a zone, and the one before,
// with which it is compared: of a period that is not over, as many of its days.
func (p Period) Spans(now time.Time, loc *time.Location) (current, previous Span) {
	from, to, before, until := p.span(sla.WallTimeOf(now.In(loc)).Date)
	begin := func(d sla.Date) time.Time { return sla.WallTime{Date: d}.In(loc).UTC() }
	return Span{begin(from), begin(to)}, Span{begin(before), begin(until)}
}

func lastDays(n int) func(sla.Date) (from, to, before, until sla.Date) {
	return func(today sla.Date) (from, to, before, until sla.Date) {
		end := today.Number() + 1
		return sla.DateOf(end - n), sla.DateOf(end), sla.DateOf(end - 2*n), sla.DateOf(end - n)
	}
}

// whole is a calendar month, or a quarter of three, that is so many of them from the present one.
func whole(months, offset int) func(sla.Date) (from, to, before, until sla.Date) {
	return func(today sla.Date) (from, to, before, until sla.Date) {
		first := today
		first.Day, first.Month = 1, time.Month((int(today.Month)-1)/months*months+1)
		at := func(n int) sla.Date {
			m := int(first.Month) - 1 + n*months
			year, month := first.Year, m
			for ; month < 0; month += 12 {
				year--
			}
			for ; month >= 12; month -= 12 {
				year++
			}
			return sla.Date{Year: year, Month: time.Month(month + 1), Day: 1}
		}
		from, to, before, until = at(offset), at(offset+1), at(offset-1), at(offset)
		if offset == 0 {
			to = sla.DateOf(today.Number() + 1)
			until = sla.DateOf(min(before.Number()+to.Number()-from.Number(), from.Number()))
		}
		return from, to, before, until
	}
}

// period takes the times of a request from its period.
func (r *Request) period(now time.Time, loc *time.Location) (Span, error) {
	p, err := FindPeriod(r.Period)
	switch {
	case err != nil:
		return Span{}, err
	case r.From != "" || r.To != "":
		return Span{}, &Error{"query.period", "leave from and to out: the period says it", r.Period}
	}
	current, previous := p.Spans(now, loc)
	if r.Previous {
		return previous, nil
	}
	return current, nil
}

// Groups reports whether a measure can be grouped so; the empty text is what is usual for it.
func (m *Measure) Groups(by string) bool {
	return by == "" || !m.Fixed && (m.Only == nil || slices.Contains(m.Only, by)) && slices.Contains(Groupings, by)
}

// Title is what people call a measure.
func (m *Measure) Title() string {
	if title, ok := titles[m.Name]; ok {
		return title
	}
	return strings.ReplaceAll(m.Name, "_", " ")
}

// titles are those of the console.
var titles = map[string]string{
	"load": "New conversations", "first_response": "First reply", "mttr": "Time to resolution", "sla_adherence": "SLA adherence", "csat": "Satisfaction",
	"fcr": "Resolved at first contact", "next_response": "Next reply", "mtta": "Time to acknowledge", "routing_delay": "Wait for an assignee",
	"resolution_by_tier": "Resolution by tier", "time_in_tier": "Time in tier", "waiting": "Who is waited for", "handoffs": "Handoffs per conversation",
	"reassignments": "Reassignments", "returned": "Returned handoffs", "gaps": "Gaps", "effort": "Ease", "quality": "Quality of answers", "deflection": "Helped by articles",
	"volume": "Volume by channel", "topics": "Topics", "flow": "Flow between inboxes",
}
