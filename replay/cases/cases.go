// Package cases tests a policy document by examples: histories of conversations, and what
// a replay of them has to say. The examples are the files of one txtar archive:
//
//	policy.yaml   the policy; if there is none, the caller has one
//	agents.jsonl  agents of all cases, before their histories
//	NAME.jsonl    the history of the case NAME
//	NAME.yaml     a policy of this case alone
//	NAME.until    the instant at which clocks are read, if it is not that of the last event
//	NAME.want     JSON objects, each a part of what the replay says about a conversation
//
// Lines that begin with # are comments. The package is pure.
package cases

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"switchboard/replay"
	"switchboard/replay/cases/part"
	"switchboard/replay/history"
)

// Suite is an archive of cases.
type Suite struct {
	Policy  []byte // of the archive; nil if it has none
	Cases   []Case // in the archive's order
	agents  []byte
	archive *txtar.Archive
}

// Case is one example.
type Case struct {
	Name    string
	history []byte // nil: missing
	policy  []byte // nil: that of the archive
	until   time.Time
	want    []byte // nil: missing
}

// Result is the outcome of one case.
type Result struct {
	Case     string
	Problems []string // what differs; none if the case passes
}

// Names of files that do not belong to a case.
const (
	policyFile = "policy.yaml"
	agentsFile = "agents.jsonl"
	wantSuffix = ".want"
)

// Parse reads an archive.
func Parse(data []byte) (*Suite, error) {
	s := &Suite{archive: txtar.Parse(data)}
	seen := map[string]bool{}
	for _, f := range s.archive.Files {
		if seen[f.Name] {
			return nil, fmt.Errorf("%s is there twice", f.Name)
		}
		seen[f.Name] = true
		switch f.Name {
		case policyFile:
			s.Policy = f.Data
		case agentsFile:
			s.agents = uncommented(f.Data)
		default:
			if err := s.add(f); err != nil {
				return nil, err
			}
		}
	}
	for i := range s.Cases {
		if c := &s.Cases[i]; c.history == nil {
			return nil, fmt.Errorf("the case %q has no history: %s.jsonl is missing", c.Name, c.Name)
		}
	}
	if len(s.Cases) == 0 {
		return nil, errors.New("there are no cases: a case NAME has the files NAME.jsonl and NAME.want, each after a line -- FILE --")
	}
	return s, nil
}

// add adds a file to its case.
func (s *Suite) add(f txtar.File) error {
	suffix := path.Ext(f.Name)
	name := strings.TrimSuffix(f.Name, suffix)
	i := slices.IndexFunc(s.Cases, func(c Case) bool { return c.Name == name })
	if i < 0 {
		i = len(s.Cases)
		s.Cases = append(s.Cases, Case{Name: name})
	}
	c := &s.Cases[i]
	switch suffix {
	case ".jsonl":
		c.history = append([]byte{}, uncommented(f.Data)...)
	case ".yaml":
		c.policy = f.Data
	case wantSuffix:
		c.want = append([]byte{}, uncommented(f.Data)...)
	case ".until":
		text := strings.TrimSpace(string(uncommented(f.Data)))
		until, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Errorf("%s: %q is not a valid time such as 2026-03-02T17:00:00Z", f.Name, text)
		}
		c.until = until.UTC()
	default:
		return fmt.Errorf("%q is not a known file of a case: use %s, %s, NAME.jsonl, NAME.want, NAME.until or NAME.yaml", f.Name, policyFile, agentsFile)
	}
	return nil
}

