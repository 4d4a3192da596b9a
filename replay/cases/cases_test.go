package cases

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/router"
)

// TestExamples runs the archives, with the default policy if they have none.
func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(data)
		if err != nil {
			t.Fatal(file, err)
		}
		policy := s.Policy
		if policy == nil {
			policy = router.Default
		}
		results, err := s.Run(policy)
		if err != nil {
			t.Fatal(file, err)
		}
		for _, r := range results {
			for _, p := range r.Problems {
				t.Errorf("%s: %s: %s", file, r.Case, p)
			}
		}
		if updated, changed, err := s.Update(policy); err != nil || len(changed) > 0 || !bytes.Equal(updated, data) {
			t.Errorf("%s: an update of cases that pass changes %q, %v", file, changed, err)
		}
	}
}

const archive = `Two cases.
-- agents.jsonl --
{"agent":"ana","tiers":[1]}
-- a.jsonl --
# A comment.
{"at":"2026-03-02T09:00:00Z","c":"c1","do":"receive","channel":"email","from":"jo@acme.example","text":"Hello"}
LINE
-- a.want --
WANT
-- b.jsonl --
{"at":"2026-03-02T09:00:00Z","c":"c2","do":"receive","channel":"chat","from":"jo@acme.example","text":"Hello"}
-- b.want --
{"conversation":"c2"}
`

// TestDifferences: what differs is named, and nothing else.
func TestDifferences(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ line, want, problem string }{
		{"", `{"conversation":"c1","inbox":"frontline","tier":1.0}`, ""},
		{"", `{"clocks":[{"due_at":"2026-03-02T14:00:00+01:00","used_s":0}]}`, ""},
		{"", "# why\n{\"inbox\":\n \"frontline\"}", ""},
		{"", `{"inbox":"billing"}`, `c1.inbox: got "frontline", want "billing"`},
		{"", `{"clocks":[{"due_at":"2026-03-02T14:00:00Z"}]}`, `c1.clocks[0].due_at: got "2026-03-02T13:00:00Z", want "2026-03-02T14:00:00Z"`},
		{"", `{"clocks":[]}`, "c1.clocks: got 1 items, want 0\n\tgot  [{"},
		{"", `{"fired":[{"escalation":"x"}]}`, "c1.fired: got 0 items, want 1\n\tgot  []\n\twant [{\"escalation\":\"x\"}]"},
		{"", `{"measures":3}`, "c1.measures: got {"},
		{"", `{"assignee":"ana"}`, `c1.assignee: got null, want "ana"`},
		{"", `{"inbox":null}`, `c1.inbox: got "frontline", want null`},
		{"", `{"inbocks":1}`, `c1: there is no field "inbocks"; the fields are [assignee clocks`},
		{"", `{"conversation":"c9"}`, "c9: there is no such conversation; the history has 1"},
		{"", "{}\n{}", "object 2: there is no such conversation; the history has 1"},
		{"", "", "a.want is empty"},
		{"", `{"inbox":`, "a.want: line 1: unexpected EOF"},
		{"", "{}\n7", "a.want: line 2: must be a JSON object"},
		{`{"at":"2026-03-02T10:00:00Z","c":"c1","do":"reply","by":"bob"}`, "{}", `a.jsonl:3: by: agent "bob" is unknown`},
		{`{"at":"2026-03-02T10:00:00Z","c":"c1","do":"reply","by":"ana"}`, `{"status":"pending","assignee":"ana"}`, ""},
	} {
		s, err := Parse([]byte(strings.NewReplacer("LINE", tt.line, "WANT", tt.want).Replace(archive)))
		if err != nil {
			t.Fatal(err)
		}
		results, err := s.Run(router.Default)
		if err != nil || len(results) != 2 || len(results[1].Problems) != 0 {
			t.Fatal(results, err)
		}
		got := strings.Join(results[0].Problems, "\n")
		if !strings.HasPrefix(got, tt.problem) || (tt.problem == "") != (got == "") {
			t.Errorf("%s: %q, want %q", tt.want, got, tt.problem)
		}
	}
}

// TestUpdate: an expectation that does not hold is written with the fields it has, and
// then holds.
func TestUpdate(t *testing.T) {
	t.Parallel()
	for want, updated := range map[string]string{
		"# why\n{\"tier\":2,\"inbox\":\"billing\"}": "# why\n{\"inbox\":\"frontline\",\"tier\":1}\n",
		`{"clocks":[{"metric":"x"},{}]}`:            `{"clocks":[{"metric":"first_response"}]}` + "\n",
		`{"clocks":[{"metric":"x"}],"lost":1}`:      `{"clocks":[{"metric":"first_response"}]}` + "\n",
		`{"tier":1.0}`:                              `{"tier":1.0}` + "\n",
	} {
		s, err := Parse([]byte(strings.NewReplacer("LINE", "", "WANT", want).Replace(archive)))
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := s.Update(router.Default)
		if err != nil || !strings.Contains(string(data), "-- a.want --\n"+updated+"-- b.jsonl --") {
			t.Errorf("%s: %s, %v", want, data, err)
			continue
		}
		again, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if results, err := again.Run(router.Default); err != nil || Summary(results) != 0 {
			t.Errorf("%s: after the update: %v, %v", want, results, err)
		}
	}
	missing, _, _ := strings.Cut(archive, "-- a.want --")
	s, err := Parse([]byte(strings.Replace(missing, "LINE", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if results, err := s.Run(router.Default); err != nil || Summary(results) != 1 || !slices.Equal(results[0].Problems, []string{"a.want is missing"}) {
		t.Error(results, err)
	}
	if data, changed, err := s.Update(router.Default); err != nil || len(changed) != 1 || !strings.Contains(string(data), "-- a.want --\n{\"conversation\":\"c1\",\"status\":\"open\"") {
		t.Errorf("%s, %v", data, err)
	}
}

// TestParse: an archive that cannot be meant is refused.
func TestParse(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		"":                                    "there are no cases",
		"-- a.want --\n{}\n":                  `the case "a" has no history: a.jsonl is missing`,
		"-- a.jsonl --\n-- a.json --\n":       `"a.json" is not a known file of a case`,
		"-- a.jsonl --\n-- a.jsonl --\n":      "a.jsonl is there twice",
		"-- a.jsonl --\n-- a.until --\nnow":   `a.until: "now" is not a valid time`,
		"-- policy.yaml --\nversion: 1\n":     "there are no cases",
		"-- agents.jsonl --\n{\"agent\":1}\n": "there are no cases",
	} {
		if _, err := Parse([]byte(data)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", data, err, want)
		}
	}
	s, err := Parse([]byte("-- agents.jsonl --\n\n{\"agent\":\"\"}\n-- a.jsonl --\n"))
	if err != nil {
		t.Fatal(err)
	}
	if results, err := s.Run(router.Default); err != nil || len(results) != 1 || !strings.HasPrefix(strings.Join(results[0].Problems, ""), "agents.jsonl:2: ") {
		t.Error(results, err)
	}
	var invalid *router.PolicyError
	if _, err := s.Run([]byte("version: 7")); !errors.As(err, &invalid) {
		t.Error("a policy that is not valid:", err)
	}
}
