// Package proc measures other processes from outside, without instrumenting them. It
// reads Linux's /proc.
package proc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of the times in /proc/PID/stat: USER_HZ is 100 on every
// architecture that Go runs on.
const tick = time.Second / 100

// Self is this process's CPU time, user and system.
func Self() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0 // it cannot fail with these arguments
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// stat contains the fields used of /proc/PID/stat; see proc(5).
type stat struct {
	pid, parent int
	own, reaped time.Duration
}

// read parses /proc/PID/stat.
func read(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The command is in parentheses and may contain anything.
	end := bytes.LastIndexByte(text, ')')
	fields := strings.Fields(string(text[end+1:]))
	if end < 0 || len(fields) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat has an unexpected format", pid)
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(fields[i]) // the kernel writes numbers
		return n
	}
	return stat{pid: pid, parent: number(1), own: time.Duration(number(11)+number(12)) * tick,
		reaped: time.Duration(number(13)+number(14)) * tick}, nil
}

// CPU returns the CPU time of a process, and that of all its descendants, including
// those that have ended and were waited for.
func CPU(pid int) (own, below time.Duration, err error) {
	all, err := table()
	if err != nil {
		return 0, 0, err
	}
	root, err := read(pid)
	if err != nil {
		return 0, 0, err
	}
	return root.own, root.reaped + descend(all, pid), nil
}

// descend adds up the CPU time of all descendants.
func descend(all map[int][]stat, pid int) (sum time.Duration) {
	for _, child := range all[pid] {
		sum += child.own + child.reaped + descend(all, child.pid)
	}
	return sum
}

// table returns the running processes by parent.
func table() (map[int][]stat, error) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(folders) == 0 {
		return nil, fmt.Errorf("cannot read /proc, which measurements need: %w", err)
	}
	all := map[int][]stat{}
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		if s, err := read(pid); err == nil { // it may have ended
			all[s.parent] = append(all[s.parent], s)
		}
	}
	return all, nil
}

// Memory returns a process's current and peak resident memory in octets.
func Memory(pid int) (now, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &now, "VmHWM": &peak}[name]
		if into == nil {
			continue
		}
		kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		*into = kib << 10
	}
	return now, peak, nil
}
