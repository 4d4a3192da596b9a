package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"switchboard/channels"
	"switchboard/outbound/mailer"
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
	examineTime   = 20 * time.Second // each of the servers we depend on
	certificateOK = 14 * 24 * time.Hour
	clockOK       = 5 * time.Second
	diskWarn      = 2 << 30
	diskFail      = 256 << 20
)

// Examine looks at everything that a configuration names, changes nothing of it
// and sends nothing. Like every verb it brings the database's schema up to date.
// It works beside a running gateway.
func Examine(ctx context.Context, cfg Config, log *slog.Logger) []Finding {
	x := examiner{cfg: &cfg, log: log}
	x.disk()
	running := x.http(ctx)
	x.port("smtp.addr", cfg.SMTP.Addr, running)
	x.port("smtp.tls_addr", cfg.SMTP.TLSAddr, running)
	x.certificate()
	x.signatures()
	x.smarthost(ctx)
	err := WithStore(ctx, cfg, log, func(ctx context.Context, st *store.Store) error {
		x.database(ctx, st)
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
		if len(cfg.Mailboxes) > 0 {
			x.add("mailboxes", Warn, "not looked at without a database", "Run this again when the database can be reached.")
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
	advice := "Look into the mail server's log."
	if fault := (*channels.Fault)(nil); errors.As(err, &fault) && fault.Advice != "" {
		advice = fault.Advice
	}
	x.add("mailbox "+m.Name, Fail, err.Error(), advice)
}

func (x *examiner) smarthost(ctx context.Context) {
	c := x.cfg.Smarthost
	if c.Addr == "" {
		x.add("smarthost", Warn, "none is configured", "Answers by mail stay queued until smarthost.addr is set.")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, examineTime)
	defer cancel()
	own := newAddresses(x.cfg.Mail)
	g := Gateway{cfg: *x.cfg, own: own}
	m, err := mailer.New(mailer.Config{Addr: c.Addr, User: c.User, Password: c.Password, TLS: smarthostTLS[c.TLS], Hostname: g.domain(), Log: x.log}, nil)
	if err == nil {
		defer m.Close()
		err = m.Probe(ctx)
	}
	if err != nil {
		x.add("smarthost", Fail, c.Addr+": "+err.Error(), "Check smarthost.addr, tls (implicit: 465, starttls: 587), user and password. Answers wait meanwhile.")
		return
	}
	detail := c.Addr + " takes our mail"
	if c.User != "" {
		detail = c.Addr + " lets " + c.User + " in"
	}
	x.add("smarthost", Sound, detail, "")
}

// http reports whether a gateway serves the address already.
func (x *examiner) http(ctx context.Context) (running bool) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if l, err := net.Listen("tcp", x.cfg.Addr); err == nil {
		l.Close()
		x.add("addr", Sound, x.cfg.Addr+" is free", "")
		return false
	} else if !errors.Is(err, syscall.EADDRINUSE) {
		x.add("addr", Fail, err.Error(), "Choose an address of this machine, and a port that this user may open.")
		return false
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+x.cfg.Addr+"/livez", nil)
	if err == nil {
		var res *http.Response
		if res, err = http.DefaultClient.Do(r); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK && res.Header.Get("X-Request-Id") != "" {
				x.add("addr", Sound, x.cfg.Addr+" is served by a running gateway", "")
				return true
			}
		}
	}
	x.add("addr", Fail, x.cfg.Addr+" is in use by another program", "Stop that program, or choose another addr.")
	return false
}

func (x *examiner) port(key, addr string, running bool) {
	if addr == "" {
		return
	}
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		l.Close()
		x.add(key, Sound, addr+" is free", "")
	case errors.Is(err, syscall.EADDRINUSE) && running:
		x.add(key, Sound, addr+" is in use, and a gateway runs", "")
	case errors.Is(err, syscall.EADDRINUSE):
		x.add(key, Fail, addr+" is in use by another program", "Stop that mail server, or choose another "+key+".")
	case errors.Is(err, syscall.EACCES):
		x.add(key, Fail, err.Error(), "Ports below 1024 need the capability CAP_NET_BIND_SERVICE; doc/operations.md has the unit.")
	default:
		x.add(key, Fail, err.Error(), "Choose an address of this machine.")
	}
}

func (x *examiner) certificate() {
	c := x.cfg.SMTP
	if c.TLSCert == "" {
		if c.Addr != "" {
			x.add("smtp.tls_cert", Warn, "mail is received without TLS", "Set smtp.tls_cert and smtp.tls_key.")
		}
		return
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		x.add("smtp.tls_cert", Fail, err.Error(), "Name a certificate and its key as PEM files that this user may read.")
		return
	}
	ends := pair.Leaf.NotAfter
	detail := fmt.Sprintf("%s until %s", pair.Leaf.Subject.CommonName, ends.Format(time.DateOnly))
	switch left := time.Until(ends); {
	case left <= 0:
		x.add("smtp.tls_cert", Fail, detail+", which is over", "Renew it; the gateway reads the new files by itself.")
	case left < certificateOK:
		x.add("smtp.tls_cert", Warn, detail, "Renew it; the gateway reads the new files by itself.")
	default:
		x.add("smtp.tls_cert", Sound, detail, "")
	}
}

// disk looks where the private database is, or will be.
func (x *examiner) disk() {
	if x.cfg.DB.URL != "" {
		return
	}
	dir, err := filepath.Abs(x.cfg.Data)
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	var fs syscall.Statfs_t
	if err == nil {
		err = syscall.Statfs(dir, &fs)
	}
	if err != nil {
		x.add("disk", Fail, err.Error(), "Make the data folder readable for this user.")
		return
	}
	free := uint64(fs.Bavail) * uint64(fs.Bsize) //nolint:unconvert // the types differ between systems
	detail := fmt.Sprintf("%.1f GiB free at %s", float64(free)/(1<<30), dir)
	switch {
	case free < diskFail:
		x.add("disk", Fail, detail, "Make room: without it no mail can be taken.")
	case free < diskWarn:
		x.add("disk", Warn, detail, "Make room soon.")
	default:
		x.add("disk", Sound, detail, "")
	}
}
