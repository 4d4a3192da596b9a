// Package hostiletest helps tests that limit the time and memory spent on hostile
// input. It is for tests only.
package hostiletest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// ProcessorTime returns the processor time used by this process. Unlike elapsed time,
// it does not depend on how busy the machine is.
func ProcessorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// AddSeeds adds the contents of the files that match pattern to the seed corpus.
func AddSeeds(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}
