package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"switchboard/bench/mail"
)

// losses is the number of runs with lost headers per list. The replies that lose them
// are chosen at random, so a single run proves little.
const losses = 6

// thread scores the threading of mailing lists: with all headers, and after three in ten
// replies lost theirs. With all headers, a thread with a reply to a missing message (a
// digest, or a mail that never reached the list) may belong to another thread of the same
// subject, whose words it quotes: the headers cannot tell, so such threads do not count.
func (r *run) thread() error {
	lists, err := mail.Archives(r.sets.Ham, 100)
	if err != nil {
		return err
	}
	for _, l := range lists {
		whole, _, err := l.Thread(r.program, r.dir, 0, 0)
		if err != nil {
			return err
		}
		r.table.Add(fmt.Sprintf("threads of list %s (%d of %d): F1, mixed", l.Name, l.Certain(), l.Len()), fmt.Sprintf("%.3f, %d", whole.CertainF1, whole.CertainMixed)).
			Want("1.00, 0", whole.CertainF1 == 1 && whole.CertainMixed == 0)
		var got, plain mail.Threads
		for seed := range uint64(losses) {
			a, b, err := l.Thread(r.program, r.dir, .3, seed+1)
			if err != nil {
				return err
			}
			r.note("%s, seed %d: %+v, by subject %+v", l.Name, seed+1, a, b)
			got, plain = add(got, a), add(plain, b)
		}
		r.table.Add(fmt.Sprintf("  30 %% without headers, mean of %d: F1, precision (certain)", losses), of(got)).
			Peer(of(plain)+" headers, then subject").
			Want("≥ .80, .97", got.F1 >= .80 && got.Precision >= .97)
	}
	return nil
}

// of formats a score.
func of(t mail.Threads) string { return fmt.Sprintf("%.3f, %.3f (%.3f)", t.F1, t.Precision, t.Certain) }

// add adds one run's share to the mean of all.
func add(sum, one mail.Threads) mail.Threads {
	sum.F1 += one.F1 / losses
	sum.Precision += one.Precision / losses
	sum.Recall += one.Recall / losses
	sum.Certain += one.Certain / losses
	return sum
}

// html has each payload, between two paragraphs, sanitized.
func (r *run) html() error {
	payloads, err := mail.Payloads(r.sets.HTML)
	if err != nil {
		return err
	}
	around := make([]string, len(payloads))
	for i, p := range payloads {
		around[i] = `<p style="color:#123456">Before the payload.</p>` + p + "<p>After the payload.</p>"
	}
	paths, err := mail.Mails(r.dir, "text/html", around)
	if err != nil {
		return err
	}
	read, _, _, err := mail.Program(r.program, paths)
	if err != nil {
		return err
	}
	unsafe, kept, styled := 0, 0, 0
	for i, m := range read {
		if found := mail.Unsafe(m.HTML); len(found) > 0 {
			unsafe++
			r.note("unsafe: %q in %s of %s", found, m.HTML, payloads[i])
		}
		if strings.Contains(m.HTML, "Before the payload.") {
			kept++
		} else {
			r.note("text lost: %s of %s", m.HTML, payloads[i])
		}
		if strings.Contains(m.HTML, "#123456") {
			styled++
		}
	}
	n := len(payloads)
	r.table.Add(fmt.Sprintf("HTML attacks not removed (%d)", n), fmt.Sprint(unsafe)).Want("0", unsafe == 0)
	r.table.Add("  text and styling around them kept", fmt.Sprintf("%d, %d", kept, styled)).Want("all", kept == n && styled == n)
	return nil
}

var passed = regexp.MustCompile(`spf=(\d+)/(\d+)`)

// spf runs the test suite of RFC 7208, which is a Go test.
func (r *run) spf() error {
	cmd := exec.Command("go", "test", "-v", "-run", "^TestSPFSuite$", "./internal/mailauth")
	cmd.Stderr = os.Stderr
	out, _ := cmd.Output() // a failed run also prints the count
	m := passed.FindSubmatch(out)
	if m == nil {
		return fmt.Errorf("the test suite printed no count: %s", out)
	}
	r.table.Add("SPF, suite of RFC 7208", fmt.Sprintf("%s of %s", m[1], m[2])).Want("203 of 203", string(m[1]) == "203")
	return nil
}
