package localpg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder is a temporary one that the server's user can reach: the testing
// package's own are private.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Paths that a socket, a connection string or a list of folders could stumble over.
func TestAwkwardPaths(t *testing.T) {
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
				t.Errorf("%s is left behind", run)
			}
			exec1(t, start(t, Config{Dir: dir}), "select 1")
		})
	}
}

// A clone below /root is the common case: nobody but root gets through.
func TestPrivateAncestor(t *testing.T) {
	shelter := filepath.Join(folder(t), "shelter")
	defer func(was []string) { elsewhere = was }(elsewhere)
	elsewhere = []string{shelter}
	private := filepath.Join(folder(t), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(private, "data", "postgres")
	c := start(t, Config{Dir: dir})
	exec1(t, c, "create table kept (n int); insert into kept values (1) returning n")
	moved := os.Geteuid() == 0
	if got := strings.HasPrefix(c.place.home, shelter); got != moved {
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
	// A data directory that was deleted and made again begins with an empty
	// database; the former one is set aside.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c = start(t, Config{Dir: dir})
	if n := exec1(t, c, "select count(*) from pg_tables where tablename = 'kept'"); n != 0 {
		t.Error("a deleted data directory's rows came back")
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if old, err := filepath.Glob(filepath.Join(shelter, "*.old", "data", "PG_VERSION")); err != nil || len(old) != 1 {
		t.Errorf("set aside: %v, %v; want the one former database", old, err)
	}
	// The place that the record names is gone.
	if err := os.Rename(c.place.home, c.place.home+".away"); err != nil {
		t.Fatal(err)
	}
	refused(t, Config{Dir: dir}, filepath.Join(dir, "location"), c.place.home, "bring it back")
}

func TestFoldersThatAreNoCluster(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		prepare func(dir string) error
		says    []string
	}{
		{"another major version", func(dir string) error {
			return writeFiles(dir, map[string]string{"data/PG_VERSION": "9\n"})
		}, []string{"made by PostgreSQL 9", "SWITCHBOARD_PG_BIN"}},
		{"no version", func(dir string) error {
			return writeFiles(dir, map[string]string{"data/notes.txt": "mine"})
		}, []string{"is not a database", "PG_VERSION"}},
		{"no number", func(dir string) error {
			return writeFiles(dir, map[string]string{"data/PG_VERSION": "x\n"})
		}, []string{"no version", "backup"}},
		{"a file in the way", func(dir string) error {
			return os.WriteFile(dir, nil, 0o600)
		}, []string{"cannot make the database's folder", "another data directory"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(folder(t), "data")
			if err := tc.prepare(dir); err != nil {
				t.Fatal(err)
			}
			refused(t, Config{Dir: dir}, tc.says...)
		})
	}
	refused(t, Config{}, "name a data directory")
	refused(t, Config{Dir: folder(t), Ephemeral: true}, "name a data directory")
}

// writeFiles makes files as the server's user would have left them.
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

func TestEphemeralLeavesNothing(t *testing.T) {
	t.Parallel()
	c := start(t, Config{Ephemeral: true})
	exec1(t, c, "select 1")
	dir := c.place.dir
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is left behind (%v)", dir, err)
	}
}
