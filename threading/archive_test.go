package threading

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// Whatever the order of arrival, References put each thread into one conversation and
// never merge two threads.
func TestOrderDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var all []*desk.Message
		thread := map[string]int{}
		for n := range 1 + r.IntN(4) {
			var ids []string
			for i := range 1 + r.IntN(8) {
				m := mail(joAddr)
				m.MessageID = fmt.Sprintf("%d.%d@list.example", n, i)
				m.Subject = "Always the same"
				if i > 0 { // a reply to any earlier message, with a shortened chain
					parent := r.IntN(i)
					m.References = append([]string{ids[0]}, ids[parent])
					if r.IntN(3) == 0 {
						m.References, m.InReplyTo = nil, []string{ids[parent]}
					}
				}
				ids = append(ids, m.MessageID)
				thread[m.MessageID] = n
				all = append(all, m)
			}
		}
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for name, a := range map[string]*Archive{"list": NewArchive(), "guarded": NewGuardedArchive()} {
			for _, m := range all {
				a.Add(m, acme, jo)
			}
			byThread, byConversation := map[int]desk.ConversationID{}, map[desk.ConversationID]int{}
			for _, p := range a.Place() {
				n := thread[p.MessageID]
				if c, ok := byThread[n]; ok && c != p.Conversation {
					t.Fatalf("%s: thread %d is in two conversations", name, n)
				}
				if o, ok := byConversation[p.Conversation]; ok && o != n {
					t.Fatalf("%s: threads %d and %d are one conversation", name, n, o)
				}
				byThread[n], byConversation[p.Conversation] = p.Conversation, n
			}
		}
	}
}

func TestAdoption(t *testing.T) {
	const (
		question = "Which of the two kernels did you boot when the disk controller went away on you?"
		reply    = "It was the older one, and the controller came back after I had pulled the card."
		absent   = "My own controller has done that since last winter, and a new cable cured it for a month or two."
		elsewhen = "This is about a printer which prints every second page twice and then stops."
	)
	base := func() []*desk.Message {
		return []*desk.Message{
			listMail("1", "ann@one.example", "Disk controller", 0, question, ""),
			listMail("2", "bob@two.example", "Re: Disk controller", 1, reply, "> "+question, refs("1@list")),
			listMail("message.2", "eli@five.example", "Re: Disk controller", 2, "A cable?", "> "+absent, refs("2@list")),
			listMail("3", "cyd@three.example", "Printer", 2, elsewhen, ""),
		}
	}
	tests := []struct {
		name string
		last *desk.Message
		with string // the message whose conversation it shares; empty: none
	}{
		{"quotes", listMail("9", "dan@four.example", "Re: Disk controller", 5, "Thanks.", "> "+reply), "1"},
		{"quotes, re-wrapped", listMail("9", "dan@four.example", "Re: disk  controller", 5, "Thanks.",
			">> It was the older one,\n>> and the controller came\n>> back after I had pulled\n>> the card."), "1"},
		{"quotes an old message", listMail("9", "dan@four.example", "Re: Disk controller", 24*60, "Thanks.", "> "+reply), "1"},
		{"names an author", listMail("9", "dan@four.example", "Re: Disk controller", 5, "On Monday, Bob Two wrote:\n\nIndeed.", ""), "1"},
		{"names an author, and quotes unknown text", listMail("9", "dan@four.example", "Re: Disk controller", 5, "No.",
			"Bob Two wrote:\n> The tape drive has been humming all night long and no one here knows the reason why it does so."), ""},
		{"names an author, and quotes too little to compare", listMail("9", "dan@four.example", "Re: Disk controller", 5, "Indeed.", "Bob Two wrote:\n> the older one"), "1"},
		{"is addressed to an author", listMail("9", "dan@four.example", "Re: Disk controller", 5, "Indeed.", "", func(m *desk.Message) {
			m.To = []desk.Address{{Email: "bob@two.example"}}
		}), "1"},
		{"only the subject, soon", listMail("9", "dan@four.example", "Re: Disk controller", 5, "Indeed.", ""), "1"},
		{"only the subject, late", listMail("9", "dan@four.example", "Re: Disk controller", 24*10, "Indeed.", ""), ""},
		{"a generic subject", listMail("9", "dan@four.example", "Re: Printer", 5, "Indeed.", ""), ""},
		{"quotes unknown text", listMail("9", "dan@four.example", "Re: Disk controller", 5, "No.",
			"> The tape drive has been humming all night long and no one here knows the reason why it does so."), ""},
		{"names the time of a message", listMail("9", "dan@four.example", "Re: Disk controller", 24*20, "Indeed.",
			"On Mon, 2 Mar 2026 14:00:00 +0100, Bob Two wrote:\n> cut"), "1"},
		{"names a time at which its author did not write", listMail("9", "dan@four.example", "Re: Disk controller", 24*20, "Indeed.",
			"On Mon, 2 Mar 2026 14:09:00 +0100, Bob Two wrote:\n> cut"), ""},
		{"names an identifier", listMail("9", "dan@four.example", "Re: Disk controller", 24*20, "Indeed.", "In article <message.2@list>:\n| cut"), "1"},
		{"quotes a quote", listMail("9", "dan@four.example", "Re: Disk controller", 5, "No.",
			"> The tape drive has been humming all night long and no one here knows why.\n>> "+reply), ""},
		{"quotes a quote, and names its author", listMail("9", "dan@four.example", "Re: Disk controller", 5, "No.",
			"Bob Two wrote:\n> The tape drive has been humming all night long and no one here knows why.\n>> "+reply), "1"},
		{"quotes what another message quotes", listMail("9", "dan@four.example", "Re: Disk controller", 5, "No.", "> "+absent), "1"},
		{"no reply", listMail("9", "dan@four.example", "Disk controller", 5, "Mine too.", "> "+reply), ""},
		{"quotes under another subject", listMail("9", "dan@four.example", "Re: Tapes", 5, "No.", "> "+reply), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := NewArchive()
			for _, m := range append(base(), tt.last) {
				a.Add(m, acme, jo)
			}
			where := map[string]desk.ConversationID{}
			var evidence string
			for _, p := range a.Place() {
				where[p.MessageID], evidence = p.Conversation, p.Evidence
			}
			if where["1@list"] != where["2@list"] || where["1@list"] == where["3@list"] {
				t.Fatal("the threads without the reply are wrong")
			}
			if tt.with == "" && evidence != "" {
				t.Errorf("placed alone, with evidence %q", evidence)
			}
			for _, id := range []string{"1", "3"} {
				if same := where[id+"@list"] == where["9@list"]; same != (tt.with == id) {
					t.Errorf("with %s: %v (%s)", id, same, evidence)
				}
			}
		})
	}
}

