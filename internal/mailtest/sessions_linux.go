package mailtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// FreezeSessions stops the processes that serve an account with SIGSTOP: its
// connections stay open without answering, new ones are served by other processes.
// thaw resumes them.
func (d *Dovecot) FreezeSessions(account string) (thaw func()) {
	d.t.Helper()
	var pids []int
	await(d.t, "a session of "+account, func() bool { pids = d.sessions(account); return len(pids) > 0 })
	for _, pid := range pids {
		d.must(syscall.Kill(pid, syscall.SIGSTOP))
	}
	return func() {
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGCONT) // it may have ended
		}
	}
}

// sessions lists the server's processes that serve an account, by their titles
// (verbose_proctitle).
func (d *Dovecot) sessions(account string) (pids []int) {
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	d.must(err)
	for _, path := range all {
		title, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(title, []byte("dovecot-test")) || !bytes.Contains(title, []byte("/imap ["+account+" ")) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		d.must(err)
		if d.below(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// below reports whether a process descends from the one we started.
func (d *Dovecot) below(pid int) bool {
	for pid > 1 {
		if pid == d.Pid() {
			return true
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return false
		}
		// The command is in parentheses and may contain anything; see proc(5).
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if pid, err = strconv.Atoi(fields[1]); err != nil {
			return false
		}
	}
	return false
}
