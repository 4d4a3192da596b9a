package pgbin

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	have := func(majors ...int) (b []Binaries) {
		for _, m := range majors {
			b = append(b, Binaries{Dir: "/pg/" + strconv.Itoa(m), Major: m})
		}
		return b
	}
	for _, tc := range []struct {
		name    string
		found   []Binaries
		cluster int
		want    int
		err     string
	}{
		{"first suitable version", have(14, 16, 18), 0, 16, ""},
		{"version of the cluster", have(18, 15), 15, 15, ""},
		{"none installed", nil, 0, 0, "not found: apt-get install"},
		{"too old", have(13, 14), 0, 0, "15 or newer is required, this machine has 13 (/pg/13), 14 (/pg/14)"},
		{"cluster of another version", have(18), 15, 0, "created by PostgreSQL 15, this machine has 18 (/pg/18): install PostgreSQL 15"},
		{"cluster, none installed", nil, 16, 0, "created by PostgreSQL 16, which is not installed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := choose(tc.found, tc.cluster)
			if got.Major != tc.want {
				t.Errorf("chose %d, want %d", got.Major, tc.want)
			}
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(strings.Replace(err.Error(), "brew install postgresql@17", "apt-get install postgresql", 1), tc.err) {
				t.Errorf("error %v, want %q", err, tc.err)
			}
		})
	}
}

// install creates a folder whose postgres prints the given version.
func install(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"postgres": "#!/bin/sh\necho '" + version + "'\n", "initdb": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	old, suitable := install(t, "postgres (PostgreSQL) 14.9"), install(t, "postgres (PostgreSQL) 97beta1")
	links := t.TempDir()
	if err := os.Symlink(filepath.Join(suitable, "postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SWITCHBOARD_PG_BIN", "")
	t.Setenv("PATH", strings.Join([]string{".", "", t.TempDir(), old, links}, ":"))
	if b, err := Find(t.Context(), "", 0); err != nil || b.Major != 97 || b.Dir != suitable {
		t.Errorf("found %+v, %v; want 97 in the folder that the link points to", b, err)
	}
	if b, err := Find(t.Context(), "", 14); err != nil || b.Major != 14 {
		t.Errorf("found %+v, %v; want the version of the cluster", b, err)
	}
	if _, err := Find(t.Context(), old, 0); err == nil || !strings.Contains(err.Error(), "15 or newer") {
		t.Errorf("an old version in a given folder: %v", err)
	}
	t.Setenv("SWITCHBOARD_PG_BIN", install(t, "something else"))
	if _, err := Find(t.Context(), "", 0); err == nil || !strings.Contains(err.Error(), "contains no usable PostgreSQL") {
		t.Errorf("no server in the given folder: %v", err)
	}
}

func TestNewestFirst(t *testing.T) {
	if newestFirst("/usr/lib/postgresql/9/bin", "/usr/lib/postgresql/17/bin") <= 0 {
		t.Error("9 is sorted before 17")
	}
}
