// Package condstore adds CONDSTORE (RFC 7162) and ID (RFC 2971) to a server that does not know them: a connection around the client's
// takes what belongs to them out of commands, tells the session, and puts what the session answers into the responses.
package condstore

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
)

// maxLine is how many octets a command's line may have.
const maxLine = 64 << 10

// Conn is the connection. The server reads one command at a time from it, so that its fields are about the command that
// the session carries out. The session may use them while it does, and while it idles.
type Conn struct {
	net.Conn
	in      *bufio.Reader
	pending []byte // of a line, not read yet
	literal int64  // octets that follow as they are
	// continued: the next line belongs to the same command.
	continued bool

	mu      sync.Mutex // guards everything below
	awaits  bool       // a synchronizing literal was announced, and not yet asked for
	refused bool       // and will not be
	cmd     Command
	out     []byte // an incomplete line of a response
	left    int64  // octets of a literal in a response
	more    bool   // the line continues a response after a literal

	enabled bool
	answer  Answer
	held    bool
	buffer  []byte // what is held
}

// Command is what a command says about modification sequences.
type Command struct {
	Tag, Name      string
	ChangedSince   uint64
	UnchangedSince *uint64
	ModSeq         bool   // FETCH asks for them
	Search         uint64 // SEARCH: at least
	Highest        bool   // STATUS asks for the highest one
}

// Answer is what the session says about the next response.
type Answer struct {
	Highest  uint64 // of the folder: for SELECT, and the next STATUS response
	Message  uint64 // of the next FETCH response
	Found    uint64 // the highest of what SEARCH has found; 0: nothing
	Modified string // messages that STORE did not change
}

// New returns a connection around the client's.
func New(c net.Conn) *Conn { return &Conn{Conn: c, in: bufio.NewReaderSize(c, 4096)} }

// Command returns the command that is carried out.
func (c *Conn) Command() Command {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cmd
}

// Enabled reports whether responses have modification sequences.
func (c *Conn) Enabled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.enabled
}

// Say changes what is said about the next responses.
func (c *Conn) Say(change func(*Answer)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.answer)
}

var errLine = errors.New("the line is too long")

// Read implements net.Conn. It returns at most one line or a part of a literal.
func (c *Conn) Read(p []byte) (int, error) {
	if len(c.pending) > 0 {
		n := copy(p, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	c.mu.Lock()
	if c.refused { // the client sends another command instead of the literal
		c.refused, c.literal, c.continued = false, 0, false
	}
	c.mu.Unlock()
	if c.literal > 0 {
		n, err := c.in.Read(p[:min(int64(len(p)), c.literal)])
		c.literal -= int64(n)
		return n, err
	}
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	size, sync, literal := literalEnd(line)
	if literal {
		c.literal = size
	}
	c.mu.Lock()
	c.awaits = literal && sync
	if !c.continued && bytes.Contains(line, []byte(" ")) { // otherwise it continues IDLE or AUTHENTICATE
		c.cmd, c.answer = Command{}, Answer{}
		if !literal {
			line = c.command(line)
		} else {
			c.cmd.Tag, c.cmd.Name = split(line)
		}
	}
	c.continued = literal
	c.mu.Unlock()
	n := copy(p, line)
	c.pending = line[n:]
	return n, nil
}

// line reads a line with its end.
func (c *Conn) line() ([]byte, error) {
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			if len(line) > 0 && errors.Is(err, io.EOF) {
				return line, nil
			}
			return nil, err
		case len(line) > maxLine:
			return nil, errLine
		}
	}
}

// literalEnd returns the size of the literal that a line announces, and whether the client waits for the server.
func literalEnd(line []byte) (size int64, sync, ok bool) {
	text, found := bytes.CutSuffix(bytes.TrimRight(line, "\r\n"), []byte("}"))
	if !found {
		return 0, false, false
	}
	open := bytes.LastIndexByte(text, '{')
	if open < 0 {
		return 0, false, false
	}
	digits, plus := bytes.CutSuffix(text[open+1:], []byte("+"))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	return n, !plus, err == nil && n >= 0
}

func split(line []byte) (tag, name string) {
	f := strings.Fields(string(line[:min(len(line), 200)]))
	if len(f) < 2 {
		return "", ""
	}
	name = strings.ToUpper(f[1])
	if name == "UID" && len(f) > 2 {
		name += " " + strings.ToUpper(f[2])
	}
	return f[0], name
}

