package localpg

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// guard is a shell that waits for this process to end without a word. It then
// stops the server, and removes an ephemeral cluster. Its standard input is a
// pipe that only this process holds, so that end of file means that the process
// is gone, by SIGKILL too.
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// guardScript: $1 is the data folder, $2 the signal, $3 and following are what
// to remove. A line on standard input is the orderly end.
const guardScript = `trap '' HUP INT TERM
read -r line && exit 0
pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
	kill -s "$2" "$pid" 2>/dev/null
	n=0
	while [ -e "$1/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null && [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done
fi
shift 2
[ $# -eq 0 ] || rm -rf -- "$@"
`

// newGuard posts a guard where one is needed: for an ephemeral cluster, and
// where the kernel does not end the server with its parent.
func newGuard(p *place, ephemeral bool) (*guard, error) {
	if watched && !ephemeral {
		return &guard{}, nil
	}
	args := []string{"-c", guardScript, "switchboard-guard", p.data, "INT"}
	if ephemeral {
		args[4] = "QUIT"
		args = append(args, p.leftovers()...)
	}
	// Without output streams of ours: a test run would wait for them to be closed.
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot watch over the database: %w", err)
	}
	return &guard{cmd: cmd, pipe: pipe}, nil
}

// dismiss ends the watch; the server has been stopped in order.
func (g *guard) dismiss() {
	if g == nil || g.cmd == nil {
		return
	}
	// If the shell is gone already, there is nothing left to tell it.
	_, _ = io.WriteString(g.pipe, "done\n")
	_ = g.pipe.Close()
	_ = g.cmd.Wait()
}
