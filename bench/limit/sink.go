package limit

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/emersion/go-smtp"
)

// Sink is an SMTP server that writes each message to its own file and syncs it before
// the 250: the minimum cost of durable acceptance.
type Sink struct {
	Addr string

	dir    string
	server *smtp.Server
	done   chan error
}

// NewSink starts a Sink that writes into dir.
func NewSink(dir string) (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{Addr: l.Addr().String(), dir: dir, done: make(chan error, 1)}
	s.server = smtp.NewServer(s)
	s.server.Domain = "localhost"
	s.server.ReadTimeout, s.server.WriteTimeout = time.Minute, time.Minute
	go func() { s.done <- s.server.Serve(l) }()
	return s, nil
}

// Close ends the server.
func (s *Sink) Close() error {
	err := s.server.Close()
	if served := <-s.done; !errors.Is(served, smtp.ErrServerClosed) && !errors.Is(served, net.ErrClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// NewSession implements smtp.Backend.
func (s *Sink) NewSession(*smtp.Conn) (smtp.Session, error) { return sinkSession{s.dir}, nil }

type sinkSession struct{ dir string }

func (sinkSession) Reset()                               {}
func (sinkSession) Logout() error                        { return nil }
func (sinkSession) Mail(string, *smtp.MailOptions) error { return nil }
func (sinkSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data implements smtp.Session. It writes and syncs a file.
func (s sinkSession) Data(r io.Reader) error {
	f, err := os.CreateTemp(s.dir, "mail")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}
