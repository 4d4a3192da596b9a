package smtpd

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// phase is what the client is sending.
type phase uint8

const (
	phaseCommand phase = iota
	phaseData          // the content after DATA
	phaseChunks        // BDAT commands and chunks
)

const (
	maxCommandLine = 64 << 10 // one line of commands; RFC 5321 section 4.5.3.1.4 asks for 512
	maxChunkLine   = 1 << 20  // octets without a line end that are nobody's content, while chunks and commands alternate
	excessAllowed  = 1 << 20  // content read beyond the limit before the link is cut
)

var errExcess = errors.New("the client goes on sending far beyond the limit")

// wire is the connection below the library's server. It keeps what the library
// does not: it remembers a broken read, so that a link cut inside the last chunk
// is not taken for the end of the mail; its deadlines ask for progress; it
// notices bare CR and LF before they are interpreted; and it bounds lines and
// volume. TLS lies below it, so that it always sees the plain stream.
//
// Reads come from one goroutine, and so do writes; the rest is under mu.
type wire struct {
	net.Conn // the TCP connection
	cfg      *Config
	onClose  func()
	closing  sync.Once

	mu          sync.Mutex
	transport   net.Conn // Conn, or TLS over it
	phase       phase
	transaction bool // between MAIL and its end
	used        bool // a transaction was begun; STARTTLS is over
	encrypted   bool
	broken      error // a read failed or ended
	draining    bool
	hangUp      int       // close after so many final replies; 0: do not
	since       time.Time // when the present phase, or the wait for a command, began
	received    int64     // octets since then
	line        int       // octets of the unfinished line
	lastCR      bool      // the last octet was CR
	bare        bool      // a CR or LF stood alone since the last transaction
}

func newWire(conn net.Conn, cfg *Config) *wire {
	return &wire{Conn: conn, transport: conn, cfg: cfg, since: time.Now()}
}

// deadline of the next read: some octet within StallTimeout (CommandTimeout
// when nothing was begun), and MinRate over the whole.
func (w *wire) deadline(now time.Time) time.Time {
	if w.draining && !w.transaction {
		return time.Unix(1, 0)
	}
	if w.phase == phaseCommand {
		if w.line == 0 {
			return now.Add(w.cfg.CommandTimeout)
		}
		return w.since.Add(w.cfg.StallTimeout) // a command, once begun, arrives as a whole
	}
	stall := now.Add(w.cfg.StallTimeout)
	whole := w.since.Add(w.cfg.StallTimeout + time.Duration(w.received)*time.Second/time.Duration(w.cfg.MinRate))
	if whole.Before(stall) {
		return whole
	}
	return stall
}

// Read implements net.Conn. An error stays: whatever came after it is not known
// to follow what came before.
func (w *wire) Read(p []byte) (int, error) {
	for {
		w.mu.Lock()
		if w.broken != nil {
			defer w.mu.Unlock()
			return 0, w.broken
		}
		transport := w.transport
		transport.SetReadDeadline(w.deadline(time.Now()))
		w.mu.Unlock()
		n, err := transport.Read(p)
		if err == nil && w.wantsTLS(p[:n]) {
			if err = w.startTLS(); err == nil {
				continue
			}
		}
		if err = w.take(p[:n], err); n > 0 && !errors.Is(err, smtp.ErrTooLongLine) {
			return n, nil
		}
		return 0, err
	}
}

// take accounts for what was read and remembers what went wrong.
func (w *wire) take(p []byte, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if excess := w.scan(p); err == nil {
		err = excess
	}
	w.broken = err
	return err
}

// scan looks at the octets' line ends and counts them.
func (w *wire) scan(p []byte) error {
	w.received += int64(len(p))
	if w.phase == phaseCommand && w.line == 0 {
		w.since = time.Now()
	}
	w.noteBare(p)
	longest := w.line
	if first := bytes.IndexByte(p, '\n'); first < 0 {
		w.line += len(p)
		longest = w.line
	} else {
		longest += first
		w.line = len(p) - 1 - bytes.LastIndexByte(p, '\n')
	}
	switch {
	case w.phase == phaseCommand && longest > maxCommandLine,
		w.phase == phaseChunks && longest > maxChunkLine:
		return smtp.ErrTooLongLine
	case w.phase != phaseCommand && w.received > 2*w.cfg.MaxSize+excessAllowed:
		return errExcess
	}
	return nil
}

// noteBare finds CR and LF that are not a pair. RFC 5321 section 2.3.8: they
// must not be sent alone; taking one for a line end is what SMTP smuggling needs.
func (w *wire) noteBare(p []byte) {
	lastCR, bare := w.lastCR, w.bare
	for _, c := range p {
		if (c == '\n') != lastCR {
			bare = true
		}
		lastCR = c == '\r'
	}
	w.lastCR, w.bare = lastCR, bare
}

