//go:build !linux

package localpg

import "syscall"

// endWithParent does nothing, because the kernel has no such feature; the guard process
// replaces it.
func endWithParent(*syscall.SysProcAttr) {}

const endsWithParent = false
