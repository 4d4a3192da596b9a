package localpg

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user whom the server runs as when root starts it.
type owner struct {
	name     string
	uid, gid uint32
}

// serverUser is the owner of an existing cluster, else postgres, else nobody.
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
	return nil, fmt.Errorf("PostgreSQL refuses to run as root and this machine has neither a user postgres nor nobody: start Switchboard as an ordinary user")
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// blockedAt names the outermost folder on the way to path, path included, that
// the user may not enter; empty if the way is free.
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

// shelter is a folder of root's that the user can get through and nobody else
// can put anything into.
func (o *owner) shelter() (string, error) {
	for _, base := range elsewhere {
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
	return "", fmt.Errorf("user %s, whom the database runs as, can reach neither the data directory nor %v: start Switchboard as an ordinary user, or choose a data directory such as /srv/switchboard", o.name, elsewhere)
}

// openTo makes the programs reachable for the user: below a private folder (the
// npm package in a clone under /root) they are copied to a public one, once.
// The package is relocatable: its bin, lib and share find each other.
func (b *binaries) openTo(o *owner) error {
	if o.blockedAt(b.dir) == "" {
		return nil
	}
	base, err := o.shelter()
	if err != nil {
		return err
	}
	from := filepath.Dir(b.dir)
	info, err := os.Stat(filepath.Join(b.dir, "postgres"))
	if err != nil {
		return err
	}
	to := filepath.Join(base, fmt.Sprintf("postgresql-%d-%x", b.major, info.ModTime().Unix()^info.Size()))
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
				return fmt.Errorf("user %s cannot reach PostgreSQL in %s, and it cannot be copied: %w: install PostgreSQL for all users", o.name, b.dir, err)
			}
		}
		if err := os.Rename(fresh, to); err != nil {
			if _, gone := os.Stat(to); gone != nil {
				return err
			}
		}
	}
	b.dir = filepath.Join(to, "bin")
	return nil
}
