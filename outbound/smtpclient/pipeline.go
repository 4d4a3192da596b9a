package smtpclient

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/textproto"
	"strings"
)

// pipeline is a connection on which MAIL, RCPT and DATA leave together (RFC 2920), which
// saves two round trips for each message. go-smtp waits for the reply to each command:
// pipeline keeps the first two commands back, answers them itself, and sends them with
// DATA. Then it reads all three replies.
type pipeline struct {
	net.Conn
	in      *bufio.Reader
	holding bool
	held    bytes.Buffer // commands that have not been sent
	waiting int          // commands before DATA whose replies have not been read
	ready   bytes.Buffer // what go-smtp reads before anything else
	// replies is how many of the commands were answered, and refused the first answer that
	// was not positive.
	replies int
	refused error
	// entered: the server waits for content although it has refused the recipient.
	entered bool
}

func newPipeline(conn net.Conn) *pipeline { return &pipeline{Conn: conn, in: bufio.NewReader(conn)} }

// hold keeps the following commands back until send.
func (p *pipeline) hold() {
	p.holding, p.replies, p.refused, p.waiting, p.entered = true, 0, nil, 0, false
	p.held.Reset()
	p.ready.Reset()
}

// send lets the following command leave with those that were held.
func (p *pipeline) send() { p.holding = false }

// drop forgets commands that were held.
func (p *pipeline) drop() { p.hold(); p.holding = false }

// Write implements net.Conn. go-smtp writes each command at once.
func (p *pipeline) Write(b []byte) (int, error) {
	switch {
	case p.holding:
		p.waiting++
		p.ready.WriteString("250 held\r\n")
		return p.held.Write(b)
	case p.held.Len() > 0:
		p.held.Write(b)
		_, err := p.held.WriteTo(p.Conn)
		return len(b), err
	}
	return p.Conn.Write(b)
}

// Read implements net.Conn.
func (p *pipeline) Read(b []byte) (int, error) {
	if p.ready.Len() == 0 && p.waiting > 0 {
		if err := p.readReplies(); err != nil {
			return 0, err
		}
	}
	if p.ready.Len() > 0 {
		return p.ready.Read(b)
	}
	return p.in.Read(b)
}

// readReplies reads the replies to the commands that were held, and the one to DATA, which
// is go-smtp's. That is a refusal, too, if the others were refused.
func (p *pipeline) readReplies() error {
	for ; p.waiting > 0; p.waiting-- {
		_, reply, err := readReply(p.in)
		switch {
		case err != nil:
			return err
		case p.refused != nil: // what follows is refused because of that
		case reply.Code/100 == 2:
			p.replies++
		default:
			p.refused = smtpError(reply)
		}
	}
	text, reply, err := readReply(p.in)
	if err != nil {
		return err
	}
	if p.refused != nil {
		p.entered = reply.Code == 354
		text = "554 refused\r\n"
	}
	p.ready.WriteString(text)
	return nil
}

// maxReply bounds a reply, of which the longest line has 512 octets (RFC 5321 §4.5.3.1.5).
const maxReply = 64 << 10

// readReply reads a reply of one or more lines (RFC 5321 §4.2.1), and returns it as it was
// sent and what it says.
func readReply(in *bufio.Reader) (text string, reply *textproto.Error, err error) {
	var all strings.Builder
	for all.Len() < maxReply {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return "", nil, err
		}
		all.Write(line)
		if len(line) < 4 || line[3] != '-' {
			code, msg, err := textproto.NewReader(bufio.NewReader(strings.NewReader(all.String()))).ReadResponse(0)
			return all.String(), &textproto.Error{Code: code, Msg: msg}, err
		}
	}
	return "", nil, errLongReply
}

var errLongReply = errors.New("the server's reply is too long")
