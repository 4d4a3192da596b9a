// Package mailarchive reads the mail of an mbox file, a Maildir or a folder of
// message files, without changing anything.
package mailarchive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// MaxSize is the number of octets read of one message; the rest of a larger one is
// skipped.
const MaxSize = 64 << 20

// Each calls fn with every message at path, in order of arrival. name is the file of
// the message, or FILE:N for the Nth message of an mbox file.
func Each(path string, fn func(name string, message []byte) error) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return eachFile(path, fn)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return readMbox(f, func(n int, message []byte) error { return fn(fmt.Sprintf("%s:%d", path, n), message) })
}

// eachFile reads a Maildir, new and cur together, or a plain folder. File names in a
// Maildir begin with the time of delivery.
//
// It does not use github.com/emersion/go-maildir: that package reads new only by
// moving its files to cur, which changes the archive, and rejects files in cur
// without an info suffix (":2,"), which copies of Maildirs often lack.
func eachFile(dir string, fn func(name string, message []byte) error) error {
	var files []string
	for _, sub := range []string{"new", "cur", ""} {
		if sub == "" && files != nil {
			break // a Maildir that is not empty
		}
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
				files = append(files, filepath.Join(dir, sub, e.Name()))
			}
		}
	}
	slices.SortStableFunc(files, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
	for _, name := range files {
		message, err := readFile(name)
		if err != nil {
			return err
		}
		if err := fn(name, message); err != nil {
			return err
		}
	}
	return nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxSize))
}
