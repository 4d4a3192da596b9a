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
	maxCommandLine = 64 << 10 // one command line; RFC 5321 section 4.5.3.1.4 requires 512
	maxChunkLine   = 1 << 20  // octets without a line end outside of content, while chunks and commands alternate
	excessAllowed  = 1 << 20  // content read beyond the limit before the connection is closed
)

var errExcess = errors.New("the client keeps sending far beyond the limit")

// wire is the connection below the library's server. It does what the library does
// not: it remembers a failed read, so that a connection that breaks within the last
// chunk is not taken for the end of the message; its deadlines require progress; it
// detects bare CR and LF before they are interpreted; and it limits line lengths and
// volume. TLS is below it, so that it always sees the decrypted stream.
//
// One goroutine reads and another one writes; mu guards what they share.
type wire struct {
	net.Conn // the TCP connection
	cfg      *Config
	onClose  func()
	closing  sync.Once

	mu          sync.Mutex
	transport   net.Conn // Conn, or TLS over it
	phase       phase
	transaction bool // between MAIL and its end
	used        bool // a transaction was started, after which STARTTLS is not allowed
	encrypted   bool
	broken      error // the error of the first failed read
	draining    bool
	hangUp      int       // close after this many final replies; 0 if not
	since       time.Time // start of the current phase or of the wait for a command
	received    int64     // octets received since then
	line        int       // octets of the unfinished line
	lastCR      bool      // the last octet was CR
	chunked     bool      // there was a BDAT in this transaction
	rest        []byte    // rewritten commands that did not fit into the reader's buffer
	bare        bool      // there was a bare CR or LF since the last transaction
}

func newWire(conn net.Conn, cfg *Config) *wire {
	return &wire{Conn: conn, transport: conn, cfg: cfg, since: time.Now()}
}

// deadline returns the deadline of the next read: at least one octet within
// StallTimeout (CommandTimeout while waiting for a command), and MinRate overall.
func (w *wire) deadline(now time.Time) time.Time {
	if w.draining && !w.transaction {
		return time.Unix(1, 0)
	}
	if w.phase == phaseCommand {
		if w.line == 0 {
			return now.Add(w.cfg.CommandTimeout)
		}
		return w.since.Add(w.cfg.StallTimeout) // the whole command line has to arrive in time
	}
	stall := now.Add(w.cfg.StallTimeout)
	whole := w.since.Add(w.cfg.StallTimeout + time.Duration(w.received)*time.Second/time.Duration(w.cfg.MinRate))
	if whole.Before(stall) {
		return whole
	}
	return stall
}

// Read implements net.Conn. After an error it keeps returning the error, because
// later octets need not follow the earlier ones.
func (w *wire) Read(p []byte) (int, error) {
	for {
		w.mu.Lock()
		if w.broken != nil {
			defer w.mu.Unlock()
			return 0, w.broken
		}
		if len(w.rest) > 0 {
			defer w.mu.Unlock()
			n := copy(p, w.rest)
			w.rest = w.rest[n:]
			return n, nil
		}
		atStart := w.line == 0
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
			return w.deliver(p, n, atStart), nil
		}
		return 0, err
	}
}

// deliver leaves what was read in p, with the changes of addDomain, and returns its
// length. What does not fit is delivered by the next Read.
func (w *wire) deliver(p []byte, n int, atStart bool) int {
	out := w.addDomain(p[:n], atStart)
	n = copy(p, out)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = out[n:]
	return n
}

// take updates the counters and remembers an error.
func (w *wire) take(p []byte, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if excess := w.scan(p); err == nil {
		err = excess
	}
	w.broken = err
	return err
}

// scan counts the octets and checks their line ends.
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

// noteBare detects a CR or LF that is not part of a CRLF. RFC 5321 section 2.3.8
// forbids them; SMTP smuggling relies on servers that accept one as a line end.
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

// wantsTLS reports whether p is a STARTTLS command. It is recognized only before the
// first transaction, while the client can only send commands. Anything after it in
// the same packet was sent unencrypted and is discarded: RFC 3207 section 4.2 requires
// that knowledge obtained before the handshake is discarded.
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

// startTLS replies to STARTTLS and does the handshake.
func (w *wire) startTLS() error {
	if _, err := w.Conn.Write([]byte("220 2.0.0 Ready to start TLS\r\n")); err != nil {
		return err
	}
	return w.handshake()
}

// handshake does the TLS handshake and puts TLS below the wire.
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

// Write implements net.Conn. The library writes each line of a reply with one call. On
// a broken connection the reply, which may be permanent, is replaced by a 421, so that
// the sender keeps the message and retries.
func (w *wire) Write(p []byte) (int, error) {
	if err := w.greetSecurely(); err != nil {
		return 0, err
	}
	w.mu.Lock()
	transport, hangUp := w.transport, w.hangUp == 1
	offerTLS := w.cfg.TLS != nil && !w.encrypted && !w.used && bytes.HasPrefix(p, []byte("250-PIPELINING"))
	line := p
	if w.broken != nil && !errors.Is(w.broken, smtp.ErrTooLongLine) {
		line, hangUp = []byte("421 4.4.2 "+w.cfg.Domain+" Connection timed out or was interrupted\r\n"), true
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

// greetSecurely does the TLS handshake before the greeting if TLS is implicit
// (RFC 8314 section 3).
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
		// Before the connection is closed, so that a client that reconnects at once is not
		// refused.
		if w.onClose != nil {
			w.onClose()
		}
		err = transport.Close()
	})
	return err
}

// SetDeadline and the like do nothing: the wire sets its own deadlines.
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

// consumed records that octets of a chunk were consumed as content, whose lines may have
// any length (RFC 3030 section 3). Only what the library still holds counts towards the
// limit, because that may be an endless command.
func (w *wire) consumed() {
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
	w.transaction, w.phase, w.bare, w.chunked, w.since = false, phaseCommand, false, false, time.Now()
}

// verdict returns the error of the first failed read, if any, and whether the message
// has a bare CR or LF.
func (w *wire) verdict() (broken error, bare bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken, w.bare
}

// closeAfter closes the connection once this many replies have been written.
func (w *wire) closeAfter(replies int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hangUp = replies
}

// drain stops waiting for commands, now or after the running transaction.
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
