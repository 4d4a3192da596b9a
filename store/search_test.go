package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
	"switchboard/store"
)

// found returns the subjects of the conversations that a query finds, sorted.
func found(t testing.TB, s *store.Store, as desk.Agent, q string) []string {
	t.Helper()
	f, problems := search.Parse(q)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", q, problems[0])
	}
	list, err := s.Conversations(t.Context(), as, []search.Filter{f}, view.SortNewest, view.Position{}, 1000)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	subjects := []string{}
	for _, c := range list {
		subjects = append(subjects, c.Subject)
	}
	slices.Sort(subjects)
	return subjects
}

func plainMail(n int, from, subject, body string) desk.Raw {
	r := rawMail(n, "x@unused.example", "")
	r.Bytes = fmt.Appendf(nil, "From: %s\r\nTo: support@desk.example\r\nSubject: %s\r\nMessage-ID: <%d@test.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		from, subject, n, body)
	return r
}

// A search finds parts of words in every script, customers' names and addresses, and
// makes no difference of case, accents and width.
func TestSearchFindsWhatPeopleType(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.accept(
		plainMail(1, "Zoë Müller <zoe7@elm.example>", "Straßenschild", "Die Türklinke klemmt. Order-No. AB-4711/9. Preis 3,50 €.\r\n東京タワーが見える"),
		plainMail(2, "Søren <soren@fjord.example>", "İstanbul", "Ｆｕｌｌ　ｗｉｄｔｈ, don’t panic. สวัสดีชาวโลก Größe: 100% _x\\y"),
		plainMail(3, "Jo <jo@acme.example>", "Lamp", "The price is\r\n3,50 again, strasse only. ГОРЯЧАЯ вода, 한국어"),
		plainMail(4, "Bo <xjo@acme.example>", "Chair", "nothing else"))
	p.settled()
	root := desk.Agent{ID: desk.NewID[desk.AgentID](), Admin: true}
	for q, want := range map[string]string{
		"straßenschild": "Straßenschild", "STRASSENSCHILD": "Straßenschild", "strassenschild": "Straßenschild",
		"strasse": "Lamp Straßenschild", "türklinke": "Straßenschild", "turklinke": "Straßenschild", "TÜRKLIN": "Straßenschild", "klinke": "Straßenschild",
		"ab-4711/9": "Straßenschild", "4711/9": "Straßenschild", `"preis 3,50"`: "Straßenschild", `"is 3,50"`: "Lamp Straßenschild",
		"東京": "Straßenschild", "京": "Straßenschild", "京東": "", "タワ": "Straßenschild", "ﾀﾜｰ": "Straßenschild", "สวัส": "İstanbul", "ชาว": "İstanbul", "국": "Lamp",
		"istanbul": "İstanbul", "ISTANBUL": "İstanbul", "full": "İstanbul", `"full width"`: "İstanbul", "don't": "İstanbul", "groesse": "", "grosse": "İstanbul",
		"100%": "İstanbul", `_x\y`: "İstanbul", "горячая": "Lamp", "€": "Straßenschild",
		"müller": "Straßenschild", "Muller": "Straßenschild", "zoe7@elm.example": "Straßenschild", "zoe klinke": "Straßenschild", "zoe nothing": "",
		"from:müller": "Straßenschild", "from:MULLER": "Straßenschild", "from:zoe": "Straßenschild", `from:"zoë müller"`: "Straßenschild", "from:soren": "İstanbul",
		"from:jo@acme.example": "Lamp", "from:xjo@acme.example": "Chair", "from:acme.example": "Chair Lamp", "from:jo@": "Chair Lamp", "from:nobody": "",
		"from:jo@acme.example from:zoe": "Lamp Straßenschild", "from:zoe 東京": "Straßenschild", "account:elm": "Straßenschild", "account:ELM": "Straßenschild",
		"support@desk.example": "", "absent": "", "e absent": "",
	} {
		if got := strings.Join(found(t, p.store, root, q), " "); got != want {
			t.Errorf("%s finds %q, want %q", q, got, want)
		}
	}
}

// Names of nothing are errors that list what there is.
func TestSearchForUnknownNames(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for q, want := range map[string]string{
		"inbox:bill":                "there is no inbox \"bill\"; the inboxes are billing, frontline",
		"assignee:ann@desk.example": "no agent has the address \"ann@desk.example\"; the agents are ana@desk.example, bob@desk.example, root@desk.example",
		"tier:7":                    "there is no tier 7; the tiers are 1, 2",
		"inbox:x inbox:billing tier:1 assignee:me assignee:none assignee:bob@desk.example": "there is no inbox \"x\"; the inboxes are billing, frontline",
		"assignee:" + desk.NewID[desk.AgentID]().String():                                  "no agent has the ID",
	} {
		f, problems := search.Parse(q)
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		_, err := o.Conversations(t.Context(), o.ana, []search.Filter{f}, view.SortNewest, view.Position{}, 10)
		var unknown search.UnknownNames
		if !errors.As(err, &unknown) || desk.KindOf(err) != desk.KindInvalid || !strings.HasPrefix(unknown.Error(), want) {
			t.Errorf("%s: %v, want %s", q, err, want)
		}
	}
	if got := found(t, o.Store, o.ana, "inbox:billing tier:1 is:open assignee:bob@desk.example"); len(got) != 0 {
		t.Errorf("found %v", got)
	}
}

// A page begins at a position, so conversations that change while somebody reads the
// pages do not make others disappear or appear twice.
func TestPagesMissNothingThatDoesNotChange(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	const all, page = 23, 4
	var ids []desk.ConversationID
	for range all {
		ids = append(ids, o.letter(t))
	}
	// Several have the same time, down to the microsecond.
	o.exec(t, "update conversations set updated_at = date_trunc('minute', now()) + number % 3 * interval '1 second'")
	for _, q := range []string{"", "printer", "is:open", "from:example"} {
		f, _ := search.Parse(q)
		seen, changed := map[desk.ConversationID]int{}, map[desk.ConversationID]bool{}
		var at view.Position
		for n := 0; ; n++ {
			list, err := o.Conversations(t.Context(), o.root, []search.Filter{f}, view.SortNewest, at, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				seen[c.ID]++
			}
			if len(list) < page {
				break
			}
			last := list[len(list)-1]
			at = view.Position{UpdatedAt: last.UpdatedAt, ID: last.ID}
			// One that was read, one that is the cursor's, and one that will be.
			for _, id := range []desk.ConversationID{list[0].ID, last.ID, ids[(n*7)%all]} {
				o.exec(t, "update conversations set updated_at = now() + interval '1 hour' where id = $1", id)
				changed[id] = true
			}
		}
		for _, id := range ids {
			if seen[id] > 1 || seen[id] == 0 && !changed[id] {
				t.Errorf("%q: a conversation was read %d times; changed meanwhile: %v", q, seen[id], changed[id])
			}
		}
		if len(changed) == all {
			t.Error("all conversations have changed")
		}
		o.exec(t, "update conversations set updated_at = date_trunc('minute', now()) + number % 3 * interval '1 second'")
	}
}

// A search finds in a restricted conversation only for those who may read it.
func TestSearchRespectsVisibility(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	hidden := o.letter(t)
	o.letter(t)
	o.exec(t, "update conversations set restricted = true, tier = 2, subject = 'Hidden' where id = $1", hidden)
	for _, q := range []string{"printer", "fire from:example", "from:example"} {
		for _, x := range []struct {
			as   desk.Agent
			want int
		}{{o.ana, 1}, {o.bob, 2}, {o.root, 2}} {
			if got := found(t, o.Store, x.as, q); len(got) != x.want {
				t.Errorf("%s finds %v for %s", x.as.Name, got, q)
			}
		}
	}
}

// Texts from before the index are found before and after they are indexed.
func TestSearchOfAnUpgradedDatabase(t *testing.T) {
	t.Parallel()
	dsn, _ := filled(t)
	o := reopened(t, dsn)
	root, err := o.KnownAgent(t.Context(), "root@desk.example")
	if err != nil {
		t.Fatal(err)
	}
	before := map[string][]string{}
	queries := []string{"printer", `"text of message 2."`, "from:jo@acme.example", "from:acme", "account:acme", "message", "absent"}
	for _, q := range queries {
		before[q] = found(t, o, root, q)
	}
	if len(before["printer"]) == 0 || len(before["from:acme"]) == 0 || len(before["account:acme"]) == 0 || len(before["absent"]) > 0 {
		t.Errorf("found %v", before)
	}
	indexAll(t, o)
	for _, q := range queries {
		if after := found(t, o, root, q); !slices.Equal(after, before[q]) {
			t.Errorf("%s: found %v, and after indexing %v", q, before[q], after)
		}
	}
}

func indexAll(t testing.TB, s *store.Store) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = s.IndexSearch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
