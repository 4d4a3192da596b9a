package search

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
)

// Set adds the condition key:value to the filter. It returns the reason if it
// cannot, or "".
func (f *Filter) Set(key, value string) string {
	set, ok := keys[key]
	switch {
	case !ok:
		return fmt.Sprintf("unknown term %q; put it in quotes to search for the text, or use one of %s", key+":", keyNames)
	case value == "":
		return fmt.Sprintf("%s: needs a value", key)
	case strings.ContainsFunc(value, unicode.IsControl) || !utf8.ValidString(value):
		return "control characters are not allowed"
	}
	return set(f, value)
}

const keyNames = "from:, with:, account:, segment:, is:, has:, assignee:, tier:, inbox:, channel:, tag:, priority:, sla:, after:, before:, sort:"

var keys = map[string]func(*Filter, string) string{
	"from":     func(f *Filter, v string) string { f.From = append(f.From, strings.ToLower(v)); return "" },
	"with":     func(f *Filter, v string) string { f.With = append(f.With, strings.ToLower(v)); return "" },
	"segment":  func(f *Filter, v string) string { f.Segments = append(f.Segments, v); return "" },
	"account":  func(f *Filter, v string) string { f.Accounts = append(f.Accounts, v); return "" },
	"inbox":    func(f *Filter, v string) string { f.Inboxes = append(f.Inboxes, v); return "" },
	"tag":      func(f *Filter, v string) string { f.Tags = append(f.Tags, v); return "" },
	"is":       (*Filter).setIs,
	"assignee": (*Filter).setAssignee,
	"tier":     (*Filter).setTier,
	"channel":  (*Filter).setChannel,
	"sla":      (*Filter).setSLA,
	"has":      (*Filter).setHas,
	"priority": (*Filter).setPriority,
	"after":    func(f *Filter, v string) string { return add("after", v, &f.After) },
	"before":   func(f *Filter, v string) string { return add("before", v, &f.Before) },
}

func (f *Filter) setIs(v string) string {
	switch s := desk.Status(v); s {
	case desk.StatusOpen, desk.StatusPending, desk.StatusSnoozed, desk.StatusResolved, desk.StatusClosed:
		f.Statuses = append(f.Statuses, s)
	case "unassigned":
		f.Unassigned = true
	case "breached":
		f.Breached = true
	case "breaching":
		f.Breaching = true
	case "gap":
		f.Gap = true
	case "swarming":
		f.Swarming = true
	case "unread":
		f.Unread = true
	case "waiting":
		f.Waiting = true
	default:
		return fmt.Sprintf("is: must be open, pending, snoozed, resolved, closed, unassigned, unread, waiting, breached, breaching, gap or swarming, not %q", v)
	}
	return ""
}

// setSLA reads a time until the next deadline: <1h, or >2d.
func (f *Filter) setSLA(v string) string {
	d, err := duration(strings.TrimLeft(v, "<>="))
	switch {
	case err != nil || d <= 0 || v == "":
		return fmt.Sprintf("sla: must be a time until the next deadline, such as <30m, <1h or >2d, not %q", v)
	case strings.HasPrefix(v, "<"):
		f.DueWithin = d
	case strings.HasPrefix(v, ">"):
		f.DueAfter = d
	default:
		return fmt.Sprintf("sla: needs < or > before the time: sla:<%s", v)
	}
	return ""
}

func (f *Filter) setAssignee(v string) string {
	var a Assignee
	switch {
	case v == "me":
		a.Me = true
	case v == "none":
		a.None = true
	case address(v):
		a.Email = strings.ToLower(v)
	case strings.HasPrefix(v, "@") && len(v) > 1:
		a.Name = strings.ToLower(v[1:])
	default:
		id, err := desk.ParseID[desk.AgentID](v)
		if err != nil {
			return fmt.Sprintf("assignee: must be me, none, @name, or an agent's whole address or ID, not %q", v)
		}
		a.ID = id
	}
	f.Assignees = append(f.Assignees, a)
	return ""
}

func (f *Filter) setTier(v string) string {
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return fmt.Sprintf("tier: must be a number, not %q", v)
	}
	f.Tiers = append(f.Tiers, desk.Tier(n))
	return ""
}

func (f *Filter) setChannel(v string) string {
	switch c := desk.Channel(v); c {
	case desk.ChannelEmail, desk.ChannelChat, desk.ChannelForm:
		f.Channels = append(f.Channels, c)
	default:
		return fmt.Sprintf("channel: must be email, chat or form, not %q", v)
	}
	return ""
}

func (f *Filter) setHas(v string) string {
	switch p := Part(strings.ToLower(v)); p {
	case HasAttachment, HasNote, HasTask:
		f.Has = append(f.Has, p)
	default:
		return fmt.Sprintf("has: must be attachment, note or task, not %q", v)
	}
	return ""
}

func (f *Filter) setPriority(v string) string {
	switch p := desk.Priority(v); p {
	case desk.PriorityLow, desk.PriorityNormal, desk.PriorityHigh, desk.PriorityUrgent:
		f.Priorities = append(f.Priorities, p)
	default:
		return fmt.Sprintf("priority: must be low, normal, high or urgent, not %q", v)
	}
	return ""
}

func add(key, v string, list *[]Moment) string {
	m, reason := moment(key, v)
	if reason == "" {
		*list = append(*list, m)
	}
	return reason
}
