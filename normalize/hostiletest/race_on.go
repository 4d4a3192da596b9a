//go:build race

package hostiletest

// The race detector makes pools drop their contents and slows all down, so that
// the bars of time and memory say nothing under it.
const Slowdown = 16

// Size is how large the worst inputs are, in octets. A race needs no mebibyte;
// the bars of size are held by the run without the detector.
const Size = 64 << 10
