// Package score compares stored messages with the truth of the corpus: threads, lost
// and duplicate messages, and decoded text.
package score

import (
	"html"
	"regexp"
	"strings"

	"switchboard/bench/corpus"
)

// Row is one inbound message as it was stored.
type Row struct {
	MessageID    string // with or without angle brackets
	Conversation string
	Text         string // decoded text, may be HTML; empty: not checked
}

// Report is the result of a comparison.
type Report struct {
	Rows    int
	Missing int // customer messages that were not stored
	Twice   int // messages stored more than once
	Unknown int // rows with an ID that is not in the corpus
	Wrong   int // messages whose text was not decoded correctly
	// Headers covers the messages whose headers lead to their thread, All also those
	// that lost their headers.
	Headers, All Threads
}

// Threads compares conversations with true threads.
type Threads struct {
	Threads       int
	Multi         int // threads of more than one stored message
	Conversations int
	Exact         int // of Multi: one conversation contains exactly this thread
	Split         int // threads in more than one conversation
	Merged        int // conversations with more than one thread
}

// Judge compares stored rows with the truth.
func Judge(truth []corpus.Truth, rows []Row) Report {
	stored, conversation, text := map[string]int{}, map[string]string{}, map[string]string{}
	for _, r := range rows {
		id := strings.Trim(r.MessageID, "<> ")
		if stored[id]++; stored[id] == 1 {
			conversation[id] = r.Conversation
		}
		text[id] = r.Text
	}
	report := Report{Rows: len(rows)}
	known := map[string]bool{}
	var reached, all []corpus.Truth
	for _, t := range truth {
		known[t.MessageID] = true
		if t.Kind == "duplicate" {
			continue
		}
		if s := text[t.MessageID]; s != "" && !Holds(s, t.Text) {
			report.Wrong++
		}
		if t.Kind != "customer" {
			continue
		}
		all = append(all, t)
		if t.Link != "subject-only" {
			reached = append(reached, t)
		}
		if stored[t.MessageID] == 0 {
			report.Missing++
		}
	}
	for id, n := range stored {
		if n > 1 {
			report.Twice++
		}
		if !known[id] {
			report.Unknown++
		}
	}
	report.Headers, report.All = threads(reached, conversation), threads(all, conversation)
	return report
}

// threads compares the conversations of messages, by Message-ID, with the true threads.
func threads(truth []corpus.Truth, conversation map[string]string) Threads {
	size, in, holds := map[string]int{}, map[string]map[string]bool{}, map[string]map[string]bool{}
	note := func(m map[string]map[string]bool, k, v string) {
		if m[k] == nil {
			m[k] = map[string]bool{}
		}
		m[k][v] = true
	}
	for _, t := range truth {
		if c, ok := conversation[t.MessageID]; ok {
			size[t.Thread]++
			note(in, t.Thread, c)
			note(holds, c, t.Thread)
		}
	}
	out := Threads{Threads: len(size), Conversations: len(holds)}
	for thread, n := range size {
		if len(in[thread]) > 1 {
			out.Split++
		}
		if n < 2 {
			continue
		}
		out.Multi++
		for c := range in[thread] {
			if len(in[thread]) == 1 && len(holds[c]) == 1 {
				out.Exact++
			}
		}
	}
	for _, held := range holds {
		if len(held) > 1 {
			out.Merged++
		}
	}
	return out
}

var tag = regexp.MustCompile(`<[^>]*>`)

// Holds reports whether text, which may be HTML, contains probe, ignoring white space.
func Holds(text, probe string) bool {
	if probe = plain(probe); strings.Contains(plain(text), probe) {
		return true
	}
	return strings.Contains(plain(tag.ReplaceAllString(text, " ")), probe)
}

func plain(s string) string { return strings.Join(strings.Fields(html.UnescapeString(s)), " ") }
