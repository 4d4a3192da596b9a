package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// verdict is the result of the tests for a mutant.
type verdict int

const (
	killed verdict = iota
	timedOut
	survived
	notCompiled
)

// String names a verdict in the output.
func (v verdict) String() string {
	return [...]string{"killed", "killed (time limit)", "survived", "does not compile"}[v]
}

const (
	// The tests of a mutant may take this many times as long as those of the original,
	slower = 4
	// and at least this long, since the machine does other work too.
	leastTime = 20 * time.Second
	// buildTime is added for compiling and linking, which mutants do not slow down.
	buildTime = 3 * time.Minute
	// memory bounds what a mutant that allocates in an endless loop can take.
	memory = 8 << 20 // KiB of address space
)

// trier runs tests against mutants.
type trier struct {
	root    string
	dir     string              // for the mutants' files
	outside map[string][]string // packages whose tests cover a package from outside

	mu       sync.Mutex
	baseline map[string]func() (time.Duration, error) // by package
}

// try runs the tests of the mutant's package, then those that test it from outside.
func (t *trier) try(ctx context.Context, n int, m Mutant) (verdict, error) {
	overlay, err := t.write(n, m)
	if err != nil {
		return 0, err
	}
	for _, pkg := range append([]string{"./" + m.Package}, t.outside[m.Package]...) {
		took, err := t.unchanged(ctx, pkg)
		if err != nil {
			return 0, err
		}
		v, err := t.test(ctx, pkg, overlay, max(leastTime, slower*took))
		if v != survived || err != nil {
			return v, err
		}
	}
	return survived, nil
}

// write puts the mutated file beside the tree and returns the overlay (go help
// build, -overlay) that names it.
func (t *trier) write(n int, m Mutant) (overlay string, err error) {
	file := filepath.Join(t.dir, fmt.Sprintf("%d.go", n))
	if err := os.WriteFile(file, []byte(m.text), 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(t.root, m.File): file}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(t.dir, fmt.Sprintf("%d.json", n))
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// unchanged returns how long the tests of a package take without a mutant. It returns
// an error if they fail.
func (t *trier) unchanged(ctx context.Context, pkg string) (time.Duration, error) {
	t.mu.Lock()
	once := t.baseline[pkg]
	if once == nil {
		once = sync.OnceValues(func() (time.Duration, error) {
			// Twice: the first one also builds.
			if out, _, err := t.run(ctx, pkg, "", 10*time.Minute); err != nil {
				return 0, fmt.Errorf("the tests of %s fail without a mutant: %w\n%s", pkg, err, out)
			}
			begin := time.Now()
			_, _, err := t.run(ctx, pkg, "", 10*time.Minute)
			return time.Since(begin), err
		})
		t.baseline[pkg] = once
	}
	t.mu.Unlock()
	return once()
}

// test runs a package's tests with the overlay and judges their output.
func (t *trier) test(ctx context.Context, pkg, overlay string, limit time.Duration) (verdict, error) {
	out, late, err := t.run(ctx, pkg, overlay, limit)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case late || strings.Contains(out, "panic: test timed out after"):
		return timedOut, nil
	case err == nil:
		return survived, nil
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		return notCompiled, nil
	case strings.Contains(out, "FAIL\t") || strings.Contains(out, "--- FAIL"):
		return killed, nil
	}
	return 0, fmt.Errorf("go test %s: %w: %s", pkg, err, out)
}

// run runs a package's tests and returns their output. late means that they were killed
// because they exceeded the time limit.
func (t *trier) run(ctx context.Context, pkg, overlay string, limit time.Duration) (out string, late bool, err error) {
	bound, cancel := context.WithTimeout(ctx, limit+buildTime)
	defer cancel()
	args := []string{"-c", fmt.Sprintf(`ulimit -v %d 2>/dev/null; exec "$@"`, memory), "sh",
		"go", "test", "-short", "-failfast", "-count=1", "-vet=off", "-timeout", limit.String()}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(bound, "sh", append(args, pkg)...)
	cmd.Dir = t.root
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	text, err := cmd.CombinedOutput()
	return string(text), bound.Err() != nil && ctx.Err() == nil, err
}
