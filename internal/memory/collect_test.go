package memory

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestTune: the collector's target follows the size of the heap, in both directions.
func TestTune(t *testing.T) {
	t.Setenv("GOGC", "")
	if err := os.Unsetenv("GOGC"); err != nil {
		t.Fatal(err)
	}
	Tune()
	want := func(name string, target int) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			runtime.GC()
			got := debug.SetGCPercent(-1)
			debug.SetGCPercent(got)
			if got == target {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: the target is %d, want %d", name, got, target)
			}
		}
	}
	want("small heap", smallPercent)
	large := make([]byte, 2*smallHeap)
	want("large heap", normalPercent)
	runtime.KeepAlive(large)
	want("small heap again", smallPercent)
}
