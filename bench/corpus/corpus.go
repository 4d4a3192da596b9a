// Package corpus generates a mailbox of realistic support mail and its ground truth:
// threads of up to a dozen messages in six languages, replies to messages that are not
// in the mailbox, replies that arrive before their parents, bounces, automatic replies,
// duplicates and attachments. The same number and seed always give the same bytes.
package corpus

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Truth is the expected result for one message.
type Truth struct {
	Seq        int    // from 1, in order of delivery
	MessageID  string // without angle brackets
	Thread     string
	Kind       string // customer, autoreply, bounce, duplicate
	Link       string // root, direct, unseen, irt-only, subject-only, none
	OutOfOrder bool   // delivered before a message it refers to
	DupOf      int    // Seq of the first delivery; 0: not a duplicate
	From       string
	Subject    string
	Charset    string
	Structure  string // plain, alternative, html, report
	Attach     int    // attachments
	Bytes      int
	Text       string // part of the correctly decoded text
}

// Message is a message as an IMAP server delivers it, with CRLF line ends.
type Message struct {
	Truth
	Raw []byte
}

// last is the date of the newest message.
var last = time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)

// New returns n messages in order of delivery.
func New(n int, seed uint64) []Message {
	g := &gen{r: rand.New(rand.NewPCG(seed, 0x5eed)), n: n}
	g.people(300, 3000)
	g.run(last.Add(-20*24*time.Hour), last)
	return g.msgs
}

// sender is a customer who writes mail.
type sender struct{ name, addr, lang string }

// thread is a conversation in progress.
type thread struct {
	id      string
	subject string
	who     []sender
	lang    string
	ids     []string // ids in References order, agent replies included
	own     []int    // positions in ids that are in this mailbox
	last    string   // last visible text, for quoting
	left    int
	when    time.Time
	agentN  int
}

// gen generates the messages of a corpus.
type gen struct {
	r       *rand.Rand
	senders []sender
	msgs    []Message
	n       int
}

func pick[T any](r *rand.Rand, s []T) T { return s[r.IntN(len(s))] }

// zipfIdx prefers small indexes, since a few customers write most of the mail.
func (g *gen) zipfIdx(n int) int {
	f := g.r.Float64()
	return int(f * f * float64(n))
}

// people creates the senders. A domain's senders share a language.
func (g *gen) people(domains, senders int) {
	doms := make([]string, domains)
	langs := make([]string, domains)
	for i := range doms {
		doms[i] = fmt.Sprintf("%s-%s%d.%s", pick(g.r, wordsA), pick(g.r, wordsB), i, pick(g.r, []string{"example", "test", "example.com", "example.org"}))
		f := g.r.Float64()
		switch {
		case f < 0.50:
			langs[i] = "en"
		case f < 0.65:
			langs[i] = "de"
		case f < 0.77:
			langs[i] = "fr"
		case f < 0.85:
			langs[i] = "es"
		case f < 0.93:
			langs[i] = "ja"
		default:
			langs[i] = "zh"
		}
	}
	for i := 0; i < senders; i++ {
		d := g.zipfIdx(domains)
		l := langs[d]
		p := names[l]
		name := pick(g.r, p.first) + " " + pick(g.r, p.last)
		if l == "ja" || l == "zh" {
			name = pick(g.r, p.last) + pick(g.r, p.first)
		}
		g.senders = append(g.senders, sender{name, fmt.Sprintf("user%d@%s", i, doms[d]), l})
	}
}

// newID returns a new Message-ID of a domain, without angle brackets.
func (g *gen) newID(dom string) string {
	return fmt.Sprintf("%08x.%06x@%s", g.r.Uint32(), g.r.UintN(1<<24), dom)
}

// domainOf returns the domain of an address.
func domainOf(a string) string { return a[strings.IndexByte(a, '@')+1:] }
