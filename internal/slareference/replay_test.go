package slareference_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata"

	"switchboard/internal/slareference"
	"switchboard/replay"
)

var (
	cases = flag.Int("cases", 300, "how many random cases TestReplayEqualsReference compares")
	seed  = flag.Uint64("seed", 1, "the first seed of the random cases")
)

// replayed returns the output of the product.
func replayed(c slareference.Case) ([]byte, error) {
	var out bytes.Buffer
	err := replay.Run(c.Policy.YAML(), bytes.NewReader(c.JSONL()), c.Until, &out)
	return out.Bytes(), err
}

func generate(seed uint64) slareference.Case {
	return slareference.Generate(rand.New(rand.NewPCG(seed, 0)))
}

// compare returns a description of the difference between a replay and the reference,
// empty if there is none.
func compare(c slareference.Case) (difference string, err error) {
	want, err := slareference.Simulate(c)
	if err != nil || want.Undefined != "" {
		return "", err
	}
	expected := slareference.Encode(want.Results)
	output, err := replayed(c)
	if err != nil {
		return fmt.Sprintf("replay fails: %v\n\nthe reference has:\n%s", err, expected), nil
	}
	results, err := slareference.Decode(output)
	if err != nil {
		return err.Error(), nil
	}
	if actual := slareference.Encode(results); actual != expected {
		return diff(actual, expected), nil
	}
	return "", nil
}

// diff marks the lines that differ: "-" only the replay has them, "+" only the reference.
func diff(actual, expected string) string {
	var out bytes.Buffer
	a, b := strings.Split(actual, "\n"), strings.Split(expected, "\n")
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			fmt.Fprintln(&out, "  "+a[0])
			a, b = a[1:], b[1:]
		case len(a) > 0 && (len(b) == 0 || !contains(b, a[0])):
			fmt.Fprintln(&out, "- "+a[0])
			a = a[1:]
		default:
			fmt.Fprintln(&out, "+ "+b[0])
			b = b[1:]
		}
	}
	return out.String()
}

func contains(lines []string, line string) bool {
	for _, l := range lines {
		if l == line {
			return true
		}
	}
	return false
}

// report describes a case that fails, as small as possible.
func report(t *testing.T, c slareference.Case) {
	t.Helper()
	small := slareference.Shrink(c, func(c slareference.Case) bool {
		difference, err := compare(c)
		return difference != "" && err == nil
	})
	difference, err := compare(small)
	if err != nil {
		t.Fatal(err)
	}
	t.Errorf("policy:\n%s\nhistory, until %s:\n%s\n- replay, + reference:\n%s",
		small.Policy.YAML(), small.Until.Format(time.RFC3339), small.JSONL(), difference)
}

// TestReplayEqualsReference compares random cases. -cases and -seed choose others.
func TestReplayEqualsReference(t *testing.T) {
	var failed, equal atomic.Int64
	var next atomic.Uint64
	var wg sync.WaitGroup
	var reporting sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < uint64(*cases) && failed.Load() < 5; n = next.Add(1) - 1 {
				c := generate(*seed + n)
				difference, err := compare(c)
				if err != nil {
					t.Errorf("seed %d: %v", *seed+n, err)
					return
				}
				if difference == "" {
					equal.Add(1)
					continue
				}
				failed.Add(1)
				reporting.Lock()
				t.Logf("seed %d", *seed+n)
				report(t, c)
				reporting.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d cases are equal", equal.Load())
}

// FuzzReplay lets the fuzzer make the decisions of the generator.
func FuzzReplay(f *testing.F) {
	sum := sha256.Sum256([]byte{0})
	f.Add(bytes.Repeat(sum[:], 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		c := slareference.Generate(rand.New(slareference.NewBytes(data)))
		difference, err := compare(c)
		if err != nil {
			t.Fatal(err)
		}
		if difference != "" {
			report(t, c)
		}
	})
}
