// Package service says what customers of a segment can expect: what the live policy promises
// them, in words, and what was observed, as far as no single customer can be recognized. Pure.
package service

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
	"switchboard/router/sla"
)

// What is observed is shown if there are so many cases of so many accounts.
const (
	MinCases    = 20
	MinAccounts = 5
)

// Promise is what the policy promises for a part of the work.
type Promise struct {
	Name     string // of the tier, with inbox and channels where they differ; empty: everything
	Lines    []string
	Observed []Observed

	policy   string
	business bool
	tier     desk.Tier
	inbox    string         // empty: all of the tier
	channels []desk.Channel // nil: all
}

// Observed is what was observed of a metric.
type Observed struct {
	What     string // "First response"
	Median   string
	P90      string
	Kept     string // how many promises were kept, such as "96 %"; empty: too few cases
	Cases    string // "more than 120"
	Business bool
}

// Page is what a segment can expect.
type Page struct {
	Segment  string
	Promises []Promise
	Observed []Observed // of the whole segment
}

// For returns what a segment can expect. channels are those by which customers can write.
func For(p *router.Policy, segment string, channels []desk.Channel, counts []view.ServiceCount) Page {
	page := Page{Segment: segment}
	for _, t := range p.Tiers() {
		page.Promises = append(page.Promises, ofTier(p, segment, t, channels)...)
	}
	if len(page.Promises) == 1 {
		page.Promises[0].Name = ""
	}
	business := false
	for _, one := range page.Promises {
		business = business || one.business
	}
	page.Observed = observed(counts, business, func(c *view.ServiceCount) bool { return c.Segment == segment && c.Tier == nil })
	for i := range page.Promises {
		one := &page.Promises[i]
		if len(page.Promises) == 1 || one.inbox != "" || len(one.channels) > 1 {
			continue // the same as the whole segment, or not counted apart
		}
		one.Observed = observed(counts, one.business, func(c *view.ServiceCount) bool {
			return c.Segment == segment && c.Tier != nil && desk.Tier(*c.Tier) == one.tier && (one.channels == nil && c.Channel == "" || one.channels != nil && c.Channel == string(one.channels[0]))
		})
	}
	return page
}

// ofTier returns what a tier promises: for all of it, or for inboxes and channels where they differ.
func ofTier(p *router.Policy, segment string, t router.Tier, channels []desk.Channel) (list []Promise) {
	type cell struct {
		inbox   string
		channel desk.Channel
	}
	cells, all := map[cell]string{}, map[string]bool{} // names of SLA policies
	byInbox := false
	var inboxes []router.Inbox
	for _, in := range p.Inboxes() {
		if in.Tier != t.Tier {
			continue
		}
		inboxes = append(inboxes, in)
		for _, ch := range channels {
			policy, _ := p.Expected(segment, in, ch)
			cells[cell{in.Key, ch}], all[policy.Name] = policy.Name, true
			byInbox = byInbox || policy.Name != cells[cell{inboxes[0].Key, ch}]
		}
	}
	if len(all) == 1 {
		return promise(p, slices.Collect(maps.Keys(all))[0], t.Name, Promise{tier: t.Tier})
	}
	if !byInbox && len(inboxes) > 0 {
		inboxes = inboxes[:1]
	}
	for _, in := range inboxes {
		named := map[string][]desk.Channel{}
		var order []string
		for _, ch := range channels {
			name := cells[cell{in.Key, ch}]
			if named[name] == nil {
				order = append(order, name)
			}
			named[name] = append(named[name], ch)
		}
		for _, name := range order {
			one, title := Promise{tier: t.Tier, channels: named[name]}, t.Name
			if byInbox {
				one.inbox, title = in.Key, title+": "+in.Name
			}
			if len(order) > 1 {
				title += ", " + by(named[name])
			}
			list = append(list, promise(p, name, title, one)...)
		}
	}
	return list
}

// by says channels: "by mail and form".
func by(channels []desk.Channel) string {
	words := []string{}
	for _, c := range channels {
		words = append(words, map[desk.Channel]string{desk.ChannelEmail: "mail", desk.ChannelChat: "chat", desk.ChannelForm: "form"}[c])
	}
	return "by " + strings.Join(words, " and ")
}

// promise completes a promise; none if there is no such SLA policy.
func promise(p *router.Policy, name, title string, one Promise) []Promise {
	policy, ok := p.SLA(name)
	if !ok {
		return nil
	}
	calendar, ok := p.Calendar(policy.Calendar)
	if !ok {
		return nil
	}
	one.policy, one.Name, one.business, one.Lines = name, title, !calendar.Always, targets(policy, calendar)
	return []Promise{one}
}

// observed returns what was observed in the counts that are chosen.
func observed(counts []view.ServiceCount, business bool, chosen func(*view.ServiceCount) bool) (list []Observed) {
	for _, m := range []struct {
		what, kind string
		metric     sla.Metric
	}{{"First response", "first_response", sla.FirstResponse}, {"Solution", "resolution", sla.Resolution}} {
		o := Observed{What: m.what, Business: business}
		for i := range counts {
			c := &counts[i]
			if !chosen(c) || c.N < MinCases || c.Accounts < MinAccounts {
				continue
			}
			switch {
			case c.Kind == m.kind:
				half, most := c.P50, c.P90
				if business {
					half, most = c.Business50, c.Business90
				}
				o.Median, o.P90, o.Cases = Span(Rounded(half), business), Span(Rounded(most), business), about(c.N)
			case c.Kind == "clock" && c.Detail == string(m.metric):
				o.Kept = fmt.Sprintf("%.0f %%", math.Floor(100*float64(c.Met)/float64(c.N)))
			}
		}
		if o.Cases != "" {
			list = append(list, o)
		}
	}
	return list
}

// about says a number of cases in tens, so that no single one can be calculated.
func about(n int64) string {
	if n%10 == 0 {
		n--
	}
	return fmt.Sprintf("more than %d", n/10*10)
}

// Period returns the 30 days before an instant.
func Period(now time.Time) (from, to time.Time) {
	to = now.UTC()
	return to.AddDate(0, 0, -30), to
}
