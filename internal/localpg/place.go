package localpg

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	port       = "5432" // part of the socket's file name only
	socketName = "/.s.PGSQL." + port
	// socketLimit is the length of sun_path on the BSDs without its terminator; Linux
	// allows four bytes more.
	socketLimit = 103
)

// sharedFolders is where root keeps clusters whose user cannot access the data directory.
var sharedFolders = []string{"/var/lib/switchboard", "/var/tmp/switchboard"}

// place is the cluster on disk. dir is the configured folder, home the one that contains
// the cluster; they are the same unless root had to use another one.
type place struct {
	dir, home string
	data      string // PGDATA
	run       string // folder of the socket
	owner     *owner // user the server runs as; nil is the current user
	locks     []*os.File
}

// openPlace decides where the cluster is, creates the folders and takes the lock.
func openPlace(cfg Config) (*place, error) {
	p := &place{}
	var err error
	switch {
	case cfg.Ephemeral == (cfg.Dir != ""):
		return nil, errors.New("the database needs a folder: set a data directory")
	case cfg.Ephemeral:
		p.dir, err = temporaryFolder()
	default:
		p.dir, err = ownFolder(cfg.Dir)
	}
	if err != nil {
		return nil, err
	}
	if err := p.lockAndLocate(); err != nil {
		p.release(cfg.Ephemeral)
		return nil, err
	}
	return p, nil
}

// lockAndLocate locks the folder and finds the cluster's home.
func (p *place) lockAndLocate() error {
	if err := p.lock(p.dir); err != nil {
		return err
	}
	if err := p.findHome(); err != nil {
		return err
	}
	p.data = filepath.Join(p.home, "data")
	if p.home != p.dir {
		if err := p.lock(p.home); err != nil {
			return err
		}
	}
	return p.checkOwner()
}

// ownFolder creates the cluster's folder. If root owns it, other users may pass through
// it, because the server's user needs to reach its own folders inside, which are 0700.
func ownFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, folderMode()); err != nil {
		return "", fmt.Errorf("cannot create the database folder: %w: choose another data directory", err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(dir, folderMode()); err != nil {
			return "", fmt.Errorf("cannot make the database folder accessible to its user: %w", err)
		}
	}
	return filepath.EvalSymlinks(dir)
}

func folderMode() os.FileMode {
	if os.Geteuid() == 0 {
		return 0o711
	}
	return 0o700
}

// temporaryFolder creates the folder of an ephemeral cluster where the server's user can
// access it and the socket's path is short.
func temporaryFolder() (string, error) {
	var first error
	for _, base := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		dir, err := os.MkdirTemp(base, "switchboard-pg-")
		if err == nil {
			return ownFolder(dir)
		}
		first = errors.Join(first, err)
	}
	return "", fmt.Errorf("cannot create a temporary folder for the database: %w", first)
}

// lock locks the folder for this process; the kernel releases the lock when the process
// ends.
func (p *place) lock(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("cannot use the database folder: %w: start as the user that owns it, or choose another data directory", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 20)
		n, _ := f.Read(holder) // the message may lack the process id
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("the database in %s is in use by process %s: stop that process first, or choose another data directory", dir, strings.TrimSpace(string(holder[:n])))
		}
		return fmt.Errorf("cannot lock %s: %w: choose a data directory on a local disk", f.Name(), err)
	}
	p.locks = append(p.locks, f)
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("cannot write %s: %w", f.Name(), err)
	}
	_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// findHome uses the folder in Dir/location, or Dir itself, or, for root, a folder
// that the server's user can access.
func (p *place) findHome() error {
	record := filepath.Join(p.dir, "location")
	p.home = p.dir
	if text, err := os.ReadFile(record); err == nil {
		p.home = strings.TrimSpace(string(text))
		if _, err := os.Stat(p.home); err != nil {
			return fmt.Errorf("according to %s the database is in %s, which cannot be opened (%w): restore it, or remove %s to start with an empty database", record, p.home, errors.Unwrap(err), record)
		}
	}
	if os.Geteuid() != 0 {
		return nil
	}
	var err error
	if p.owner, err = serverUser(filepath.Join(p.home, "data")); err != nil {
		return err
	}
	blocked := p.owner.blockedAt(p.home)
	if blocked == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(p.home, "data")); err == nil {
		return fmt.Errorf("the database in %s runs as user %s, which cannot enter %s: chmod o+x %s", p.home, p.owner.name, blocked, blocked)
	}
	if p.home, err = p.createShared(); err != nil {
		return err
	}
	return os.WriteFile(record, []byte(p.home+"\n"), 0o644)
}

