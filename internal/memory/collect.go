package memory

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The garbage collector works less often while the heap is small: with twice its
// default distance, reading mail takes about a tenth less of the program's CPU time.
const (
	smallHeap     = 64 << 20 // live octets
	smallPercent  = 200
	normalPercent = 100 // Go's default: large messages stay within their budget
)

// Tune adapts the garbage collector to the size of the heap, after each collection.
// It does nothing if GOGC is set: what the operator chose is kept.
func Tune() {
	if os.Getenv("GOGC") != "" {
		return
	}
	current := normalPercent
	apply := func() {
		if p := percent(liveHeap()); p != current {
			current = p
			debug.SetGCPercent(p)
		}
	}
	apply()
	afterEachCollection(apply)
}

// percent returns the collector's target for a live heap of so many octets.
func percent(live uint64) int {
	if live < smallHeap {
		return smallPercent
	}
	return normalPercent
}

func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// afterEachCollection calls f after every garbage collection: an object that nothing
// refers to is cleaned up by each.
func afterEachCollection(f func()) {
	// Not a tiny object: those are allocated together and may be kept by others.
	runtime.AddCleanup(new([64]byte), func(f func()) { f(); afterEachCollection(f) }, f)
}
