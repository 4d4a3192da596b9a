//go:build race

package normalize

// The race detector makes pools drop their contents and slows all down, so that
// the bars of time and memory say nothing under it.
const slowdown = 16