// maxHeld is how many octets of responses are held at most.
const maxHeld = 64 << 10

// Hold keeps responses together until Release: the library writes each by itself.
func (c *Conn) Hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = true
}

// Release writes what was held.
func (c *Conn) Release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = false
	return c.flush()
}

func (c *Conn) flush() error {
	b := c.buffer
	c.buffer = c.buffer[:0]
	if len(b) == 0 {
		return nil
	}
	_, err := c.Conn.Write(b)
	return err
}

// emit writes to the client.
func (c *Conn) emit(b []byte) error {
	if !c.held {
		_, err := c.Conn.Write(b)
		return err
	}
	c.buffer = append(c.buffer, b...)
	if len(c.buffer) < maxHeld {
		return nil
	}
	return c.flush()
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := p; len(rest) > 0; {
		if c.left > 0 {
			n := min(int64(len(rest)), c.left)
			if err := c.emit(rest[:n]); err != nil {
				return 0, err
			}
			c.left -= n
			rest = rest[n:]
			continue
		}
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			c.out = append(c.out, rest...)
			break
		}
		line := append(c.out, rest[:end+1]...)
		c.out, rest = nil, rest[end+1:]
		if !c.more {
			line = c.response(line)
		}
		size, _, literal := literalEnd(line)
		if c.more = literal && line[0] == '*'; c.more {
			c.left = size
		}
		if err := c.emit(line); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// response adds to the first line of a response.
func (c *Conn) response(line []byte) []byte {
	text := string(line)
	body := strings.TrimRight(text, "\r\n")
	switch {
	case strings.HasPrefix(text, "+"):
		c.awaits = false
	case strings.HasPrefix(text, "* "):
		return []byte(c.untagged(body) + "\r\n")
	case c.cmd.Tag != "" && strings.HasPrefix(text, c.cmd.Tag+" "):
		c.refused, c.awaits = c.awaits, false
		return []byte(c.tagged(body) + "\r\n")
	}
	return line
}

func (c *Conn) untagged(body string) string {
	words := strings.SplitN(body, " ", 4)
	switch {
	case words[1] == "CAPABILITY" || strings.HasPrefix(body, "* OK [CAPABILITY "):
		return capabilities(body)
	case words[1] == "ENABLED" && c.enabled && c.cmd.Name == "ENABLE":
		return body + " CONDSTORE"
	case words[1] == "STATUS" && c.cmd.Highest:
		return strings.TrimSuffix(body, ")") + fmt.Sprintf(" HIGHESTMODSEQ %d)", c.answer.Highest)
	case words[1] == "SEARCH" && c.cmd.Search > 0 && c.answer.Found > 0:
		return body + fmt.Sprintf(" (MODSEQ %d)", c.answer.Found)
	case words[1] == "ESEARCH" && c.cmd.Search > 0 && c.answer.Found > 0:
		return body + fmt.Sprintf(" MODSEQ %d", c.answer.Found)
	case len(words) == 4 && words[2] == "FETCH" && (c.enabled || c.cmd.ModSeq):
		items := strings.TrimPrefix(words[3], "(")
		if items != ")" {
			items = " " + items
		}
		return fmt.Sprintf("* %s FETCH (MODSEQ (%d)%s", words[1], c.answer.Message, items)
	}
	return body
}

func (c *Conn) tagged(body string) string {
	status := strings.TrimPrefix(body, c.cmd.Tag+" ")
	switch {
	case !strings.HasPrefix(status, "OK"):
	case strings.HasPrefix(status, "OK [CAPABILITY "):
		return capabilities(body)
	case c.cmd.Name == "SELECT" || c.cmd.Name == "EXAMINE":
		return fmt.Sprintf("* OK [HIGHESTMODSEQ %d] Highest\r\n", c.answer.Highest) + body
	case c.cmd.Name == "ID":
		return `* ID ("name" "Switchboard")` + "\r\n" + c.cmd.Tag + " OK ID completed"
	case strings.HasSuffix(c.cmd.Name, "STORE") && c.answer.Modified != "":
		return c.cmd.Tag + " OK [MODIFIED " + c.answer.Modified + "] Some messages have changed since"
	}
	return body
}

// capabilities adds what this package does.
func capabilities(body string) string {
	return strings.Replace(body, "IMAP4rev1", "IMAP4rev1 ID CONDSTORE", 1)
}