// wantsTLS reports whether p is a STARTTLS command. It is looked for only before
// the first transaction, when whatever the client sends are commands. What
// follows it in the same packet was sent in clear and is dropped: RFC 3207
// section 4.2 wants nothing known before the handshake to survive it.
func (w *wire) wantsTLS(p []byte) bool {
	const command = "STARTTLS"
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cfg.TLS == nil || w.encrypted || w.used || w.line != 0 || len(p) < len(command)+2 {
		return false
	}
	verb, rest := p[:len(command)], bytes.TrimLeft(p[len(command):], " ")
	return bytes.EqualFold(verb, []byte(command)) && bytes.HasPrefix(rest, []byte("\r\n"))
}

func (w *wire) startTLS() error {
	if _, err := w.Conn.Write([]byte("220 2.0.0 Ready to start TLS\r\n")); err != nil {
		return err
	}
	return w.handshake()
}

func (w *wire) handshake() error {
	ctx, cancel := context.WithTimeout(context.Background(), w.cfg.StallTimeout)
	defer cancel()
	secured := tls.Server(w.Conn, w.cfg.TLS)
	if err := secured.HandshakeContext(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.transport, w.encrypted, w.line, w.lastCR, w.since = secured, true, 0, false, time.Now()
	return nil
}

// Write implements net.Conn. The library writes each line of a reply at once. On
// a broken link its reply, which may be a permanent one, becomes a 421: the
// sender keeps the mail and tries again.
func (w *wire) Write(p []byte) (int, error) {
	if err := w.greetSecurely(); err != nil {
		return 0, err
	}
	w.mu.Lock()
	transport, hangUp := w.transport, w.hangUp == 1
	offerTLS := w.cfg.TLS != nil && !w.encrypted && !w.used && bytes.HasPrefix(p, []byte("250-PIPELINING"))
	line := p
	if w.broken != nil && !errors.Is(w.broken, smtp.ErrTooLongLine) {
		line, hangUp = []byte("421 4.4.2 "+w.cfg.Domain+" the connection timed out or broke\r\n"), true
	}
	if offerTLS {
		line = append([]byte("250-STARTTLS\r\n"), p...)
	}
	if w.phase == phaseCommand {
		w.since = time.Now()
	}
	final := len(line) > 3 && line[3] == ' '
	if final && w.hangUp > 1 {
		w.hangUp--
	}
	w.mu.Unlock()
	transport.SetWriteDeadline(time.Now().Add(w.cfg.StallTimeout))
	_, err := transport.Write(line)
	if err != nil || hangUp && final {
		w.Close()
	}
	return len(p), err
}

// greetSecurely makes the handshake before the greeting, where TLS begins with
// the first octet (RFC 8314 section 3).
func (w *wire) greetSecurely() error {
	if encrypted, _ := w.state(); encrypted || !w.cfg.ImplicitTLS {
		return nil
	}
	err := w.handshake()
	if err != nil {
		w.mu.Lock()
		w.broken = err
		w.mu.Unlock()
		w.Close()
	}
	return err
}

// Close implements net.Conn.
func (w *wire) Close() (err error) {
	w.mu.Lock()
	transport := w.transport
	w.mu.Unlock()
	err = net.ErrClosed
	w.closing.Do(func() {
		// The place is free before the client can know that it is.
		if w.onClose != nil {
			w.onClose()
		}
		err = transport.Close()
	})
	return err
}

// SetDeadline and its kin do nothing: the deadlines are the wire's own.
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// begin marks the start of a transaction (MAIL).
func (w *wire) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.transaction, w.used = true, true
}

// content marks the start of a message's content.
func (w *wire) content(p phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase, w.since, w.received = p, time.Now(), 0
}

// taken says that octets of a chunk have become content, whose lines may be of any
// length (RFC 3030 section 3): what counts is what the library still holds, which
// may be a command without end.
func (w *wire) taken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.phase == phaseChunks {
		w.line = 0
	}
}

// end marks the end of a transaction, however it ended.
func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.transaction, w.phase, w.bare, w.since = false, phaseCommand, false, time.Now()
}

// verdict tells, after a message was read to its end, whether the link is still
// whole and whether every CR and LF was part of a pair.
func (w *wire) verdict() (broken error, bare bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken, w.bare
}

// closeAfter ends the connection once so many replies are written.
func (w *wire) closeAfter(replies int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hangUp = replies
}

// drain ends the wait for a next command, now or after the running transaction.
func (w *wire) drain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.draining = true
	if !w.transaction {
		w.transport.SetReadDeadline(time.Unix(1, 0))
	}
}

func (w *wire) state() (encrypted, draining bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.encrypted, w.draining
}
