//go:build !linux

package mail

import (
	"os"
	"syscall"
)

// residentPeak is in bytes, as Darwin counts.
func residentPeak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss
}