// listMail returns a message to a mailing list, sent some hours after noon.
func listMail(id, from, subject string, hours int, fresh, quote string, change ...func(*desk.Message)) *desk.Message {
	m := mail(from, append(change, text(subject, quote+"\n\n"+fresh, fresh))...)
	m.MessageID = id + "@list"
	m.From[0].Name = map[string]string{"bob@two.example": "Bob Two"}[from]
	m.SentAt = noon.Add(time.Duration(hours) * time.Hour)
	m.ReceivedAt = m.SentAt
	return m
}

// group returns the conversations of an archive's messages as numbers, in the order
// in which they first appear.
func group(a *Archive) (numbers []int) {
	seen := map[desk.ConversationID]int{}
	for _, p := range a.Place() {
		if _, ok := seen[p.Conversation]; !ok {
			seen[p.Conversation] = len(seen)
		}
		numbers = append(numbers, seen[p.Conversation])
	}
	return numbers
}

func archived(a *Archive, list ...*desk.Message) *Archive {
	for _, m := range list {
		a.Add(m, acme, jo)
	}
	return a
}

func TestAdoptionInTime(t *testing.T) {
	original := listMail("1", "ann@one.example", "Disk controller", 0, answer, "")
	reply := func(at time.Duration, quote string) *desk.Message {
		m := listMail("9", "dan@four.example", "Re: Disk controller", 0, "Thanks.", quote)
		m.SentAt = noon.Add(at)
		return m
	}
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name  string
		at    time.Duration
		quote string
		joins bool
	}{
		{"a day before its original", -day, "> " + answer, true},
		{"earlier", -day - 1, "> " + answer, false},
		{"180 days later", 180 * day, "> " + answer, true},
		{"later still", 180*day + 1, "> " + answer, false},
		{"only the subject, a week later", 7 * day, "", true},
		{"only the subject, later", 7*day + 1, "", false},
		{"an author, two weeks later", 14 * day, "On Monday, ann@one.example wrote:\n> no\n", true},
		{"an author, later", 14*day + 1, "On Monday, ann@one.example wrote:\n> no\n", false},
	} {
		if got := group(archived(NewArchive(), original, reply(tt.at, tt.quote))); (got[1] == 0) != tt.joins {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// The nearest 200 messages of a subject, the reply included, are compared with it.
func TestAdoptionBySubjectIsBounded(t *testing.T) {
	for others, joins := range map[int]bool{198: true, 199: false} {
		a := archived(NewArchive(), listMail("first", "ann@one.example", "Disk controller", 0, "One.", ""))
		for i := range others {
			a.Add(listMail(fmt.Sprint(i), fmt.Sprintf("user%d@two.example", i), "Disk controller", 1, "Two.", ""), acme, jo)
		}
		a.Add(listMail("reply", "dan@four.example", "Re: Disk controller", 2, "Thanks.", "On Monday, ann@one.example wrote:\n> no\n"), acme, jo)
		if got := group(a); (got[len(got)-1] == 0) != joins {
			t.Errorf("after %d messages the reply joins conversation %d", others, got[len(got)-1])
		}
	}
}

func TestArchive(t *testing.T) {
	const chatter = "Nothing in particular was said here, but it was said in a good many words."
	thread := func(n int, more ...func(*desk.Message)) *desk.Message {
		return listMail(fmt.Sprint(n), "ann@one.example", fmt.Sprintf("Subject %d", n), n, chatter, "", more...)
	}
	for _, tt := range []struct {
		name string
		list []*desk.Message
		want []int
	}{
		{"threads", []*desk.Message{thread(1), thread(2), thread(3, refs("1@list"))}, []int{0, 1, 0}},
		{"a later message connects two", []*desk.Message{thread(1), thread(2), thread(3, refs("1@list", "2@list")), thread(4, refs("1@list"))}, []int{0, 0, 0, 0}},
		{"a forwarded report does not count as a report", []*desk.Message{thread(1), thread(2, func(m *desk.Message) {
			m.AutoSubmitted = desk.AutoBounce
			m.Report = &desk.Report{OriginalMessageID: "1@list", Recipients: []desk.ReportRecipient{{Recipient: "ann@one.example"}}}
		})}, []int{0, 1}},
		{"an orphan answers another orphan that arrives later", []*desk.Message{
			listMail("1", "ann@one.example", "Disk controller", 0, answer, ""),
			listMail("3", "cyd@three.example", "Re: Disk controller", 48, "Thanks.", "> "+elsewhere),
			listMail("2", "bob@two.example", "Re: Disk controller", 24, elsewhere, "> "+answer),
		}, []int{0, 0, 0}},
		{"an orphan that names a message of its own thread, sent at the same time", []*desk.Message{
			listMail("1", "ann@one.example", "Disk controller", 0, answer, ""),
			listMail("2", "bob@two.example", "Re: Disk controller", 5, "Yes.", "In article <message.3@list>:\n| cut"),
			listMail("message.3", "cyd@three.example", "Re: Disk controller", 5, "Thanks.", "", refs("2@list")),
		}, []int{0, 1, 1}},
		{"common text proves nothing", append(repeated(6, chatter), listMail("9", "dan@four.example", "Re: Footer", 200, "No.", "> "+chatter)), []int{0, 1, 2, 3, 4, 5, 6}},
		{"rare text does", append(repeated(4, chatter), listMail("9", "dan@four.example", "Re: Footer", 200, "No.", "> "+chatter)), []int{0, 1, 2, 3, 3}},
	} {
		a := archived(NewArchive(), tt.list...)
		if got := group(a); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// repeated returns messages with the same subject and text, a day apart.
func repeated(n int, fresh string) (list []*desk.Message) {
	for i := range n {
		list = append(list, listMail(fmt.Sprint(i), fmt.Sprintf("user%d@two.example", i), "Footer", i*24, fresh, ""))
	}
	return list
}

func TestPlacedExplains(t *testing.T) {
	list := []*desk.Message{
		listMail("1", "ann@one.example", "Disk controller", 0, answer, ""),
		listMail("2", "bob@two.example", "Re: Disk controller", 1, "Yes.", "", refs("1@list")),
		listMail("3", "cyd@three.example", "Re: Disk controller", 2, "Thanks.", "> "+answer),
	}
	got := archived(NewArchive(), list...).Place()
	want := []Placed{
		{"1@list", got[0].Conversation, MethodNew, ""}, {"2@list", got[0].Conversation, MethodReferences, "cites <1@list>"},
		{"3@list", got[0].Conversation, MethodSubject, "no reply headers; same subject, it quotes 5 of its passages"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("placed %+v, want %+v", got, want)
	}
	// On arrival, only the sender's own conversations and those they take part in count.
	guarded := archived(NewGuardedArchive(), list[0], listMail("4", "ann@one.example", "Re: Disk controller", 3, "Well?", "> "+answer)).Place()
	if guarded[1].Conversation != guarded[0].Conversation || guarded[1].Method != MethodSubject || !strings.HasSuffix(guarded[1].Evidence, "it quotes 5 of its passages") {
		t.Errorf("guarded: %+v", guarded)
	}
}

func TestMergeKeepsTheOlder(t *testing.T) {
	a := archived(NewArchive(), listMail("1", joAddr, "A b", 0, "", ""), listMail("2", joAddr, "C d", 0, "", ""))
	x, y := a.entries[0].conversation, a.entries[1].conversation
	a.merge(y, x)
	if a.final(y) != x || a.final(x) != x {
		t.Error("the newer conversation was kept")
	}
	a.merge(x, y)
	if unknown := (desk.ConversationID{15: 9}); a.final(y) != x || a.final(unknown) != unknown {
		t.Error("merging again had an effect")
	}
}

func TestPeople(t *testing.T) {
	m := mail(joAddr, func(m *desk.Message) { m.CC, m.To = []desk.Address{{Email: annAddr}}, []desk.Address{{Email: eveAddr}} })
	if got := people(m); !slices.Equal(got, []string{joAddr, annAddr}) {
		t.Errorf("the people of a message are %v", got)
	}
}

// TestEvidenceInTheText: what the text quotes places a message whose headers and
// subject do not.
func TestEvidenceInTheText(t *testing.T) {
	const (
		one     = "The pump in the cellar starts at night and runs until somebody pulls the plug."
		two     = "We have opened the lid and found a stone, and now we need another seal for it."
		unknown = "Some of our customers had the same trouble with seals of the older kind, please look."
	)
	first := func() *desk.Message { return listMail("1", "ann@one.example", "Pump", 0, one+"\n"+two, "") }
	quoted := func(intro string, lines ...string) string { return intro + "\n> " + strings.Join(lines, "\n> ") }
	both := quoted("ann@one.example wrote:", one, two)
	for _, tt := range []struct {
		name  string
		reply *desk.Message
		joins bool
	}{
		{"no Re:", listMail("2", "bob@two.example", "Pump", 1, "Ours too.", both), true},
		{"no Re:, with bars", listMail("2", "bob@two.example", "Pump", 1, "Ours too.", strings.ReplaceAll(both, "> ", "| ")), true},
		{"no Re:, no introduction", listMail("2", "bob@two.example", "Pump", 1, "Ours too.", strings.TrimPrefix(both, "ann@one.example wrote:\n")), false},
		{"no Re:, nothing quoted", listMail("2", "bob@two.example", "Pump", 1, "Ours too.", ""), false},
		{"no Re:, another subject", listMail("2", "bob@two.example", "Seals", 1, "Ours too.", both), false},
		{"no Re:, others quoted", listMail("2", "bob@two.example", "Pump", 1, "Ours too.", quoted("Cy wrote:", unknown)), false},
		{"unknown headers", listMail("2", "bob@two.example", "Re: Pump", 1, "Ours too.", both, refs("0102@ses.example")), true},
		{"unknown headers, own message quoted", listMail("2", "ann@one.example", "Re: Pump", 1, "And again.", both, irt("0102@ses.example")), true},
		{"unknown headers, nothing quoted", listMail("2", "bob@two.example", "Re: Pump", 1, "Ours too.", "", refs("0102@ses.example")), false},
		{"unknown headers, no Re:", listMail("2", "bob@two.example", "Pump", 1, "Ours too.", both, refs("0102@ses.example")), true},
		{"own words in a quote of an unknown message", listMail("2", "ann@one.example", "Re: Pump", 2, "It is dry now.",
			quoted("Cy Desk wrote:", unknown, "", "Somebody wrote:", "> "+one, "> "+two)), true},
		{"own words behind bars in a quote", listMail("2", "ann@one.example", "Re: Pump", 2, "It is dry now.",
			"Cy Desk wrote:\n| "+unknown+"\n| Somebody wrote:\n| | "+one+"\n| | "+two), true},
		{"words of another in a quote of an unknown message", listMail("2", "dan@four.example", "Re: Pump", 2, "It is dry now.",
			quoted("Cy Desk wrote:", unknown, "", "Somebody wrote:", "> "+one, "> "+two)), false},
	} {
		if got := group(archived(NewArchive(), first(), tt.reply)); (got[1] == 0) != tt.joins {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	// The message that the headers name is here, under another subject.
	other := listMail("3", "cy@three.example", "Seals", 0, unknown, "")
	if got := group(archived(NewArchive(), first(), listMail("2", "bob@two.example", "Re: Pump", 1, "Ours too.", both, refs("3@list")), other)); got[1] != got[2] || got[1] == 0 {
		t.Errorf("a message joined what it quotes instead of what it cites: %v", got)
	}
}
