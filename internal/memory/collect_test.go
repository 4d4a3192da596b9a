package memory

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// TestTune: the collector's target follows the size of the heap, in both directions.
func TestTune(t *testing.T) {
	t.Setenv("GOGC", "")
	if err := os.Unsetenv("GOGC"); err != nil {
		t.Fatal(err)
	}
	before := debug.SetGCPercent(normalPercent)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	Tune()
	collected := make(chan struct{}, 1)
	afterEachCollection(func() {
		select {
		case collected <- struct{}{}:
		default:
		}
	})
	want := func(name string, target int) {
		t.Helper()
		got := 0
		for range 100 { // the two functions that are called after a collection have no order
			runtime.GC()
			<-collected
			sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
			metrics.Read(sample)
			if got = int(sample[0].Value.Uint64()); got == target {
				return
			}
		}
		t.Fatalf("%s: the target is %d, want %d", name, got, target)
	}
	want("small heap", smallPercent)
	large := make([]byte, 2*smallHeap)
	want("large heap", normalPercent)
	runtime.KeepAlive(large)
	want("small heap again", smallPercent)
}
