package mail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Archive is the mail of a list, and its threads according to the headers.
type Archive struct {
	Name  string
	mails []archived
}

// archived is a message of a list.
type archived struct {
	id, thread, base string
	fields           []string
	body             []byte
	reply, marked    bool // it has references; its subject begins with Re
	torn             bool // its thread may be part of another, via a missing message
}

var (
	identifier = regexp.MustCompile(`<([^<>\s]+@[^<>\s]+)>`)
	replyMark  = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]*\]\s*)?(?:re|aw|sv|antw)(?:\[\d+\])?:\s*`)
	forePart   = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]*\]\s*|(?:re|aw|sv|antw|fwd?)(?:\[\d+\])?:\s*)`)
	mboxFrom   = regexp.MustCompile(`(?m)^(>*From )`)
)

// Archives returns the lists among files that have at least the given number of
// messages. It leaves out threads that contain a reply without headers, since their
// extent is unknown.
func Archives(paths []string, least int) ([]Archive, error) {
	var lists []Archive
	at := map[string]int{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m := archive(raw)
		list := identifierOf(m.all("list-id"))
		if m.id == "" || list == "" {
			continue
		}
		i, known := at[list]
		if !known {
			i, at[list] = len(lists), len(lists)
			lists = append(lists, Archive{Name: list})
		}
		lists[i].mails = append(lists[i].mails, m)
	}
	kept := lists[:0]
	for _, l := range lists {
		if l.settle(); len(l.mails) >= least {
			kept = append(kept, l)
		}
	}
	return kept, nil
}

// archive reads a message without decoding its body.
func archive(raw []byte) archived {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	head, body, _ := bytes.Cut(raw, []byte("\n\n"))
	m := archived{body: body}
	for i, line := range strings.Split(string(head), "\n") {
		switch {
		case i == 0 && strings.HasPrefix(line, "From "):
		case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			if n := len(m.fields); n > 0 {
				m.fields[n-1] += "\n" + line
			}
		default:
			m.fields = append(m.fields, line)
		}
	}
	if ids := identifier.FindAllStringSubmatch(m.all("message-id"), -1); len(ids) == 1 {
		m.id = ids[0][1]
	}
	m.reply = len(m.references()) > 0
	m.base = strings.ToLower(strings.Join(strings.Fields(m.all("subject")), " "))
	m.marked = replyMark.MatchString(m.base)
	for forePart.MatchString(m.base) {
		m.base = forePart.ReplaceAllString(m.base, "")
	}
	return m
}

// identifierOf returns the first label of a List-Id in lower case.
func identifierOf(listID string) string {
	if i := strings.LastIndexByte(listID, '<'); i >= 0 {
		listID = listID[i+1:]
	}
	name, _, _ := strings.Cut(strings.Trim(listID, " >\n"), ".")
	return strings.ToLower(name)
}

// all returns the values of all fields with this name, separated by spaces.
func (m archived) all(name string) string {
	var b strings.Builder
	for _, f := range m.fields {
		if n, v, ok := strings.Cut(f, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			b.WriteString(v + " ")
		}
	}
	return b.String()
}

// references returns the Message-IDs in References and In-Reply-To.
func (m archived) references() (ids []string) {
	for _, id := range identifier.FindAllStringSubmatch(m.all("references")+m.all("in-reply-to"), -1) {
		ids = append(ids, id[1])
	}
	return ids
}

// sets is a union of sets of strings.
type sets map[string]string

// find returns the representative of x's set.
func (s sets) find(x string) string {
	for s[x] != "" && s[x] != x {
		x = s[x]
	}
	return x
}

// join unites the sets of x and y.
func (s sets) join(x, y string) {
	if x, y = s.find(x), s.find(y); x != y {
		s[x] = y
	}
}

// settle finds the threads and drops messages whose thread is unknown. It marks threads
// with a reply to a missing message if another thread has the same subject.
func (l *Archive) settle() {
	joined, seen, doubt := sets{}, map[string]bool{}, map[string]bool{}
	var kept []archived
	for _, m := range l.mails {
		if !m.reply && m.marked {
			doubt[m.base] = true
		} else if !seen[m.id] {
			seen[m.id] = true
			kept = append(kept, m)
			for _, id := range m.references() {
				joined.join(id, m.id)
			}
		}
	}
	unknown, lost, subjects, torn := map[string]bool{}, map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}
	for i, m := range kept {
		thread := joined.find(m.id)
		kept[i].thread = thread
		unknown[thread] = unknown[thread] || doubt[m.base]
		lost[m.base] = lost[m.base] || m.reply && !slices.ContainsFunc(m.references(), func(id string) bool { return seen[id] })
		if subjects[m.base] == nil {
			subjects[m.base] = map[string]bool{}
		}
		subjects[m.base][thread] = true
	}
	for base, threads := range subjects {
		for thread := range threads {
			torn[thread] = torn[thread] || lost[base] && len(threads) > 1
		}
	}
	l.mails = kept[:0]
	for _, m := range kept {
		if m.torn = torn[m.thread]; !unknown[m.thread] {
			l.mails = append(l.mails, m)
		}
	}
}

