//go:build race

package hostiletest

// The race detector empties pools and slows everything down, so limits of time and
// memory mean nothing with it.
const Slowdown = 16

// Size is the size of the largest inputs in octets. Finding races does not need 1
// MiB; the run without the race detector checks the limits.
const Size = 64 << 10
