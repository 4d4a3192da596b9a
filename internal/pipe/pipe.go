// Package pipe accepts mail from other programs on this machine, as the pipe
// transport of a mail server. It works while the gateway is not running.
package pipe

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	"switchboard/channels/smtpd"
	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/database"
	"switchboard/internal/localaddr"
	"switchboard/internal/screening"
	"switchboard/store"
)

// Mail is a mail handed over by another program.
type Mail struct {
	From    string   // reverse-path without angle brackets; "" is the null path
	To      []string // forward-paths without angle brackets
	Content []byte   // lines end with LF or CRLF; an mbox "From " line may precede it
}

// timeout bounds a delivery: the calling mail server holds the mail meanwhile.
const timeout = 2 * time.Minute

// Deliver checks a mail as SMTP reception does and journals it directly in the
// database. When it returns nil, the mail is on disk; delivering it again is
// recognized as a duplicate. KindNotFound: a recipient is unknown, nothing was
// accepted. KindInvalid: the mail can never be accepted. KindTemporary: anything else.
func Deliver(ctx context.Context, cfg config.Config, log *slog.Logger, mail Mail) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	local, host := localaddr.New(cfg.Mail.Addresses, cfg.Mail.CatchAll), cfg.Mail.Hostname()
	for _, to := range mail.To {
		if !local.Accepts(to) {
			return desk.Errorf(desk.KindNotFound, "%s is not an address of this site", to)
		}
	}
	content := netASCII(mail.Content)
	if len(content) == 0 {
		return desk.Errorf(desk.KindInvalid, "the mail is empty")
	}
	if limit := cfg.SMTP.Limit(); int64(len(content)) > limit {
		return desk.Errorf(desk.KindInvalid, "the mail is larger than smtp.max_size, %d octets", limit)
	}
	if smtpd.Loops(content) {
		return desk.Errorf(desk.KindInvalid, "too many hops, mail loop")
	}
	verdict, err := screening.New(host, &cfg.SMTP, log).Check(ctx, smtpd.Reception{From: mail.From, To: mail.To, Content: content})
	var refusal *smtpd.Refusal
	switch {
	case errors.As(err, &refusal) && !refusal.Temporary:
		return desk.Errorf(desk.KindInvalid, "%s", refusal.Text)
	case err != nil:
		return desk.Errorf(desk.KindTemporary, "%w", err)
	}
	raw := smtpd.LocalSubmission(host, mail.From, mail.To, content)
	verdict.Apply(&raw)
	return journal(ctx, cfg, log, raw)
}

// journal commits one mail. It never starts the private cluster, which belongs to the
// gateway: a short-lived process must not hold it when the next gateway starts.
func journal(ctx context.Context, cfg config.Config, log *slog.Logger, raw desk.Raw) error {
	if cfg.DB.URL = database.Running(&cfg); cfg.DB.URL == "" {
		return desk.Errorf(desk.KindTemporary, "no gateway is running on %s; start it, or set db.url", cfg.Data)
	}
	err := database.With(ctx, cfg, log, func(ctx context.Context, st *store.Store) error {
		_, err := st.SaveRaws(ctx, []desk.Raw{raw})
		return err
	})
	if err != nil && desk.KindOf(err) != desk.KindInvalid {
		return desk.Errorf(desk.KindTemporary, "%w", err)
	}
	return err
}

// netASCII converts a mail from a pipe to its form on the wire: line ends are CRLF
// (RFC 5321 §2.3.8), and a leading mbox "From " line is removed.
func netASCII(content []byte) []byte {
	if bytes.HasPrefix(content, []byte("From ")) {
		_, content, _ = bytes.Cut(content, []byte("\n"))
	}
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
}
