package mailarchive

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
)

// separator matches the line before a message (RFC 4155 §A): "From ", an address and
// a date with a time and a year. A line of text that begins with "From " has neither.
var separator = regexp.MustCompile(`^From .*\d:\d\d.*\d{4}|^From .*\d{4}.*\d:\d\d`)

// readMbox calls fn with each message of an mbox file, numbered from 1. Lines may end
// with LF or CRLF and are kept as they are. The quoting of mboxrd (">From ",
// ">>From ") is removed, which is right for mboxo wherever the two can be told apart.
// A file that does not begin with a "From " line is a single message.
//
// It does not use github.com/emersion/go-mbox: that package takes every line that
// begins with "From " for a separator, so it cuts off messages at unquoted lines of
// text ("From here on it rains"), which list archives contain; it also rejects files
// without a separator and leaves ">>From " quoted.
func readMbox(r io.Reader, fn func(n int, message []byte) error) error {
	in := bufio.NewReaderSize(r, 256<<10)
	var message bytes.Buffer
	n, blank, started := 0, true, false
	emit := func() error {
		if !started {
			return nil
		}
		n++
		content := bytes.Clone(message.Bytes())
		message.Reset()
		return fn(n, content)
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
				line = unquoteFrom(line)
				message.Write(line[:min(len(line), max(0, MaxSize-message.Len()))])
			}
			blank = len(bytes.TrimRight(line, "\r\n")) == 0
		}
		if err == io.EOF {
			return emit()
		}
	}
}

// readLine returns a line including its end, or the first MaxSize octets of a longer
// line.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		chunk, err := in.ReadSlice('\n')
		if len(line) < MaxSize {
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
