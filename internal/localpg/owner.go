package localpg

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"switchboard/internal/localpg/pgbin"
)

// owner is the user that the server runs as when it is started by root.
type owner struct {
	name     string
	uid, gid uint32
}

// serverUser returns the owner of an existing cluster, or else postgres or nobody.
func serverUser(data string) (*owner, error) {
	if info, err := os.Stat(data); err == nil {
		st := info.Sys().(*syscall.Stat_t)
		return &owner{name: userName(st.Uid), uid: st.Uid, gid: st.Gid}, nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &owner{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("PostgreSQL refuses to run as root and this machine has neither a user postgres nor a user nobody: start Switchboard as a regular user")
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// blockedAt returns the outermost folder of path, including path itself, that the user
// may not enter; "" if there is none.
func (o *owner) blockedAt(path string) string {
	if parent := filepath.Dir(path); parent != path {
		if blocked := o.blockedAt(parent); blocked != "" {
			return blocked
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return path
	}
	st := info.Sys().(*syscall.Stat_t)
	enter := os.FileMode(0o001)
	switch {
	case st.Uid == o.uid:
		enter = 0o100
	case st.Gid == o.gid:
		enter = 0o010
	}
	if info.Mode().Perm()&enter == 0 {
		return path
	}
	return ""
}

// sharedFolder returns a folder of root's that the user can enter and that no one else
// can write to.
func (o *owner) sharedFolder() (string, error) {
	for _, base := range sharedFolders {
		if err := os.MkdirAll(base, 0o711); err != nil {
			continue
		}
		info, err := os.Lstat(base)
		if err != nil || !info.IsDir() || info.Sys().(*syscall.Stat_t).Uid != 0 || info.Mode().Perm()&0o022 != 0 {
			continue
		}
		if o.blockedAt(base) == "" {
			return base, nil
		}
	}
	return "", fmt.Errorf("user %s, which the database runs as, can access neither the data directory nor %v: start Switchboard as a regular user, or choose a data directory like /srv/switchboard", o.name, sharedFolders)
}

// makeAccessible makes the programs executable for the user. If they are below a private
// folder (the npm package in a clone under /root), they are copied to a public one, once.
// The package is relocatable: its bin, lib and share find each other.
func (o *owner) makeAccessible(b *pgbin.Binaries) error {
	if o.blockedAt(b.Dir) == "" {
		return nil
	}
	base, err := o.sharedFolder()
	if err != nil {
		return err
	}
	from := filepath.Dir(b.Dir)
	info, err := os.Stat(filepath.Join(b.Dir, "postgres"))
	if err != nil {
		return err
	}
	to := filepath.Join(base, fmt.Sprintf("postgresql-%d-%x", b.Major, info.ModTime().Unix()^info.Size()))
	if _, err := os.Stat(to); err != nil {
		fresh, err := os.MkdirTemp(base, "copy-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(fresh)
		if err := os.Chmod(fresh, 0o755); err != nil {
			return err
		}
		for _, part := range []string{"bin", "lib", "share"} {
			if err := os.CopyFS(filepath.Join(fresh, part), os.DirFS(filepath.Join(from, part))); err != nil {
				return fmt.Errorf("user %s cannot access PostgreSQL in %s, and it cannot be copied: %w: install PostgreSQL for all users", o.name, b.Dir, err)
			}
		}
		if err := os.Rename(fresh, to); err != nil {
			if _, gone := os.Stat(to); gone != nil {
				return err
			}
		}
	}
	b.Dir = filepath.Join(to, "bin")
	return nil
}
