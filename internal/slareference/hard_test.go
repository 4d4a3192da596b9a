package slareference_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"switchboard/internal/slareference"
	"switchboard/replay"
)

var update = flag.Bool("update", false, "find the hardest of -among random cases and write them to replay/testdata")

var among = flag.Int("among", 5000, "how many random cases -update searches")

const hardFiles = "../../replay/testdata/hard-*.txtar"

// TestHardCases replays the hardest of many random cases: those that exercise the most
// parts of the rules. Their results are those of the reference when they were written.
func TestHardCases(t *testing.T) {
	if *update {
		writeHardest(t, 20)
	}
	files, err := filepath.Glob(hardFiles)
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s: %v", hardFiles, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if have, want := replayFiles(t, archive), content(archive, "want"); have != want {
				t.Errorf("- replay, + reference:\n%s", diff(have, want))
			}
		})
	}
}

func content(archive *txtar.Archive, name string) string {
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// replayFiles replays what is in a file.
func replayFiles(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	until, err := time.Parse(time.RFC3339, strings.TrimSpace(content(archive, "until")))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := replay.Run([]byte(content(archive, "policy.yaml")), strings.NewReader(content(archive, "history.jsonl")), until, &out); err != nil {
		t.Fatal(err)
	}
	results, err := slareference.Decode(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return slareference.Encode(results)
}

// hardCase is a case and how hard it is.
type hardCase struct {
	seed   uint64
	events int
	slareference.Outcome
}

// writeHardest replaces the files by the hardest cases in which replay and reference
// agree; of equally hard ones by those with the least events.
func writeHardest(t *testing.T, count int) {
	t.Helper()
	var list []hardCase
	for seed := range uint64(*among) {
		c := generate(seed)
		out, err := slareference.Simulate(c)
		if err != nil {
			t.Fatal(err)
		}
		if out.Undefined == "" {
			list = append(list, hardCase{seed, len(c.Events), out})
		}
	}
	slices.SortStableFunc(list, func(a, b hardCase) int {
		return cmp.Or(b.Features.Hardness()-a.Features.Hardness(), a.events-b.events)
	})
	old, err := filepath.Glob(hardFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	written := 0
	for _, h := range list {
		if difference, err := compare(generate(h.seed)); difference != "" || err != nil {
			continue
		}
		if written++; written > count {
			return
		}
		h.write(t, strings.Replace(hardFiles, "*", fmt.Sprintf("%02d", written), 1))
	}
}

func (h hardCase) write(t *testing.T, file string) {
	t.Helper()
	c := generate(h.seed)
	archive := &txtar.Archive{
		Comment: fmt.Appendf(nil, "A random history that exercises %d parts of the rules of clocks and stints. The results were calculated minute by\nminute, see internal/slareference.\n", h.Features.Hardness()),
		Files: []txtar.File{
			{Name: "policy.yaml", Data: c.Policy.YAML()},
			{Name: "history.jsonl", Data: c.JSONL()},
			{Name: "until", Data: []byte(c.Until.Format(time.RFC3339) + "\n")},
			{Name: "want", Data: []byte(slareference.Encode(h.Results))},
		},
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
