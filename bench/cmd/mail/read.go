package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"switchboard/bench/mail"
	"switchboard/bench/table"
	"switchboard/desk"
)

const unsafeHTML = "unsafe HTML"

// The robustness targets are for 10,546 messages and scaled for smaller sets.
func (r *run) robust() error {
	files := slices.Concat(r.sets.Ham, r.sets.Spam, r.sets.Odd)
	began := time.Now()
	read, cpu, peak, err := mail.Program(r.program, files)
	if err != nil {
		return err
	}
	wall := time.Since(began)
	peers, err := mail.PeersRead(r.sets.Home, files)
	if err != nil {
		return err
	}
	ours, others := mail.Judge(read), map[string]mail.Faults{}
	for name, list := range peers {
		others[name] = mail.Judge(list)
	}
	for i, one := range read {
		if f := mail.Judge(read[i : i+1]); f != (mail.Faults{}) {
			r.note("%s: %+v", one.File, f)
		}
	}
	share := float64(len(files)) / 10546
	for _, row := range []struct {
		figure string
		of     func(mail.Faults) int
		most   float64
	}{
		{"refused", func(f mail.Faults) int { return f.Refused }, 0},
		{"control characters in headers", func(f mail.Faults) int { return f.Control }, 0},
		{"unsafe file names", func(f mail.Faults) int { return f.Names }, 0},
		{unsafeHTML, func(f mail.Faults) int { return f.HTML }, 0},
		{"no Message-ID", func(f mail.Faults) int { return f.NoID }, 0},
		{"no Date", func(f mail.Faults) int { return f.NoDate }, 0},
		{"HTML without text", func(f mail.Faults) int { return f.NoText }, 5 * share},
		{"bodies with U+FFFD", func(f mail.Faults) int { return f.Bodies }, 60 * share},
		{"subjects with U+FFFD", func(f mail.Faults) int { return f.Subjects }, 10 * share},
		{"encoded words left", func(f mail.Faults) int { return f.Words }, 3 * share},
	} {
		n := row.of(ours)
		line := r.table.Add(fmt.Sprintf("%s (%d)", row.figure, len(files)), fmt.Sprint(n))
		if row.figure != unsafeHTML { // the peers do not sanitize
			line.Peer(fmt.Sprintf("%d mailparser, %d postal-mime", row.of(others["mailparser"]), row.of(others["postal-mime"])))
		}
		line.Want(fmt.Sprintf("≤ %.0f", row.most), float64(n) <= row.most)
	}
	rate := float64(len(files)) / cpu.Seconds()
	r.table.Add("parse, messages per second and core", table.PerSecond(rate)).Want("≥ 500/s", rate >= 500)
	r.table.Add("  wall clock, peak memory", fmt.Sprintf("%s on %d cores, %d MiB", table.PerSecond(float64(len(files))/wall.Seconds()), runtime.NumCPU(), peak>>20))
	return nil
}

// grown is the number of randomly generated hostile messages.
const grown = 100

// stress parses one hostile message after the other, each in its own process.
func (r *run) stress() error {
	attacks, answered := mail.Attacks(1<<20), 0
	var slowest, largest string
	var longest time.Duration
	var most int64
	read := func(a mail.Attack) error {
		path := filepath.Join(r.dir, "attack.eml")
		if err := os.WriteFile(path, a.Raw, 0o600); err != nil {
			return err
		}
		read, cpu, peak, err := mail.Program(r.program, []string{path})
		if err == nil && read[0].Error == "" {
			answered++
		} else {
			r.note("%s: %v %s", a.Name, err, read)
		}
		if cpu > longest {
			longest, slowest = cpu, a.Name
		}
		if peak > most {
			most, largest = peak, a.Name
		}
		r.note("%s: %s, %d MiB", a.Name, table.Short(cpu), peak>>20)
		return nil
	}
	n := len(attacks)
	for len(attacks) > 0 { // released one by one: a child's peak includes its parent's memory
		if err := read(attacks[0]); err != nil {
			return err
		}
		attacks[0].Raw, attacks = nil, attacks[1:]
	}
	for seed := range uint64(grown) {
		if err := read(mail.Attack{Name: fmt.Sprintf("grown from seed %d", seed), Raw: mail.Grow(seed, 1<<20)}); err != nil {
			return err
		}
	}
	n += grown
	r.table.Add("hostile messages of 1 MiB parsed", fmt.Sprintf("%d of %d", answered, n)).Want("all", answered == n)
	r.table.Add("  longest, with the program's start", table.Short(longest)+" "+slowest).Want("≤ 1 s CPU", longest <= time.Second)
	r.table.Add("  largest", fmt.Sprintf("%d MiB %s", most>>20, largest)).Want("≤ 256 MiB", most <= 256<<20)
	return nil
}

