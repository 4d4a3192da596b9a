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
	port       = "5432" // only a part of the socket's file name
	socketName = "/.s.PGSQL." + port
	// socketLimit is what sun_path holds on the BSDs without its end mark; Linux
	// has four bytes more.
	socketLimit = 103
)

// elsewhere is where root keeps clusters whose own folder their user cannot reach.
var elsewhere = []string{"/var/lib/switchboard", "/var/tmp/switchboard"}

// place is the cluster on disk. dir is the folder that was asked for, home the
// one that holds the cluster: the same, unless root had to go elsewhere.
type place struct {
	dir, home string
	data      string // PGDATA
	run       string // folder of the socket
	owner     *owner // whom the server runs as; nil is ourselves
	locks     []*os.File
}

// settle decides where the cluster lives, makes the folders and takes the lock.
func settle(cfg Config) (*place, error) {
	p := &place{}
	var err error
	switch {
	case cfg.Ephemeral == (cfg.Dir != ""):
		return nil, errors.New("the database needs a folder: name a data directory")
	case cfg.Ephemeral:
		p.dir, err = temporary()
	default:
		p.dir, err = ownFolder(cfg.Dir)
	}
	if err != nil {
		return nil, err
	}
	if err := p.take(); err != nil {
		p.release(cfg.Ephemeral)
		return nil, err
	}
	return p, nil
}

// take locks the folder and finds the cluster's home.
func (p *place) take() error {
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

// ownFolder makes the cluster's folder and opens root's to passers-by, as the
// server's user has to get through it to its own folders inside, which are 0700.
func ownFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, folderMode()); err != nil {
		return "", fmt.Errorf("cannot make the database's folder: %w: choose another data directory", err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(dir, folderMode()); err != nil {
			return "", fmt.Errorf("cannot open the database's folder to its user: %w", err)
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

// temporary makes the folder of an ephemeral cluster where the server's user can
// reach it and the socket's path stays short.
func temporary() (string, error) {
	var first error
	for _, base := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		dir, err := os.MkdirTemp(base, "switchboard-pg-")
		if err == nil {
			return ownFolder(dir)
		}
		first = errors.Join(first, err)
	}
	return "", fmt.Errorf("cannot make a temporary folder for the database: %w", first)
}

// lock holds the folder for this process; the kernel lets go of it when the
// process ends, however it ends.
func (p *place) lock(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("cannot use the database's folder: %w: start as the user who owns it, or choose another data directory", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 20)
		n, _ := f.Read(holder) // an empty name is good enough for the message
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("the database in %s is in use by process %s: stop that one first, or choose another data directory", dir, strings.TrimSpace(string(holder[:n])))
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

// findHome follows Dir/location, or settles on Dir itself, or, for root, on a
// folder that the server's user can reach.
func (p *place) findHome() error {
	record := filepath.Join(p.dir, "location")
	p.home = p.dir
	if text, err := os.ReadFile(record); err == nil {
		p.home = strings.TrimSpace(string(text))
		if _, err := os.Stat(p.home); err != nil {
			return fmt.Errorf("%s says that the database is in %s, which cannot be opened (%w): bring it back, or remove %s to begin with an empty one", record, p.home, errors.Unwrap(err), record)
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
		return fmt.Errorf("the database in %s runs as user %s, who cannot enter %s: chmod o+x %s", p.home, p.owner.name, blocked, blocked)
	}
	if p.home, err = p.moveElsewhere(); err != nil {
		return err
	}
	return os.WriteFile(record, []byte(p.home+"\n"), 0o644)
}

// moveElsewhere makes a folder named after the data directory. One that is there
// already belonged to a data directory that was deleted since: its data is not
// reused but set aside, in place of what was set aside before.
func (p *place) moveElsewhere() (string, error) {
	base, err := p.owner.shelter()
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
			return "", fmt.Errorf("cannot set the former database aside: %w", err)
		}
	}
	if err := os.MkdirAll(home, 0o711); err != nil {
		return "", fmt.Errorf("cannot make the database's folder: %w", err)
	}
	return home, nil
}

// checkOwner refuses a cluster of another user, which PostgreSQL would refuse
// with more words.
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
		return fmt.Errorf("the database in %s belongs to root, as whom PostgreSQL refuses to run: chown -R postgres %s", p.home, p.data)
	}
	return nil
}

// mkdir makes a folder that only the server's user may enter.
func (p *place) mkdir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make the database's folder: %w", err)
	}
	if p.owner != nil {
		if err := os.Chown(dir, int(p.owner.uid), int(p.owner.gid)); err != nil {
			return fmt.Errorf("cannot give %s to user %s: %w", dir, p.owner.name, err)
		}
	}
	return os.Chmod(dir, 0o700)
}

// openRun makes the socket's folder: beside the data, or, if that path is too
// long for a socket or has characters with a meaning in a connection string, a
// short one that Dir/run.at names until the cluster stops.
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
	return fmt.Errorf("the path of %s is too long for a socket, and no temporary folder can be made: choose a shorter data directory", p.home)
}

// removeShortRun removes a socket folder that a killed process left behind. It
// only takes away what a server puts there.
func (p *place) removeShortRun(dir string) {
	if !strings.HasPrefix(filepath.Base(dir), "swb-") {
		return
	}
	for _, name := range []string{socketName, socketName + ".lock", ""} {
		os.Remove(dir + name)
	}
}

// leftovers are the paths to remove when an ephemeral cluster ends.
func (p *place) leftovers() []string {
	paths := []string{p.dir}
	for _, other := range []string{p.home, p.run} {
		if other != "" && !strings.HasPrefix(other+"/", p.dir+"/") {
			paths = append(paths, other)
		}
	}
	return paths
}

// release gives the place back; an ephemeral one is removed.
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

// version is the major version that made the cluster; 0 means that there is none.
func (p *place) version() (int, error) {
	text, err := os.ReadFile(filepath.Join(p.data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(p.data); err == nil {
			return 0, fmt.Errorf("%s is not a database (it has no PG_VERSION): restore it from a backup, or move it away to begin with an empty one", p.data)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cannot open the database: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s/PG_VERSION says %q, which is no version: restore the database from a backup", p.data, text)
	}
	return major, nil
}
