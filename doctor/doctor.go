// Package doctor checks everything that a configuration names, and reports what is
// wrong and what to do.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"switchboard/channels"
	"switchboard/config"
	"switchboard/internal/database"
	"switchboard/internal/mailaccount"
	"switchboard/store"
)

// Verdict is the result of a check.
type Verdict string

const (
	OK   Verdict = "ok"
	Warn Verdict = "warn"
	Fail Verdict = "fail"
)

// Finding is the result of one check, with advice unless it is OK.
type Finding struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail"`
	Advice  string  `json:"advice"`
}

const (
	serverTimeout = 20 * time.Second // for each server that is contacted
	maxClockSkew  = 5 * time.Second
	diskWarn      = 2 << 30
)

// Run checks everything that a configuration names. It changes nothing and sends no
// mail; like every command it migrates the database. It may run while a gateway is
// running.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger) []Finding {
	x := checker{cfg: &cfg, log: log}
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
	x.dns(ctx)
	err := database.With(ctx, cfg, log, func(ctx context.Context, st *store.Store) error {
		x.database(ctx, st)
		x.holidays(ctx, st)
		x.answers(ctx, st)
		x.sending(ctx, st)
		for i := range cfg.Mailboxes {
			x.mailbox(ctx, &cfg.Mailboxes[i], st)
		}
		return nil
	})
	if err != nil {
		advice := "Without db.url, the private database in " + cfg.Data + " is used; the error says what it needs."
		if cfg.DB.URL != "" {
			advice = "Check db.url (host, port, user, password and database name), and that PostgreSQL is running and accepts connections from this machine."
		}
		x.add("database", Fail, err.Error(), advice)
		const later = "Run this again when the database is reachable."
		if len(cfg.Mailboxes) > 0 {
			x.add("mailboxes", Warn, "not checked, because the database is unavailable", later)
		}
		if cfg.Smarthost.Addr != "" || len(cfg.Smarthosts) > 0 {
			x.add("smarthost", Warn, "not checked, because the database is unavailable", later)
		}
	}
	return x.found
}

// checker runs the checks and collects their findings.
type checker struct {
	cfg   *config.Config
	log   *slog.Logger
	found []Finding
}

func (x *checker) add(check string, v Verdict, detail, advice string) {
	x.found = append(x.found, Finding{check, v, detail, advice})
}

// database checks the version, schema and clock of the database.
func (x *checker) database(ctx context.Context, st *store.Store) {
	version, clock, err := st.Server(ctx)
	if err != nil {
		x.add("database", Fail, err.Error(), "Check PostgreSQL's log.")
		return
	}
	skew := time.Until(clock).Abs()
	have, want, err := st.Schema(ctx)
	switch {
	case err != nil:
		x.add("database", Fail, err.Error(), "Check PostgreSQL's log.")
	case have > want:
		x.add("database", Fail, fmt.Sprintf("PostgreSQL %s; the database has schema version %d, this program supports only version %d", version, have, want), "Use a newer version of the program.")
	default:
		x.add("database", OK, fmt.Sprintf("PostgreSQL %s, schema %d", version, have), "")
	}
	if skew > maxClockSkew {
		x.add("clock", Warn, fmt.Sprintf("the clocks of this machine and of the database differ by %s", skew.Round(time.Second)), "Run NTP on both, for example with systemd-timesyncd.")
	} else {
		x.add("clock", OK, "in sync with the database", "")
	}
}

// mailbox logs in to a mailbox and opens its folders.
func (x *checker) mailbox(ctx context.Context, m *config.Mailbox, st *store.Store) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	box, err := mailaccount.OpenMailbox(m, st, nil, x.log)
	if err != nil {
		x.add("mailbox "+m.Name, Fail, err.Error(), "Correct its section in the configuration.")
		return
	}
	found, err := box.Probe(ctx)
	if err == nil {
		x.add("mailbox "+m.Name, OK, found+x.skipped(ctx, m, st), "")
		return
	}
	x.fault("mailbox "+m.Name, err, "Check the mail server's log.")
}

// skipped says how many older messages of a mailbox are not imported.
func (x *checker) skipped(ctx context.Context, m *config.Mailbox, st *store.Store) string {
	if st == nil {
		return ""
	}
	n, err := st.SkippedHistory(ctx, m.Name)
	if err != nil || n == 0 {
		return ""
	}
	return fmt.Sprintf("; %d older messages that had been read are not imported (history = %q)", n, cmp.Or(m.History, "none"))
}

// fault adds a failed check, with the error's own advice if it has any.
func (x *checker) fault(check string, err error, fallback string) {
	if fault, ok := errors.AsType[*channels.Fault](err); ok && fault.Advice != "" {
		fallback = fault.Advice
	}
	x.add(check, Fail, err.Error(), fallback)
}
