//go:build !race

package normalize

const slowdown = 1
