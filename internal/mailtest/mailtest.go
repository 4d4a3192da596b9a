// Package mailtest starts real mail servers for tests: Dovecot as the mailbox,
// Postfix's smtp-sink and smtp-source as SMTP server and client, and a TCP proxy that
// cuts and stalls connections. Everything listens on loopback, stores its files in the
// test's temporary folder and ends with the test, or with the test process if that
// dies. A missing program fails the test.
package mailtest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for a server.
const patience = 20 * time.Second

// program finds a server's binary. Debian installs them in sbin, which is not in the
// PATH of ordinary users.
func program(t testing.TB, name, debianPackage string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/lib/postfix/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed: install the Debian package %s, or run \"make test\", which does it", name, debianPackage)
	return ""
}

// FreeAddr returns a loopback address that is free, and that is not among the ports of
// outgoing connections: one of those could take it before a server does.
func FreeAddr(t testing.TB) string {
	t.Helper()
	const first, last = 10240, 32767 // the kernel's default range of such ports is above
	var err error
	for range 100 {
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(last-first+1))); err == nil {
			l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal(err)
	return ""
}

// unprivileged returns the user that servers run as if the test runs as root, and
// whether it does.
func unprivileged(t testing.TB) (name string, uid, gid int, root bool) {
	t.Helper()
	if os.Getuid() != 0 {
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		return me.Username, os.Getuid(), os.Getgid(), false
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ = strconv.Atoi(nobody.Uid)
	gid, _ = strconv.Atoi(nobody.Gid)
	return nobody.Username, uid, gid, true
}

// folder creates a folder that the servers' user can enter. Its name is short because
// socket paths are limited to about 100 octets.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mail")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// process is a server in its own process group. A shell in between ends it when its
// standard input closes, which also happens if the test process dies.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	stdin io.Closer
	once  sync.Once
}

func start(t testing.TB, args ...string) *process {
	t.Helper()
	const script = `"$@" & child=$!; read -r _; kill $child; wait $child`
	cmd := exec.Command("/bin/sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", args[0], err)
	}
	p := &process{t: t, cmd: cmd, stdin: stdin}
	t.Cleanup(p.stop)
	return p
}

func (p *process) signal(s syscall.Signal) {
	syscall.Kill(-p.cmd.Process.Pid, s) // the group of the shell that we started
}

func (p *process) stop() {
	p.once.Do(func() {
		p.signal(syscall.SIGCONT)
		p.stdin.Close()
		ended := make(chan struct{})
		go func() { p.cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(patience):
		}
		p.signal(syscall.SIGKILL) // sessions may outlive the main process
		<-ended
	})
}

// awaitPort waits until a server answers at addr.
func awaitPort(t testing.TB, addr string) {
	t.Helper()
	await(t, "a server at "+addr, func() bool {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

// await polls until ready, and fails the test after a while.
func await(t testing.TB, what string, ready func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ready(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}
