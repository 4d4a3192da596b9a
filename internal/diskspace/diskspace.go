// Package diskspace measures the free space of file systems, and keeps a part of one in
// reserve.
package diskspace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Free returns the octets that an unprivileged user can still write to the file system
// of path. If path does not exist, its nearest existing parent counts.
func Free(path string) (int64, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	var stat syscall.Statfs_t
	for {
		err = syscall.Statfs(path, &stat)
		if parent := filepath.Dir(path); errors.Is(err, fs.ErrNotExist) && parent != path {
			path = parent
			continue
		}
		if err != nil {
			return 0, &fs.PathError{Op: "statfs", Path: path, Err: err}
		}
		return int64(stat.Bavail) * int64(stat.Bsize), nil //nolint:unconvert // the types differ between systems
	}
}

// Reserve is a file that occupies space until it is needed: a database needs some even to
// start, so that what it contains can be read on a full disk.
type Reserve struct {
	Path string
	Size int64 // octets
}

// Use removes the file if less than its size is free, and reports whether it did.
func (r Reserve) Use() (used bool, err error) {
	free, err := Free(filepath.Dir(r.Path))
	if err != nil || free >= r.Size {
		return false, err
	}
	err = os.Remove(r.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Restore creates the file again if more than keep would still be free afterwards.
func (r Reserve) Restore(keep int64) error {
	if info, err := os.Stat(r.Path); err == nil && info.Size() == r.Size {
		return nil
	}
	free, err := Free(filepath.Dir(r.Path))
	if err != nil || free < keep+r.Size {
		return err
	}
	// Blocks are only occupied by what was written, on any file system.
	file, err := os.OpenFile(r.Path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	chunk := make([]byte, 1<<20)
	for i := range chunk {
		chunk[i] = byte(i * i >> 3) // not zeros, which a file system may leave out
	}
	for left := r.Size; left > 0 && err == nil; left -= int64(len(chunk)) {
		_, err = file.Write(chunk[:min(left, int64(len(chunk)))])
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(r.Path))
	}
	return nil
}
