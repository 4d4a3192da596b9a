//go:build !linux

package localpg

import "syscall"

// endWithParent does nothing where the kernel offers no such service; the guard
// process stands in.
func endWithParent(*syscall.SysProcAttr) {}

const watched = false
