package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// maxMail is what is kept of one mail in an archive; the rest of a larger one is
// passed over.
const maxMail = 64 << 20

// eachMail calls fn with every mail of an mbox file, a Maildir, or a folder of
// mail files, in order of arrival. name says where the mail stands.
func eachMail(path string, fn func(name string, mail []byte) error) error {
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
	return readMbox(f, func(n int, mail []byte) error { return fn(fmt.Sprintf("%s:%d", path, n), mail) })
}

// eachFile reads a Maildir (new and cur together) or a plain folder. A Maildir's
// file names begin with the time of delivery.
func eachFile(dir string, fn func(name string, mail []byte) error) error {
	var files []string
	for _, sub := range []string{"new", "cur", ""} {
		if sub == "" && files != nil {
			break // a Maildir, and it is not empty
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
		mail, err := readMail(name)
		if err != nil {
			return err
		}
		if err := fn(name, mail); err != nil {
			return err
		}
	}
	return nil
}

func readMail(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxMail))
}

// separator is the line before a mail (RFC 4155): "From ", an address, a date
// with a time and a year. A line of text that begins with "From " has none.
var separator = regexp.MustCompile(`^From .*\d:\d\d.*\d{4}|^From .*\d{4}.*\d:\d\d`)

// readMbox calls fn with each mail of an mbox, numbered from 1. Lines may end in
// LF or CRLF. The quoting of mboxrd (">From ", ">>From ") is undone, which is
// right for mboxo wherever it can be told. A file without a first "From " line
// is one mail.
func readMbox(r io.Reader, fn func(n int, mail []byte) error) error {
	in := bufio.NewReaderSize(r, 256<<10)
	var mail bytes.Buffer
	n, blank, started := 0, true, false
	emit := func() error {
		if !started {
			return nil
		}
		n++
		body := bytes.Clone(mail.Bytes())
		mail.Reset()
		return fn(n, body)
	}
	for {
		line, err := readLine(in)
		if err != nil && err != io.EOF {
			return err
		}
		if len(line) > 0 {
			switch text := bytes.TrimRight(line, "\r\n"); {
			case blank && bytes.HasPrefix(text, []byte("From ")) && (!started || separator.Match(text)):
				if err := emit(); err != nil {
					return err
				}
				started = true
			case started || len(text) > 0:
				started = true
				mail.Write(unquoteFrom(line)[:min(len(unquoteFrom(line)), max(0, maxMail-mail.Len()))])
			}
			blank = len(bytes.TrimRight(line, "\r\n")) == 0
		}
		if err == io.EOF {
			return emit()
		}
	}
}

// readLine returns a line with its end; of a line longer than a mail may be, the
// beginning.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		chunk, err := in.ReadSlice('\n')
		if len(line) < maxMail {
			line = append(line, chunk...)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

func unquoteFrom(line []byte) []byte {
	if rest := bytes.TrimLeft(line, ">"); len(rest) < len(line) && bytes.HasPrefix(rest, []byte("From ")) {
		return line[1:]
	}
	return line
}
