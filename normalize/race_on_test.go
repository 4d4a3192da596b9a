//go:build race

package normalize

// The race detector makes pools drop their contents and slows all down, so that
// the bars of time and memory say nothing under it.
const slowdown = 16

// bomb is how large the worst inputs are, in octets. A race needs no mebibyte;
// the bars of size are held by the run without the detector.
const bomb = 64 << 10