// createShared creates a home in a shared folder, named after the data directory. An
// existing one belonged to a data directory that was deleted since: its data is not
// reused but renamed to .old, replacing any earlier .old.
func (p *place) createShared() (string, error) {
	base, err := p.owner.sharedFolder()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(p.dir))
	home := filepath.Join(base, hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(filepath.Join(home, "data")); err == nil {
		err := os.RemoveAll(home + ".old")
		if err == nil {
			err = os.Rename(home, home+".old")
		}
		if err != nil {
			return "", fmt.Errorf("cannot rename the former database: %w", err)
		}
	}
	if err := os.MkdirAll(home, 0o711); err != nil {
		return "", fmt.Errorf("cannot create the database folder: %w", err)
	}
	return home, nil
}

// checkOwner refuses a cluster of another user. PostgreSQL would refuse it, too, with a
// less helpful message.
func (p *place) checkOwner() error {
	info, err := os.Stat(p.data)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot open the database: %w", err)
	}
	uid := info.Sys().(*syscall.Stat_t).Uid
	if p.owner == nil && int(uid) != os.Geteuid() {
		return fmt.Errorf("the database in %s belongs to user %s: start as that user or as root, or choose another data directory", p.home, userName(uid))
	}
	if uid == 0 {
		return fmt.Errorf("the database in %s belongs to root, but PostgreSQL refuses to run as root: chown -R postgres %s", p.home, p.data)
	}
	return nil
}

// mkdir creates a folder that only the server's user may enter.
func (p *place) mkdir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot create the database folder: %w", err)
	}
	if p.owner != nil {
		if err := os.Chown(dir, int(p.owner.uid), int(p.owner.gid)); err != nil {
			return fmt.Errorf("cannot give %s to user %s: %w", dir, p.owner.name, err)
		}
	}
	return os.Chmod(dir, 0o700)
}

// openRun creates the socket's folder: beside the data, or, if that path is too long for
// a socket or contains special characters of connection strings, a short temporary one,
// whose path is in Dir/run.at until the cluster stops.
func (p *place) openRun() error {
	p.run = filepath.Join(p.home, "run")
	note := filepath.Join(p.home, "run.at")
	if old, err := os.ReadFile(note); err == nil {
		p.removeShortRun(strings.TrimSpace(string(old)))
	}
	if len(p.run)+len(socketName) <= socketLimit && !strings.ContainsAny(p.run, ",'\"\\\n") {
		return p.mkdir(p.run)
	}
	for _, base := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		dir, err := os.MkdirTemp(base, "swb-")
		if err != nil {
			continue
		}
		if len(dir)+len(socketName) > socketLimit || p.owner != nil && p.owner.blockedAt(base) != "" {
			os.Remove(dir)
			continue
		}
		p.run = dir
		if err := p.mkdir(dir); err != nil {
			return err
		}
		return os.WriteFile(note, []byte(dir+"\n"), 0o600)
	}
	return fmt.Errorf("the path of %s is too long for a socket, and no temporary folder can be created: choose a data directory with a shorter path", p.home)
}

// removeShortRun removes a socket folder that a killed process left behind, and only the
// files that a server creates there.
func (p *place) removeShortRun(dir string) {
	if !strings.HasPrefix(filepath.Base(dir), "swb-") {
		return
	}
	for _, name := range []string{socketName, socketName + ".lock", ""} {
		os.Remove(dir + name)
	}
}

// leftovers returns the paths to remove when an ephemeral cluster ends.
func (p *place) leftovers() []string {
	paths := []string{p.dir}
	for _, other := range []string{p.home, p.run} {
		if other != "" && !strings.HasPrefix(other+"/", p.dir+"/") {
			paths = append(paths, other)
		}
	}
	return paths
}

// release unlocks the place and removes the files of an ephemeral one.
func (p *place) release(remove bool) {
	if remove {
		for _, path := range p.leftovers() {
			os.RemoveAll(path)
		}
	} else if p.run != "" && p.run != filepath.Join(p.home, "run") {
		p.removeShortRun(p.run)
		os.Remove(filepath.Join(p.home, "run.at"))
	}
	for _, f := range p.locks {
		f.Close()
	}
	p.locks = nil
}

// version returns the major version that created the cluster; 0 if there is none.
func (p *place) version() (int, error) {
	text, err := os.ReadFile(filepath.Join(p.data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(p.data); err == nil {
			return 0, fmt.Errorf("%s is not a database (it has no PG_VERSION): restore it from a backup, or move it away to start with an empty database", p.data)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cannot open the database: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s/PG_VERSION contains %q, which is not a version: restore the database from a backup", p.data, text)
	}
	return major, nil
}