// Threads is the quality of a program's threading of a list, by pairs of messages.
type Threads struct {
	Precision, Recall, F1 float64
	Certain               float64 // precision without threads that may be parts of others
	CertainF1             float64
	Mixed, CertainMixed   int // conversations with mail of more than one thread
}

// Thread runs "switchboard thread" on the list after removing the headers of a share of
// the replies. It returns the program's score and that of a simple rule: headers, else
// the newest message with the same subject.
func (l Archive) Thread(program, dir string, loss float64, seed uint64) (got, plain Threads, err error) {
	random := rand.New(rand.NewPCG(seed, 0))
	var box bytes.Buffer
	joined, newest := sets{}, map[string]string{}
	ruled := map[string]string{}
	for _, m := range l.mails {
		fields, bare := m.fields, m.reply && random.Float64() < loss
		if bare {
			fields = nil
			for _, f := range m.fields {
				name, _, _ := strings.Cut(strings.ToLower(f), ":")
				if name != "references" && name != "in-reply-to" && name != "thread-index" {
					fields = append(fields, f)
				}
			}
		}
		fmt.Fprintf(&box, "From x@y.example  Thu Aug 22 12:36:23 2002\n%s\n\n%s\n\n", strings.Join(fields, "\n"),
			bytes.TrimRight(mboxFrom.ReplaceAll(m.body, []byte(">$1")), "\n"))
		switch {
		case m.reply && !bare:
			for _, id := range m.references() {
				joined.join(id, m.id)
			}
		case m.marked && newest[m.base] != "":
			joined.join(newest[m.base], m.id)
		}
		newest[m.base] = m.id
	}
	for _, m := range l.mails {
		ruled[m.id] = joined.find(m.id)
	}
	path := filepath.Join(dir, "list.mbox")
	if err := os.WriteFile(path, box.Bytes(), 0o600); err != nil {
		return got, plain, err
	}
	out, err := exec.Command(program, "thread", path).Output()
	if err != nil {
		return got, plain, fmt.Errorf("%s thread: %w", program, err)
	}
	placed := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var line struct {
			MessageID    string `json:"message_id"`
			Conversation string `json:"conversation"`
		}
		if err := d.Decode(&line); err != nil {
			return got, plain, err
		}
		placed[strings.Trim(line.MessageID, "<>")] = line.Conversation
	}
	return l.score(placed), l.score(ruled), nil
}

// score compares the conversations of messages, by Message-ID, with the true threads.
func (l Archive) score(placed map[string]string) Threads {
	t := score(l.mails, placed)
	certain := score(l.certain(), placed)
	t.Certain, t.CertainF1, t.CertainMixed = certain.Precision, certain.F1, certain.Mixed
	return t
}

// certain returns the mails of threads whose extent the headers tell.
func (l Archive) certain() []archived {
	return slices.DeleteFunc(slices.Clone(l.mails), func(m archived) bool { return m.torn })
}

// Certain is the number of messages in threads whose extent the headers tell.
func (l Archive) Certain() int { return len(l.certain()) }

// score computes precision, recall and mixed conversations by pairs of messages. A message
// without conversation counts as alone.
func score(mails []archived, placed map[string]string) (t Threads) {
	type cell struct{ thread, conversation string }
	threads, conversations, cells := map[string]int{}, map[string]int{}, map[cell]int{}
	for _, m := range mails {
		c := placed[m.id]
		if c == "" {
			c = "missing " + m.id
		}
		threads[m.thread]++
		conversations[c]++
		cells[cell{m.thread, c}]++
	}
	right, within := 0, map[string]int{}
	for k, n := range cells {
		right += n * (n - 1) / 2
		within[k.conversation]++
	}
	for _, n := range within {
		if n > 1 {
			t.Mixed++
		}
	}
	t.Precision = share(right, pairs(conversations))
	t.Recall = share(right, pairs(threads))
	if t.Precision+t.Recall > 0 {
		t.F1 = 2 * t.Precision * t.Recall / (t.Precision + t.Recall)
	}
	return t
}

// pairs returns the number of pairs within groups of these sizes.
func pairs(sizes map[string]int) (n int) {
	for _, size := range sizes {
		n += size * (size - 1) / 2
	}
	return n
}

// share returns 1 for an empty total.
func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// Len is the number of messages in the list.
func (l Archive) Len() int { return len(l.mails) }
