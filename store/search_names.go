package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"switchboard/desk"
	"switchboard/internal/search"
)

// names are the inboxes and agents that filters name.
type names struct {
	inbox, agent map[string]uuid.UUID // by key, by address
	titles       map[string]string    // the names of agents in lower case, by address
	tiers        []string
}

// names resolves what filters name. A name of nothing is an error that lists what
// there is.
func (s *Store) names(ctx context.Context, filters []search.Filter) (names, error) {
	n := names{inbox: map[string]uuid.UUID{}, agent: map[string]uuid.UUID{}, titles: map[string]string{}}
	named := 0
	for i := range filters {
		filters[i].Each(func(f *search.Filter) { named += len(f.Inboxes) + len(f.Assignees) + len(f.Tiers) })
	}
	if named == 0 {
		return n, nil
	}
	var rows []struct {
		Kind, Name, Title string
		ID                uuid.NullUUID
	}
	if err := s.q.search.Names.SelectContext(ctx, &rows); err != nil {
		return n, wrap("read names", err)
	}
	for _, r := range rows {
		switch r.Kind {
		case "inbox":
			n.inbox[r.Name] = r.ID.UUID
		case "assignee":
			n.agent[r.Name], n.titles[r.Name] = r.ID.UUID, r.Title
		case "tier":
			n.tiers = append(n.tiers, r.Name)
		}
	}
	var unknown search.UnknownNames
	for i := range filters {
		filters[i].Each(func(f *search.Filter) { unknown = append(unknown, n.unknown(f)...) })
	}
	if len(unknown) > 0 {
		return n, &desk.Error{Op: "search", Kind: desk.KindInvalid, Err: unknown}
	}
	return n, nil
}

// unknown lists the names in a filter that are names of nothing.
func (n names) unknown(f *search.Filter) (list search.UnknownNames) {
	for _, key := range f.Inboxes {
		if _, ok := n.inbox[key]; !ok {
			list = append(list, search.Unknown{Key: "inbox", Value: key, Reason: fmt.Sprintf("there is no inbox %q; %s", key, known("inboxes", n.inbox, key))})
		}
	}
	for _, a := range f.Assignees {
		if a.Name != "" {
			if len(n.called(a.Name)) == 0 {
				list = append(list, search.Unknown{Key: "assignee", Value: "@" + a.Name, Reason: fmt.Sprintf("no agent is called %q; %s", a.Name, known("agents", n.agent, a.Name))})
			}
		} else if a.Email != "" {
			if _, ok := n.agent[a.Email]; !ok {
				list = append(list, search.Unknown{Key: "assignee", Value: a.Email, Reason: fmt.Sprintf("no agent has the address %q; %s", a.Email, known("agents", n.agent, a.Email))})
			}
		} else if !a.ID.IsZero() && !contained(n.agent, uuid.UUID(a.ID)) {
			list = append(list, search.Unknown{Key: "assignee", Value: a.ID.String(), Reason: fmt.Sprintf("no agent has the ID %s", a.ID)})
		}
	}
	for _, t := range f.Tiers {
		if text := fmt.Sprint(int(t)); !slices.Contains(n.tiers, text) {
			list = append(list, search.Unknown{Key: "tier", Value: text, Reason: fmt.Sprintf("there is no tier %s; the tiers are %s", text, strings.Join(n.tiers, ", "))})
		}
	}
	return list
}

// called returns the agents with a name of which a word begins with prefix, or whose
// address does.
func (n names) called(prefix string) (list []desk.AgentID) {
	for address, id := range n.agent {
		if strings.HasPrefix(address, prefix) || strings.HasPrefix(n.titles[address], prefix) || strings.Contains(n.titles[address], " "+prefix) {
			list = append(list, desk.AgentID(id))
		}
	}
	return list
}

func contained(ids map[string]uuid.UUID, id uuid.UUID) bool {
	for _, v := range ids {
		if v == id {
			return true
		}
	}
	return false
}

// known lists up to five names, those first that begin as wrong does.
func known(what string, have map[string]uuid.UUID, wrong string) string {
	const most = 5
	list := make([]string, 0, len(have))
	for name := range have {
		list = append(list, name)
	}
	if len(list) == 0 {
		return "there are no " + what
	}
	common := func(s string) (n int) {
		for n < min(len(s), len(wrong)) && strings.EqualFold(s[n:n+1], wrong[n:n+1]) {
			n++
		}
		return n
	}
	slices.SortFunc(list, func(a, b string) int {
		if d := common(b) - common(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	more := ""
	if len(list) > most {
		list, more = list[:most], ", ..."
	}
	return "the " + what + " are " + strings.Join(list, ", ") + more
}

func (n names) inboxes(keys []string) (list []desk.InboxID) {
	for _, k := range keys {
		list = append(list, desk.InboxID(n.inbox[k]))
	}
	return list
}

// agents returns the agents among assignees, and whether none is among them.
func (n names) agents(list []search.Assignee, me desk.AgentID) (agents []desk.AgentID, none bool) {
	for _, a := range list {
		switch {
		case a.None:
			none = true
		case a.Me:
			agents = append(agents, me)
		case a.Name != "":
			agents = append(agents, n.called(a.Name)...)
		case a.Email != "":
			agents = append(agents, desk.AgentID(n.agent[a.Email]))
		default:
			agents = append(agents, a.ID)
		}
	}
	return agents, none
}
