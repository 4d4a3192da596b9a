package threading

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// BenchmarkArchive checks that the time per message does not grow with the archive,
// even if every message has the same subject and half of the replies lost their headers.
func BenchmarkArchive(b *testing.B) {
	for _, subjects := range []int{0, 1} { // 0: a new subject for every ten messages
		for _, n := range []int{1_000, 4_000, 16_000} {
			list := correspondence(n, subjects)
			for name, make := range map[string]func() *Archive{"list": NewArchive, "guarded": NewGuardedArchive} {
				b.Run(fmt.Sprintf("%s/subjects=%d/n=%d", name, subjects, n), func(b *testing.B) {
					for b.Loop() {
						a := make()
						for _, m := range list {
							a.Add(m, acme, jo)
						}
						a.Place()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/mail")
				})
			}
		}
	}
}

// correspondence returns messages of people who quote each other.
func correspondence(n, subjects int) []*desk.Message {
	r := rand.New(rand.NewPCG(7, 8))
	words := func(n int) string {
		var b strings.Builder
		for range n {
			fmt.Fprintf(&b, "word%d ", r.IntN(3000))
		}
		return b.String()
	}
	list := make([]*desk.Message, n)
	for i := range list {
		subject := i / 10
		if subjects > 0 {
			subject %= subjects
		}
		m := mail(fmt.Sprintf("user%d@acme.example", r.IntN(50)))
		m.MessageID, m.Subject = fmt.Sprintf("%d@list.example", i), fmt.Sprintf("Parcel %d is late", subject)
		m.NewText = words(40)
		m.TextBody = m.NewText
		m.SentAt = noon.Add(time.Duration(i) * time.Minute)
		m.ReceivedAt = m.SentAt
		if first := i / 10 * 10; i > first {
			parent := list[first+r.IntN(i-first)]
			m.Subject = "Re: " + m.Subject
			m.TextBody = "On " + parent.SentAt.Format(time.RFC1123Z) + ", " + parent.From[0].Email + " wrote:\n> " + parent.NewText + "\n" + m.NewText
			if r.IntN(2) == 0 {
				m.InReplyTo = []string{parent.MessageID}
			}
		}
		list[i] = m
	}
	return list
}
