//go:build !race

package normalize

const slowdown = 1

// bomb is how large the worst inputs are, in octets.
const bomb = 1 << 20
