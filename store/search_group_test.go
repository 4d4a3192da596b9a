package store_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
)

// atoms are queries with one term each.
var atoms = []string{"lamp", `"second plug"`, "from:acme", "from:bo@elm.example", "account:elm", "is:open", "is:pending", "is:unread", "is:waiting", "is:unassigned",
	"tag:broken", "tag:late", "priority:high", "inbox:billing", "tier:1", "assignee:root@desk.example", "assignee:@root", "has:attachment", "has:note", "after:2d", "before:2d",
	"after:2020-02-29", "before:today", "with:jo", "with:root", "with:me", "is:breached", "sla:>1h", "#3", "channel:email", "segment:gold"}

// TestSearchCombines: what a query with operators finds is the union, intersection and
// complement of what its terms find.
func TestSearchCombines(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	root := desk.Agent{Name: "Root", Email: "root@desk.example", Admin: true}
	var err error
	if root.ID, err = p.store.SaveAgent(t.Context(), root, ""); err != nil {
		t.Fatal(err)
	}
	all := manyLetters(t, p, root)
	sets := map[string][]string{}
	for _, q := range atoms {
		sets[q] = found(t, p.store, root, q)
		if len(sets[q]) == 0 || len(sets[q]) == len(all) {
			if q != "channel:email" && q != "after:2020-02-29" && q != "account:elm" {
				t.Errorf("%s finds %d of %d conversations", q, len(sets[q]), len(all))
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 7))
	for range 150 {
		q, want := combine(r, sets, all, 3)
		if strings.Count(q, " ") > 60 {
			continue
		}
		if got := found(t, p.store, root, q); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", q, got, want)
		}
	}
	// Without operators, terms with the same key are alternatives.
	if got := found(t, p.store, root, "is:open is:pending -lamp"); !slices.Equal(got, minus(union(sets["is:open"], sets["is:pending"]), sets["lamp"])) {
		t.Errorf("found %v", got)
	}
}

// combine makes a random query and what it finds.
func combine(r *rand.Rand, sets map[string][]string, all []string, depth int) (string, []string) {
	if depth == 0 || r.IntN(4) == 0 {
		q := atoms[r.IntN(len(atoms))]
		return q, sets[q]
	}
	a, as := combine(r, sets, all, depth-1)
	b, bs := combine(r, sets, all, depth-1)
	switch r.IntN(4) {
	case 0:
		return "(" + a + " or " + b + ")", union(as, bs)
	case 1:
		return "-(" + a + ")", minus(all, as)
	case 2:
		return "(" + a + ") -(" + b + ")", minus(as, bs)
	}
	return "((" + a + ") (" + b + "))", minus(as, minus(all, bs))
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

func minus(a, b []string) (out []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// manyLetters makes conversations that differ in everything that can be searched for, and
// returns their subjects.
func manyLetters(t *testing.T, p *pipeline, root desk.Agent) (subjects []string) {
	t.Helper()
	var mails []desk.Raw
	for i := range 24 {
		subject := "Letter" + strconv.Itoa(100+i)
		subjects = append(subjects, subject)
		from, body := "Jo <jo"+strconv.Itoa(i)+"@acme.example>", "Look at the lamp, and at the second plug."
		if i%2 == 0 {
			body = "The second one has no plug."
		}
		if i%3 == 0 {
			from = "Bo <bo@elm.example>"
		}
		m := plainMail(i+1, from, subject, body)
		if i%4 == 1 {
			m.Bytes = []byte(strings.Replace(strings.Replace(string(m.Bytes), "text/plain; charset=utf-8\r\n\r\n", "multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n", 1),
				body, body+"\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nx\r\n--b--", 1))
		}
		mails = append(mails, m)
	}
	p.accept(mails...)
	p.settled()
	work := agent.New(p.store, agent.Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }})
	list, err := p.store.Conversations(t.Context(), root, nil, view.SortOldest, view.Position{}, 100)
	if err != nil || len(list) != 24 {
		t.Fatal(len(list), err)
	}
	slices.SortFunc(list, func(a, b view.Conversation) int { return strings.Compare(a.Subject, b.Subject) })
	for i, c := range list {
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		if i%2 == 0 {
			must(p.db.Exec("update conversations set tags = tags || '{broken}' where id = $1", uuid.UUID(c.ID).String()))
		}
		if i%3 == 0 {
			must(p.db.Exec("update conversations set tags = tags || '{late}', segment = 'gold', due_at = now() + case when $2 then interval '-1 hour' else interval '3 hours' end where id = $1", uuid.UUID(c.ID).String(), i%2 == 0))
			must(work.SetPriority(t.Context(), root, c.ID, desk.PriorityHigh))
		}
		if i%4 == 0 {
			must(work.Note(t.Context(), root, c.ID, "Look at the lamp."))
		}
		if i%5 == 0 {
			must(work.SetStatus(t.Context(), root, c.ID, agent.Status{To: desk.StatusPending}))
		}
		if i%5 == 2 {
			must(work.Assign(t.Context(), root, c.ID, root.ID))
		}
		if i%6 == 0 {
			must(work.Move(t.Context(), root, c.ID, agent.Move{Inbox: "billing", Note: "Problem: the lamp.\nTried: another plug.\nNext step: a refund.\nCustomer told: nothing."}))
		}
		if i%7 == 1 {
			must(p.db.Exec(`update conversations set created_at = created_at - interval '9 days', updated_at = updated_at - interval '9 days', last_inbound_at = last_inbound_at - interval '9 days',
				last_reply_at = null where id = $1`, uuid.UUID(c.ID).String()))
		}
		if i%8 == 3 {
			must(nil, p.store.MarkRead(t.Context(), root, c.ID, 99))
		}
	}
	return subjects
}
