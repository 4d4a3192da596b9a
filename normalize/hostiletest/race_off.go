//go:build !race

package hostiletest

const Slowdown = 1

// bomb is how large the worst inputs are, in octets.
const Size = 1 << 20
