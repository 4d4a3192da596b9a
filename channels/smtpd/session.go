package smtpd

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/channels"
	"switchboard/desk"
)

// session is the state of one connection after EHLO. If the content arrives in chunks,
// the library calls Data in another goroutine, hence the lock.
type session struct {
	ctx    context.Context // the server's, which is still valid while the server stops
	server *Server
	sink   channels.Sink
	conn   *smtp.Conn
	wire   *wire

	mu      sync.Mutex
	reverse string
	forward []string
	answers int // number of replies to the content: one, or with LMTP one for each RCPT
	options smtp.MailOptions
	unknown int // recipients that do not exist, on this connection
}

var _ smtp.Session = (*session)(nil)

// Mail implements smtp.Session. The null reverse-path "<>", which bounces have
// (RFC 5321 section 4.5.5), is accepted like any other.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	if _, draining := s.wire.state(); draining {
		s.wire.closeAfter(1)
		return errShutdown
	}
	if opts.Size > s.server.cfg.MaxSize {
		return errTooLarge
	}
	if ready := s.server.cfg.Ready; ready != nil {
		if err := ready(); err != nil {
			return reply(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reverse, s.forward, s.answers, s.options = from, nil, 0, *opts
	s.wire.begin()
	return nil
}

// Rcpt implements smtp.Session. It refuses recipients that are not local, so that
// nothing is relayed and the content of a misdirected message is not transferred.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !s.local(to) {
		return s.unknownRecipient()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server.cfg.LMTP || s.answers == 0 {
		s.answers++ // RFC 2033 section 4.2
	}
	if !slices.Contains(s.forward, to) {
		s.forward = append(s.forward, to)
	}
	return nil
}

// local reports whether a recipient is local. Postmaster at this server is, whatever the
// domains of the support addresses (RFC 5321 section 4.5.1).
func (s *session) local(to string) bool {
	cfg := &s.server.cfg
	return cfg.Recipients(to) || strings.EqualFold(to, "postmaster@"+cfg.Domain) && cfg.Recipients("postmaster")
}

// unknownRecipient refuses a recipient, and ends a connection that guesses addresses.
func (s *session) unknownRecipient() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknown++
	if limit := s.server.cfg.MaxUnknown; limit < 0 || s.unknown <= limit {
		return errUnknownRecipient
	}
	s.server.cfg.Log.Info("RecipientsGuessed", "remote", s.wire.RemoteAddr().String(), "unknown", s.unknown)
	s.wire.closeAfter(1)
	return errGuessing
}

// Reset implements smtp.Session. It is called after every transaction.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reverse, s.forward, s.answers, s.options = "", nil, 0, smtp.MailOptions{}
	s.wire.end()
}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Data implements smtp.Session. It reads the content and journals it. The library
// replies 250 if it returns nil, which it does only after the commit.
func (s *session) Data(r io.Reader) error {
	raw, ok := s.start(r)
	if !ok {
		return smtp.ErrDataReset
	}
	log := s.server.cfg.Log.With("raw", raw.ID, "remote", raw.RemoteAddr)
	in := newIncoming(s.server, raw)
	defer in.close()
	err := in.read(r, s.wire.consumed)
	if broken, bare := s.wire.verdict(); err == nil && broken != nil {
		// The library takes a connection that broke within the last chunk for its end.
		err = broken
	} else if _, chunked := r.(*io.PipeReader); bare && err == nil && !chunked {
		s.wire.closeAfter(s.replies())
		err = errBareLineEnd
	}
	var content []byte
	if err == nil {
		content, err = in.load(s.ctx)
	}
	if err == nil && hops(content) > s.server.cfg.MaxHops {
		err = errLoop
	}
	if err == nil {
		err = s.check(raw, content)
	}
	if err != nil {
		log.Info("Rejected", "from", raw.EnvelopeFrom, "error", err)
		return reply(err)
	}
	raw.SourceKey = sourceKey(raw.EnvelopeFrom, raw.EnvelopeTo, content)
	receipt, err := s.accept(raw)
	if err != nil {
		log.Error("NotAccepted", "from", raw.EnvelopeFrom, "error", err)
		return reply(err)
	}
	log.Info("Accepted", "from", raw.EnvelopeFrom, "to", raw.EnvelopeTo, "size", raw.Size,
		"as", receipt.ID, "duplicate", receipt.Duplicate)
	return nil
}

// check calls Config.Check. If the check itself fails, the reply is temporary and the
// sender keeps the message.
func (s *session) check(raw *desk.Raw, content []byte) (err error) {
	if s.server.cfg.Check == nil {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(s.ctx, s.server.cfg.CheckTimeout)
	defer cancel()
	verdict, err := s.server.cfg.Check(ctx, Reception{ClientIP: clientIP(s.wire), Helo: s.conn.Hostname(),
		From: raw.EnvelopeFrom, To: raw.EnvelopeTo, Content: content})
	verdict.Apply(raw)
	return err
}

func (s *session) replies() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers
}

// start returns the transaction's envelope. It returns false if the transaction was
// reset in the meantime.
func (s *session) start(r io.Reader) (*desk.Raw, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.forward) == 0 {
		return nil, false
	}
	if _, chunked := r.(*io.PipeReader); chunked {
		s.wire.content(phaseChunks)
	} else {
		s.wire.content(phaseData)
	}
	raw := &desk.Raw{
		ID:           desk.NewID[desk.RawID](),
		Channel:      desk.ChannelEmail,
		Endpoint:     endpoint,
		EnvelopeFrom: s.reverse,
		EnvelopeTo:   slices.Clone(s.forward),
		ReceivedAt:   time.Now(),
	}
	if clientIP(s.wire).IsValid() {
		raw.RemoteAddr = s.wire.RemoteAddr().String()
	}
	encrypted, _ := s.wire.state()
	raw.Bytes = received(raw, s.conn.Hostname(), s.server.cfg.Domain, with(s.server.cfg.LMTP, encrypted, s.options.UTF8))
	raw.Size = s.options.Size // as announced; the actual size is set after reading
	return raw, true
}

// accept waits for the journal, but no longer than the sender would. If the commit
// succeeds after that, the sender's next attempt is recognized as a duplicate.
func (s *session) accept(raw *desk.Raw) (desk.Receipt, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.server.cfg.AcceptTimeout)
	defer cancel()
	type outcome struct {
		receipt desk.Receipt
		err     error
	}
	done := make(chan outcome, 1)
	item := *raw // raw changes once this method has returned
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- outcome{err: fmt.Errorf("panic: %v\n%s", v, debug.Stack())}
			}
		}()
		receipt, err := s.sink.Accept(ctx, item)
		done <- outcome{receipt, err}
	}()
	select {
	case o := <-done:
		return o.receipt, o.err
	case <-ctx.Done():
		return desk.Receipt{}, desk.Errorf(desk.KindTemporary, "the journal does not respond: %w", ctx.Err())
	}
}
