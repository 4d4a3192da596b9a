package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
	"switchboard/normalize"
)

// sink is the SMTP server of all customers: it accepts mail and stores it for display,
// except for some names, which show what happens to mail that does not arrive.
type sink struct {
	dir      string
	listener net.Listener
	server   *smtp.Server

	mu    sync.Mutex
	mails []received
}

// received is a message as a customer sees it.
type received struct {
	From       string    `json:"from"`
	To         string    `json:"to"`
	Subject    string    `json:"subject"`
	MessageID  string    `json:"message_id"`
	InReplyTo  string    `json:"in_reply_to"`
	References []string  `json:"references"`
	ReplyTo    string    `json:"reply_to"`
	Text       string    `json:"text"`
	Raw        string    `json:"raw"`
	Direction  string    `json:"direction"` // "in": to the customer, "out": from them
	At         time.Time `json:"at"`
}

// newSink starts the SMTP server with the mail stored in dir.
func newSink(dir string) (*sink, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &sink{dir: dir}
	if err := s.load(); err != nil {
		return nil, err
	}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	s.server = smtp.NewServer(s)
	s.server.Domain = "sink.demo.example"
	s.server.MaxMessageBytes = 64 << 20
	go s.server.Serve(s.listener) //nolint:errcheck // it ends with Close
	return s, nil
}

// Addr is where the sink listens.
func (s *sink) Addr() string { return s.listener.Addr().String() }

// Close stops the sink.
func (s *sink) Close() { s.server.Close() } //nolint:errcheck // the process ends

// load restores the stored mail.
func (s *sink) load() error {
	files, err := filepath.Glob(filepath.Join(s.dir, "*.json"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	for _, f := range files {
		var m received
		text, err := os.ReadFile(f)
		if err = errors.Join(err, json.Unmarshal(text, &m)); err != nil {
			return fmt.Errorf("restore the demo's sink: %w", err)
		}
		s.mails = append(s.mails, m)
	}
	return nil
}

// keep stores a message on disk and then in memory.
func (s *sink) keep(m received) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	name := filepath.Join(s.dir, fmt.Sprintf("%s-%06d", m.At.UTC().Format("20060102T150405.000000"), len(s.mails)))
	if err := errors.Join(os.WriteFile(name+".tmp", text, 0o600), os.Rename(name+".tmp", name+".json")); err != nil {
		return err
	}
	s.mails = append(s.mails, m)
	return nil
}

// box lists the messages of an address in the given directions, oldest first; of all
// addresses for "".
func (s *sink) box(address string, directions ...string) []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []received{}
	for _, m := range s.mails {
		who := m.To
		if m.Direction == "out" {
			who = m.From
		}
		if (address == "" || strings.EqualFold(who, address)) && slices.Contains(directions, m.Direction) {
			out = append(out, m)
		}
	}
	return out
}

// show parses a raw message for display.
func show(raw []byte, envelopeTo, direction string) (received, error) {
	m, err := normalize.Message(desk.Raw{Channel: desk.ChannelEmail, Bytes: raw, ReceivedAt: time.Now()})
	if err != nil {
		return received{}, err
	}
	out := received{To: envelopeTo, Subject: m.Subject, MessageID: m.MessageID, References: m.References, Text: m.TextBody,
		Raw: string(raw), Direction: direction, At: time.Now()}
	if out.References == nil {
		out.References = []string{}
	}
	if len(m.From) > 0 {
		out.From = m.From[0].Email
	}
	if len(m.ReplyTo) > 0 {
		out.ReplyTo = m.ReplyTo[0].Email
	}
	if len(m.InReplyTo) > 0 {
		out.InReplyTo = m.InReplyTo[0]
	}
	return out, nil
}

// NewSession implements smtp.Backend.
func (s *sink) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &sinkSession{sink: s, conn: c}, nil
}

// refusals are the answers to mail for these names, in any domain.
var refusals = map[string]*smtp.SMTPError{
	"gone": {Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user here"},
	"full": {Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "The mailbox is full, try again later"},
}

// silent is the name for which the connection breaks before the answer.
const silent = "silent"

// nameOf returns the part before the @, in lower case.
func nameOf(address string) string {
	name, _, _ := strings.Cut(strings.ToLower(address), "@")
	return name
}

// sinkSession implements smtp.Session.
type sinkSession struct {
	sink *sink
	conn *smtp.Conn
	to   []string
}

func (s *sinkSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if refusal := refusals[nameOf(to)]; refusal != nil {
		return refusal
	}
	s.to = append(s.to, to)
	return nil
}

// Data stores the message for each recipient.
func (s *sinkSession) Data(r io.Reader) error {
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(r); err != nil {
		return err
	}
	if slices.ContainsFunc(s.to, func(to string) bool { return nameOf(to) == silent }) {
		return s.conn.Close()
	}
	for _, to := range s.to {
		m, err := show(raw.Bytes(), to, "in")
		if err != nil {
			return err
		}
		if err := s.sink.keep(m); err != nil {
			return err
		}
	}
	return nil
}

func (s *sinkSession) Reset()        { s.to = nil }
func (s *sinkSession) Logout() error { return nil }