// reply scores the extraction of new text from replies.
func (r *run) reply() error {
	cases, err := r.sets.Replies("normalize/replytext/testdata")
	if err != nil {
		return err
	}
	peers, err := mail.PeersReplies(r.sets.Home, cases)
	if err != nil {
		return err
	}
	got, err := r.newTexts(cases)
	if err != nil {
		return err
	}
	for _, row := range []struct {
		set               string
		html              bool
		exact, loss, leak float64
	}{{"planer", false, .78, .05, .15}, {"own", false, .78, .05, .15}, {"planer", true, .82, .05, 1}, {"own", true, .82, .05, 1}} {
		var in []int
		for i, c := range cases {
			if c.Set == row.set && c.HTML == row.html {
				in = append(in, i)
			}
		}
		pick := func(texts []string) mail.Score {
			var some []mail.Reply
			var have []string
			for _, i := range in {
				some, have = append(some, cases[i]), append(have, texts[i])
			}
			return mail.ScoreReplies(some, have)
		}
		for _, i := range in {
			if s := mail.ScoreReplies(cases[i:i+1], got[i:i+1]); s.Exact < 1 {
				r.note("%s: %s\n--- in\n%s\n--- got\n%s\n--- want\n%s", row.set, s, cases[i].In, got[i], cases[i].Want)
			}
		}
		ours := pick(got)
		best, of := mail.Score{}, ""
		for name, texts := range peers {
			// A peer is not judged on its own tests.
			if s := pick(texts); name != row.set && (of == "" || s.Exact > best.Exact) {
				best, of = s, name
			}
		}
		kind, target := "text", fmt.Sprintf("%.2f / %.2f / %.2f", row.exact, row.loss, row.leak)
		if row.html {
			kind = "HTML"
		}
		r.table.Add(fmt.Sprintf("replies, %s, set %s (%d): exact / loss / leak", kind, row.set, ours.N), ours.String()).Peer(best.String()+" "+of).
			Want(target, ours.Exact >= row.exact && ours.Loss <= row.loss && ours.Leak <= row.leak)
	}
	return nil
}

// newTexts has the program parse replies as messages.
func (r *run) newTexts(cases []mail.Reply) ([]string, error) {
	got := make([]string, len(cases))
	for _, html := range []bool{false, true} {
		kind := map[bool]string{false: "text/plain", true: "text/html"}[html]
		var at []int
		var texts []string
		for i, c := range cases {
			if c.HTML == html {
				at, texts = append(at, i), append(texts, c.In)
			}
		}
		paths, err := mail.Mails(r.dir, kind, texts)
		if err != nil {
			return nil, err
		}
		read, _, _, err := mail.Program(r.program, paths)
		if err != nil {
			return nil, err
		}
		for k, i := range at {
			got[i] = read[k].ReplyText
		}
	}
	return got, nil
}

// machine counts automatic mail taken for personal mail, and the reverse.
func (r *run) machine() error {
	read, _, _, err := mail.Program(r.program, r.sets.Bounces)
	if err != nil {
		return err
	}
	known := 0
	for _, m := range read {
		if m.AutoSubmitted == desk.AutoBounce && m.Report != nil {
			known++
		} else {
			r.note("not a bounce: %s", m.File)
		}
	}
	r.table.Add("bounces recognized, set enmime", fmt.Sprintf("%d of %d", known, len(read))).Want("≥ .97", float64(known) >= .97*float64(len(read)))
	if read, _, _, err = mail.Program(r.program, r.sets.Ham); err != nil {
		return err
	}
	alarms, reports := 0, 0
	for _, m := range read {
		switch {
		case m.AutoSubmitted == "" || m.AutoSubmitted == "none" || m.AutoSubmitted == desk.AutoList:
		case m.AutoSubmitted == desk.AutoBounce && m.Report != nil && len(m.Report.Recipients) > 0:
			reports++ // the set contains four, which name the recipients
			r.note("a report: %s %q", m.File, m.Subject)
		default:
			alarms++
			r.note("a machine? %s %q (%s)", m.File, m.Subject, m.AutoSubmitted)
		}
	}
	r.table.Add(fmt.Sprintf("personal mail taken for automatic (%d)", len(read)-reports), fmt.Sprint(alarms)).Want("≤ 2", alarms <= 2)
	return nil
}
