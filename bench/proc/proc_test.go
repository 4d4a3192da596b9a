package proc

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestCPU checks that the time of a running and of an ended grandchild is counted.
func TestCPU(t *testing.T) {
	const burn = `i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done`
	cmd := exec.Command("/bin/sh", "-c", `sh -c '`+burn+`'; sh -c '`+burn+`; echo ready; read -r _; :' & cat >/dev/null; kill $!; wait`)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	own, below, err := CPU(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if below < 4*tick || own > below/2 {
		t.Errorf("the shell used %v and its descendants %v, want all of it in the descendants", own, below)
	}
	if _, _, err := CPU(-1); err == nil {
		t.Error("no error for a process that does not exist")
	}
}

func TestSelf(t *testing.T) {
	before := Self()
	for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
	}
	if used := Self() - before; used <= 0 {
		t.Errorf("50 ms of work used %v", used)
	}
	now, peak, err := Memory(os.Getpid())
	if err != nil || now < 1<<20 || peak < now {
		t.Errorf("this process holds %d octets, at most %d: %v", now, peak, err)
	}
}