// uncommented empties the lines that begin with #, so that lines keep their numbers.
func uncommented(data []byte) []byte {
	lines := bytes.Split(data, []byte("\n"))
	for i, l := range lines {
		if bytes.HasPrefix(bytes.TrimSpace(l), []byte("#")) {
			lines[i] = nil
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// Run runs every case with a policy document; one of a case itself comes before it. The
// error is a *router.PolicyError if the document is not valid.
func (s *Suite) Run(policy []byte) ([]Result, error) {
	results := make([]Result, 0, len(s.Cases))
	for i := range s.Cases {
		c := &s.Cases[i]
		got, err := s.replay(c, policy)
		if err != nil && c.policy == nil && !isHistory(err) {
			return nil, err
		}
		results = append(results, Result{c.Name, c.compare(got, err)})
	}
	return results, nil
}

// replay returns what the replay of a case says.
func (s *Suite) replay(c *Case, policy []byte) ([]*part.Object, error) {
	if c.policy != nil {
		policy = c.policy
	}
	shared := 0
	events := c.history
	if len(s.agents) > 0 {
		events = slices.Concat(bytes.TrimSuffix(s.agents, []byte("\n")), []byte("\n"), c.history)
		shared = bytes.Count(events, []byte("\n")) - bytes.Count(c.history, []byte("\n"))
	}
	var out bytes.Buffer
	err := replay.Run(policy, bytes.NewReader(events), c.until, &out)
	var line *history.Error
	if errors.As(err, &line) {
		if line.Line <= shared {
			return nil, &located{agentsFile, line.Line, line.Err}
		}
		return nil, &located{c.Name + ".jsonl", line.Line - shared, line.Err}
	}
	if err != nil {
		return nil, err
	}
	return part.Decode(out.Bytes())
}

// located is an error at a line of a file of the archive.
type located struct {
	file string
	line int
	err  error
}

func (e *located) Error() string { return fmt.Sprintf("%s:%d: %v", e.file, e.line, e.err) }

func isHistory(err error) bool {
	var l *located
	return errors.As(err, &l)
}

// compare returns how the outcome of a case differs from what it should be.
func (c *Case) compare(got []*part.Object, err error) []string {
	if err != nil {
		return []string{err.Error()}
	}
	if c.want == nil {
		return []string{c.Name + wantSuffix + " is missing"}
	}
	want, err := part.Decode(c.want)
	if err != nil {
		return []string{c.Name + wantSuffix + ": " + err.Error()}
	}
	if len(want) == 0 {
		return []string{c.Name + wantSuffix + " is empty"}
	}
	var d part.Difference
	for i, w := range want {
		key, g := partner(w, i, got)
		if g == nil {
			d.Add(key, "there is no such conversation; the history has %d", len(got))
			continue
		}
		d.Compare(key, g, w)
	}
	return d
}

// partner returns the object that an expected one is compared with, nil if there is none:
// that of the same conversation, else the one at the same place.
func partner(want *part.Object, at int, got []*part.Object) (key string, of *part.Object) {
	if name, ok := want.Get("conversation"); ok {
		i := slices.IndexFunc(got, func(g *part.Object) bool {
			key, _ := g.Get("conversation")
			return key == name
		})
		if i < 0 {
			return fmt.Sprint(name), nil
		}
		return fmt.Sprint(name), got[i]
	}
	if at >= len(got) {
		return fmt.Sprintf("object %d", at+1), nil
	}
	name, _ := got[at].Get("conversation")
	return fmt.Sprint(name), got[at]
}

// Update returns the archive with expectations that hold: those that do not are written
// again with the fields they have, and missing ones with all fields. It also returns the
// names of the cases that changed. Comments within an expectation that changes are kept
// only at its beginning.
func (s *Suite) Update(policy []byte) (archive []byte, changed []string, err error) {
	updated := &txtar.Archive{Comment: s.archive.Comment, Files: slices.Clone(s.archive.Files)}
	for i := range s.Cases {
		c := &s.Cases[i]
		got, err := s.replay(c, policy)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		if len(c.compare(got, nil)) == 0 {
			continue
		}
		changed = append(changed, c.Name)
		name := c.Name + wantSuffix
		at := slices.IndexFunc(updated.Files, func(f txtar.File) bool { return f.Name == name })
		if at < 0 {
			at = 1 + slices.IndexFunc(updated.Files, func(f txtar.File) bool { return f.Name == c.Name+".jsonl" })
			updated.Files = slices.Insert(updated.Files, at, txtar.File{Name: name})
		}
		updated.Files[at].Data = append(heading(updated.Files[at].Data), c.expectations(got)...)
	}
	return txtar.Format(updated), changed, nil
}

// heading returns the comments at the beginning of a file.
func heading(data []byte) []byte {
	n := 0
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(line, []byte("#")) {
			break
		}
		n += len(line)
	}
	return slices.Clone(data[:n])
}

// expectations returns what a case has to say, in the shape of what it says now.
func (c *Case) expectations(got []*part.Object) []byte {
	var out bytes.Buffer
	want, err := part.Decode(c.want)
	if len(want) == 0 || err != nil {
		for _, g := range got {
			part.Encode(&out, g)
			out.WriteByte('\n')
		}
		return out.Bytes()
	}
	for i, w := range want {
		if _, g := partner(w, i, got); g != nil {
			part.Encode(&out, part.Shaped(g, w))
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

// Summary counts the cases that fail.
func Summary(results []Result) (failed int) {
	for _, r := range results {
		failed += cmp.Compare(len(r.Problems), 0)
	}
	return failed
}
