package localpg

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Running returns the connection string of a database in the cluster that another
// process is running in dir; "" if none is. The server ends with that process.
func Running(dir, database string) string {
	p := &place{home: dir}
	if text, err := os.ReadFile(filepath.Join(dir, "location")); err == nil {
		p.home = strings.TrimSpace(string(text))
	}
	p.data = filepath.Join(p.home, "data")
	lines := p.pidFile()
	if len(lines) < 8 || !strings.HasPrefix(lines[7], "ready") {
		return ""
	}
	// The server may have been killed: its id is then unused, a zombie's or another process's.
	pid, err := strconv.Atoi(lines[0])
	if err != nil || syscall.Kill(pid, 0) == syscall.ESRCH {
		return ""
	}
	if mine, known := serves(pid, lines[1]); known && !mine {
		return ""
	}
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable", quote(lines[4]), lines[3], superuser, quote(database))
}
