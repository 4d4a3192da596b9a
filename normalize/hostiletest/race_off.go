//go:build !race

package hostiletest

const Slowdown = 1

// Size is the size of the largest inputs in octets.
const Size = 1 << 20
