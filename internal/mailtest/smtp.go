package mailtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// SMTPSink is Postfix's smtp-sink, which stores every message in a file.
type SMTPSink struct {
	Addr string

	t       testing.TB
	dir     string
	process *process
}

// SinkMail is a message that an SMTPSink received.
type SinkMail struct {
	Helo string
	From string   // reverse-path without angle brackets
	To   []string // forward-paths without angle brackets
	// Content is the message as it arrived, with LF line ends and without the
	// Received field added by the sink.
	Content []byte
}

// NewSMTPSink starts an smtp-sink. Its flags (see smtp-sink(1)) make it fail: "-r",
// "RCPT" rejects recipients temporarily, "-q", "." closes the connection after the
// final dot, "-L" speaks LMTP.
func NewSMTPSink(t testing.TB, flags ...string) *SMTPSink {
	t.Helper()
	s := &SMTPSink{Addr: FreeAddr(t), t: t, dir: folder(t)}
	account, uid, gid, root := unprivileged(t)
	if root {
		if err := os.Chown(s.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		flags = append([]string{"-u", account}, flags...)
	}
	args := slices.Concat([]string{program(t, "smtp-sink", "postfix"), "-4", "-d", filepath.Join(s.dir, "%H%M%S.")}, flags, []string{s.Addr, "1000"})
	s.process = start(t, args...)
	awaitPort(t, s.Addr)
	return s
}

// NewSMTPDiscard starts an smtp-sink that keeps nothing, and returns its address.
func NewSMTPDiscard(t testing.TB) (addr string) {
	t.Helper()
	addr = FreeAddr(t)
	account, _, _, root := unprivileged(t)
	args := []string{program(t, "smtp-sink", "postfix"), "-4"}
	if root {
		args = append(args, "-u", account)
	}
	start(t, append(args, addr, "1000")...)
	awaitPort(t, addr)
	return addr
}

// Stop ends the server; its messages can still be read.
func (s *SMTPSink) Stop() { s.process.stop() }

// Mails returns the messages received so far, in no particular order. A message that
// is still being received may be incomplete.
func (s *SMTPSink) Mails() []SinkMail {
	s.t.Helper()
	files, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	var all []SinkMail
	for _, file := range files {
		dump, err := os.ReadFile(filepath.Join(s.dir, file.Name()))
		if err != nil {
			s.t.Fatal(err)
		}
		if mail, ok := parseDump(dump); ok {
			all = append(all, mail)
		}
	}
	return all
}

// Await waits for at least n messages and returns all.
func (s *SMTPSink) Await(n int) []SinkMail {
	s.t.Helper()
	var all []SinkMail
	await(s.t, "the sink's mails", func() bool {
		all = s.Mails()
		return len(all) >= n
	})
	return all
}

// parseDump parses smtp-sink's format: X- fields for the envelope, the sink's Received
// field, then the content; an empty line ends the file.
func parseDump(dump []byte) (m SinkMail, ok bool) {
	rest := dump
	for {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if !found {
			return m, false
		}
		name, value, _ := strings.Cut(string(line), ": ")
		switch name {
		case "X-Client-Addr", "X-Client-Proto":
		case "X-Helo-Args":
			m.Helo = value
		case "X-Mail-Args":
			m.From = path(value)
		case "X-Rcpt-Args":
			m.To = append(m.To, path(value))
		case "Received":
			for bytes.HasPrefix(after, []byte("\t")) {
				_, after, _ = bytes.Cut(after, []byte("\n"))
			}
			m.Content = bytes.TrimSuffix(after, []byte("\n"))
			return m, bytes.HasSuffix(after, []byte("\n\n")) // else the sink still writes it
		default:
			return m, false
		}
		rest = after
	}
}

// path extracts the address of "<addr> PARAM=...".
func path(args string) string {
	inner, _, _ := strings.Cut(strings.TrimPrefix(args, "<"), ">")
	return inner
}

// SMTPSource sends messages with Postfix's smtp-source and fails the test unless all
// are accepted. args are those of smtp-source(1) before the address:
// "-m", "1000", "-s", "16", "-l", "25000", "-f", from, "-t", to.
func SMTPSource(t testing.TB, addr string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t, "smtp-source", "postfix"), append(args, addr)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("smtp-source: %v\n%s", err, out)
	}
}
