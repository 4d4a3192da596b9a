package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"switchboard/channels"
	"switchboard/store"
)

// Verdict is what an examination comes to.
type Verdict string

const (
	Sound Verdict = "ok"
	Warn  Verdict = "warn"
	Fail  Verdict = "fail"
)

// Finding is one line of the doctor's: what was looked at, how it is, and what a
// person can do about it.
type Finding struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail"`
	Advice  string  `json:"advice"`
}

const (
	examineTime = 20 * time.Second // each of the servers we depend on
	clockOK     = 5 * time.Second
	diskWarn    = 2 << 30
	diskFail    = 256 << 20
)

// Examine looks at everything that a configuration names, changes nothing of it
// and sends nothing. Like every verb it brings the database's schema up to date.
// It works beside a running gateway.
func Examine(ctx context.Context, cfg Config, log *slog.Logger) []Finding {
	x := examiner{cfg: &cfg, log: log}
	x.disk()
	running := x.http(ctx)
	x.public(ctx, running)
	x.port("smtp.addr", cfg.SMTP.Addr, running)
	x.port("smtp.tls_addr", cfg.SMTP.TLSAddr, running)
	x.socket(cfg.SMTP.LMTP, running)
	x.certificate()
	x.signatures()
	x.filters(ctx)
	x.addresses()
	x.records(ctx)
	err := WithStore(ctx, cfg, log, func(ctx context.Context, st *store.Store) error {
		x.database(ctx, st)
		x.smarthost(ctx, st)
		for i := range cfg.Mailboxes {
			x.mailbox(ctx, &cfg.Mailboxes[i], st)
		}
		return nil
	})
	if err != nil {
		advice := "Without db.url the private database in " + cfg.Data + " is used; the error says what it lacks."
		if cfg.DB.URL != "" {
			advice = "Check db.url: host, port, user, password, name of the database, and whether PostgreSQL runs and lets this machine in."
		}
		x.add("database", Fail, err.Error(), advice)
		const later = "Run this again when the database can be reached."
		if len(cfg.Mailboxes) > 0 {
			x.add("mailboxes", Warn, "not looked at without a database", later)
		}
		if cfg.Smarthost.Addr != "" {
			x.add("smarthost", Warn, "not looked at without a database", later)
		}
	}
	return x.found
}

type examiner struct {
	cfg   *Config
	log   *slog.Logger
	found []Finding
}

func (x *examiner) add(check string, v Verdict, detail, advice string) {
	x.found = append(x.found, Finding{check, v, detail, advice})
}

func (x *examiner) database(ctx context.Context, st *store.Store) {
	version, clock, err := st.Server(ctx)
	if err != nil {
		x.add("database", Fail, err.Error(), "Look into PostgreSQL's log.")
		return
	}
	off := time.Until(clock).Abs()
	have, want, err := st.Schema(ctx)
	switch {
	case err != nil:
		x.add("database", Fail, err.Error(), "Look into PostgreSQL's log.")
	case have > want:
		x.add("database", Fail, fmt.Sprintf("PostgreSQL %s; schema %d is newer than this program, which knows %d", version, have, want), "Use the newer program.")
	default:
		x.add("database", Sound, fmt.Sprintf("PostgreSQL %s, schema %d", version, have), "")
	}
	if off > clockOK {
		x.add("clock", Warn, fmt.Sprintf("this machine and the database differ by %s", off.Round(time.Second)), "Run NTP on both, as with systemd-timesyncd.")
	} else {
		x.add("clock", Sound, "in step with the database", "")
	}
}

func (x *examiner) mailbox(ctx context.Context, m *Mailbox, st *store.Store) {
	ctx, cancel := context.WithTimeout(ctx, examineTime)
	defer cancel()
	box, err := m.open(st, nil, x.log)
	if err != nil {
		x.add("mailbox "+m.Name, Fail, err.Error(), "Correct its section in the configuration.")
		return
	}
	found, err := box.Probe(ctx)
	if err == nil {
		x.add("mailbox "+m.Name, Sound, found, "")
		return
	}
	x.fault("mailbox "+m.Name, err, "Look into the mail server's log.")
}

// fault is a finding of what broke, with its own advice if it has one.
func (x *examiner) fault(check string, err error, otherwise string) {
	if fault, ok := errors.AsType[*channels.Fault](err); ok && fault.Advice != "" {
		otherwise = fault.Advice
	}
	x.add(check, Fail, err.Error(), otherwise)
}

func (x *examiner) smarthost(ctx context.Context, st *store.Store) {
	c := x.cfg.Smarthost
	if c.Addr == "" {
		x.add("smarthost", Warn, "none is configured", "Answers by mail stay queued until smarthost.addr is set.")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, examineTime)
	defer cancel()
	g := Gateway{cfg: *x.cfg, own: newAddresses(x.cfg.Mail), log: x.log}
	m, err := g.mailer(nil, st, nil, nil)
	if err == nil {
		defer m.Close()
		err = m.Probe(ctx, x.cfg.Mail.Addresses...)
	}
	if err != nil {
		x.fault("smarthost", exitFault(err), "Check smarthost.addr, tls (implicit: 465, starttls: 587), user and password. Answers wait meanwhile.")
		return
	}
	detail := c.Addr + " takes our mail"
	if c.User != "" {
		detail = c.Addr + " lets " + c.User + " in"
	}
	x.add("smarthost", Sound, detail+", from "+strings.Join(x.cfg.Mail.Addresses, ", "), "")
}
