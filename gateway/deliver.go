package gateway

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"switchboard/channels/smtpd"
	"switchboard/desk"
	"switchboard/internal/localpg"
	"switchboard/store"
)

// Handover is a mail that a program of this machine hands over by itself.
type Handover struct {
	From    string   // reverse-path without angle brackets; "" is the null path
	To      []string // forward-paths without angle brackets
	Content []byte   // as programs write mail to a pipe: LF or CRLF, perhaps an mbox line on top
}

// handoverTimeout is for all of it: the program that waits holds a mail of its own.
const handoverTimeout = 2 * time.Minute

// Deliver journals a mail as the SMTP entrance does, straight into the database, so
// that it works while no gateway runs on it. When it returns nil the mail is on the
// disk; handed over again it is known. KindNotFound: an address is none of ours, and
// nothing was taken. KindInvalid: it can never be taken. KindTemporary: everything else.
func Deliver(ctx context.Context, cfg Config, log *slog.Logger, mail Handover) error {
	ctx, cancel := context.WithTimeout(ctx, handoverTimeout)
	defer cancel()
	g := &Gateway{cfg: cfg, log: log, own: newAddresses(cfg.Mail)}
	for _, to := range mail.To {
		if !g.own.accepts(to) {
			return desk.Errorf(desk.KindNotFound, "%s is no address of ours", to)
		}
	}
	content := netascii(mail.Content)
	if len(content) == 0 {
		return desk.Errorf(desk.KindInvalid, "the mail is empty")
	}
	if limit := cfg.SMTP.Limit(); int64(len(content)) > limit {
		return desk.Errorf(desk.KindInvalid, "the mail is larger than smtp.max_size, %d octets", limit)
	}
	if smtpd.Loops(content) {
		return desk.Errorf(desk.KindInvalid, "too many hops, mail loop")
	}
	verdict, err := newEntryCheck(g.domain(), &cfg.SMTP, log).check(ctx, smtpd.Reception{From: mail.From, To: mail.To, Content: content})
	var refusal *smtpd.Refusal
	switch {
	case errors.As(err, &refusal) && !refusal.Temporary:
		return desk.Errorf(desk.KindInvalid, "%s", refusal.Text)
	case err != nil:
		return desk.Errorf(desk.KindTemporary, "%w", err)
	}
	raw := smtpd.Handed(g.domain(), mail.From, mail.To, content)
	verdict.Apply(&raw)
	return g.journal(ctx, raw)
}

// journal commits one mail. The private database is the running gateway's: a
// program that comes and goes must not start one under the next gateway's feet.
func (g *Gateway) journal(ctx context.Context, raw desk.Raw) error {
	cfg := g.cfg
	if cfg.DB.URL == "" {
		if cfg.DB.URL = localpg.Running(filepath.Join(cfg.Data, "postgres"), "switchboard"); cfg.DB.URL == "" {
			return desk.Errorf(desk.KindTemporary, "no gateway runs on %s; start it, or set db.url", cfg.Data)
		}
	}
	err := WithStore(ctx, cfg, g.log, func(ctx context.Context, st *store.Store) error {
		_, err := st.SaveRaws(ctx, []desk.Raw{raw})
		return err
	})
	if err != nil && desk.KindOf(err) != desk.KindInvalid {
		return desk.Errorf(desk.KindTemporary, "%w", err)
	}
	return err
}

// netascii makes a mail from a pipe what it was on the wire: line ends are CRLF
// (RFC 5321 §2.3.8), and the line that begins a mail in an mbox is none of it.
func netascii(content []byte) []byte {
	if bytes.HasPrefix(content, []byte("From ")) {
		_, content, _ = bytes.Cut(content, []byte("\n"))
	}
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
}
