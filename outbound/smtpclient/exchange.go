package smtpclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"

	"github.com/emersion/go-smtp"

	"switchboard/outbound/smtpreply"
)

var errNoSTARTTLS = errors.New("the server does not offer STARTTLS")

// exchange greets the server and starts TLS if it is offered, or required. go-smtp starts
// TLS only on a new connection, fails without telling why if it is not offered, and keeps
// the encrypted connection to itself.
func (s *session) exchange(required bool) (smtpreply.Phase, error) {
	text := textproto.NewConn(s.conn)
	if _, _, err := text.ReadResponse(220); err != nil {
		return smtpreply.PhaseGreeting, smtpError(err)
	}
	offered, err := s.offersTLS(text)
	switch {
	case err != nil:
		return smtpreply.PhaseGreeting, err
	case !offered && required:
		return smtpreply.PhaseTLS, errNoSTARTTLS
	case !offered:
		s.speak(greeted(s.conn, text.R))
		return smtpreply.PhaseGreeting, nil
	}
	if err := text.PrintfLine("STARTTLS"); err != nil {
		return smtpreply.PhaseTLS, err
	}
	if _, _, err := text.ReadResponse(220); err != nil {
		return smtpreply.PhaseTLS, smtpError(err)
	}
	if text.R.Buffered() > 0 { // not protected by TLS, and therefore anybody's (RFC 3207 §6)
		return smtpreply.PhaseTLS, errors.New("the server sent more before TLS had begun")
	}
	conn := tls.Client(s.conn, s.cfg.TLSConfig)
	if err := conn.Handshake(); err != nil {
		return smtpreply.PhaseTLS, err
	}
	s.speak(greeted(conn, conn))
	return smtpreply.PhaseGreeting, nil
}

// offersTLS sends EHLO. A server that does not know it offers nothing.
func (s *session) offersTLS(text *textproto.Conn) (bool, error) {
	if err := text.PrintfLine("EHLO %s", s.cfg.Hostname); err != nil {
		return false, err
	}
	code, lines, err := text.ReadResponse(250)
	if code/100 == 5 {
		return false, nil // go-smtp sends HELO
	}
	if err != nil {
		return false, smtpError(err)
	}
	for line := range strings.Lines(lines) {
		if strings.EqualFold(strings.TrimSpace(line), "STARTTLS") {
			return true, nil
		}
	}
	return false, nil
}

// greetedConn is a connection on which the server has greeted already: go-smtp reads a
// greeting before everything else.
type greetedConn struct {
	net.Conn
	in io.Reader
}

func greeted(conn net.Conn, in io.Reader) net.Conn {
	return &greetedConn{conn, io.MultiReader(strings.NewReader("220 greeted\r\n"), in)}
}

func (c *greetedConn) Read(b []byte) (int, error) { return c.in.Read(b) }

// smtpError gives a refusal the type that go-smtp's have.
func smtpError(err error) error {
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return err
	}
	out := &smtp.SMTPError{Code: reply.Code, EnhancedCode: smtp.NoEnhancedCode, Message: reply.Msg}
	var e smtp.EnhancedCode
	code, rest, _ := strings.Cut(reply.Msg, " ")
	if n, _ := fmt.Sscanf(code, "%d.%d.%d", &e[0], &e[1], &e[2]); n == 3 {
		out.EnhancedCode, out.Message = e, rest
	}
	return out
}
