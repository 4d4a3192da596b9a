package localpg

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// guard is a shell process that stops the server and removes an ephemeral cluster when
// this process ends without doing so. Its standard input is a pipe that only this
// process holds, so end of file means that this process has ended, even by SIGKILL.
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// guardScript takes the data folder, the signal to send, and the paths to remove. A
// line on standard input means that the cluster was stopped normally.
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

// newGuard starts a guard if one is needed: for an ephemeral cluster, and where the
// kernel does not end the server with its parent.
func newGuard(p *place, ephemeral bool) (*guard, error) {
	if endsWithParent && !ephemeral {
		return &guard{}, nil
	}
	args := []string{"-c", guardScript, "switchboard-guard", p.data, "INT"}
	if ephemeral {
		args[4] = "QUIT"
		args = append(args, p.leftovers()...)
	}
	// Without inherited output streams: `go test` would wait for them to be closed.
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the guard of the database: %w", err)
	}
	return &guard{cmd: cmd, pipe: pipe}, nil
}

// dismiss ends the guard after the server was stopped normally.
func (g *guard) dismiss() {
	if g == nil || g.cmd == nil {
		return
	}
	// Errors mean that the shell has already ended.
	_, _ = io.WriteString(g.pipe, "done\n")
	_ = g.pipe.Close()
	_ = g.cmd.Wait()
}
