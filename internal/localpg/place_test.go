package localpg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder returns a temporary folder that the server's user can access; those of the
// testing package are private.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestUnusualPaths: paths with special characters of sockets, connection strings and
// path lists.
func TestUnusualPaths(t *testing.T) {
	for label, name := range map[string]string{
		"long":     strings.Repeat("a-long-name/", 15),
		"space":    "with space ключи-日本",
		"specials": `-comma,quote'and"back\slash%20`,
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(folder(t), name)
			c := start(t, Config{Dir: dir})
			exec1(t, c, "select 1")
			run := c.place.run
			if err := c.Stop(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(run); !strings.HasPrefix(run, dir) && !os.IsNotExist(err) {
				t.Errorf("%s was not removed", run)
			}
			exec1(t, start(t, Config{Dir: dir}), "select 1")
		})
	}
}

// TestPrivateAncestor: the data directory is in a folder that only root can enter, such
// as a clone below /root.
func TestPrivateAncestor(t *testing.T) {
	shared := filepath.Join(folder(t), "shared")
	defer func(old []string) { sharedFolders = old }(sharedFolders)
	sharedFolders = []string{shared}
	private := filepath.Join(folder(t), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(private, "data", "postgres")
	c := start(t, Config{Dir: dir})
	exec1(t, c, "create table kept (n int); insert into kept values (1) returning n")
	moved := os.Geteuid() == 0
	if got := strings.HasPrefix(c.place.home, shared); got != moved {
		t.Fatalf("the cluster is in %s; moved: %v, want %v", c.place.home, got, moved)
	}
	refused(t, Config{Dir: dir}, "in use by process")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	c = start(t, Config{Dir: dir})
	if n := exec1(t, c, "select count(*) from kept"); n != 1 {
		t.Errorf("%d rows", n)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if !moved {
		return
	}
	// A data directory that was deleted and created again starts with an empty
	// database; the former one is renamed.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c = start(t, Config{Dir: dir})
	if n := exec1(t, c, "select count(*) from pg_tables where tablename = 'kept'"); n != 0 {
		t.Error("the rows of a deleted data directory reappeared")
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if old, err := filepath.Glob(filepath.Join(shared, "*.old", "data", "PG_VERSION")); err != nil || len(old) != 1 {
		t.Errorf("renamed databases: %v, %v; want one", old, err)
	}
	// The recorded folder is missing.
	if err := os.Rename(c.place.home, c.place.home+".away"); err != nil {
		t.Fatal(err)
	}
	refused(t, Config{Dir: dir}, filepath.Join(dir, "location"), c.place.home, "restore it")
}

func TestInvalidClusters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		prepare func(dir string) error
		want    []string
	}{
		{"another major version", func(dir string) error {
			return writeFiles(dir, map[string]string{"data/PG_VERSION": "9\n"})
		}, []string{"created by PostgreSQL 9", "SWITCHBOARD_PG_BIN"}},
		{"no version", func(dir string) error {
			return writeFiles(dir, map[string]string{"data/notes.txt": "mine"})
		}, []string{"is not a database", "PG_VERSION"}},
		{"version not a number", func(dir string) error {
			return writeFiles(dir, map[string]string{"data/PG_VERSION": "x\n"})
		}, []string{"not a version", "backup"}},
		{"file instead of a folder", func(dir string) error {
			return os.WriteFile(dir, nil, 0o600)
		}, []string{"cannot create the database folder", "another data directory"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(folder(t), "data")
			if err := tc.prepare(dir); err != nil {
				t.Fatal(err)
			}
			refused(t, Config{Dir: dir}, tc.want...)
		})
	}
	refused(t, Config{}, "set a data directory")
	refused(t, Config{Dir: folder(t), Ephemeral: true}, "set a data directory")
}

// writeFiles creates files that belong to the server's user.
func writeFiles(dir string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
		if os.Geteuid() == 0 {
			o, err := serverUser(filepath.Join(dir, "none"))
			if err != nil {
				return err
			}
			if err := os.Chown(filepath.Dir(path), int(o.uid), int(o.gid)); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestEphemeral(t *testing.T) {
	t.Parallel()
	c := start(t, Config{Ephemeral: true})
	exec1(t, c, "select 1")
	dir := c.place.dir
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is not removed (%v)", dir, err)
	}
}
