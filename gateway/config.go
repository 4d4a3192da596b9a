// Package gateway puts the parts together: it opens the database, starts the
// channels, the pipeline, the outbound loop and the HTTP server, and stops them
// in order. It runs inside tests as well as in the program.
package gateway

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Config is everything an operator may set. The tags name the keys of the TOML
// file; SWITCHBOARD_DB__URL in the environment is db.url.
type Config struct {
	Addr string `koanf:"addr"` // host:port of the HTTP server; port 0 takes a free one
	Data string `koanf:"data"` // folder of the private database cluster, when db.url is empty
	// PublicURL is how customers and agents reach this server, without a trailing
	// slash; empty: http:// and the address it listens on.
	PublicURL string `koanf:"public_url"`
	// TrustedProxies are the networks of HTTP proxies whose X-Forwarded-For and
	// X-Forwarded-Proto count; this machine if it is missing.
	TrustedProxies []string `koanf:"trusted_proxies"`
	LogLevel       string   `koanf:"log_level"` // debug, info, warn, error
	// Policy names the file of the routing policy; empty: the one in the database
	// goes on, which is the default one at first.
	Policy string `koanf:"policy"`
	// MetricsAddr is the host:port of /metrics, apart from what customers reach;
	// empty: there are none.
	MetricsAddr string `koanf:"metrics_addr"`
	// AlarmAfter is how long an entrance may fail or be silent before that is a
	// person's business.
	AlarmAfter time.Duration `koanf:"alarm_after"`

	DB        DB        `koanf:"db"`
	Mail      Mail      `koanf:"mail"`
	SMTP      SMTP      `koanf:"smtp"`
	Smarthost Smarthost `koanf:"smarthost"`
	Mailboxes []Mailbox `koanf:"mailbox"`
	Widgets   []Widget  `koanf:"widget"`
	Forms     []Form    `koanf:"form"`
	Images    Images    `koanf:"images"`
	// Signatures is what signed mail is verified with.
	Signatures Signatures `koanf:"signatures"`
}

// DB is the database. Without a URL a private cluster runs in Data.
type DB struct {
	URL      string `koanf:"url"` // lib/pq DSN
	MaxConns int    `koanf:"max_conns"`
}

// Mail is who we are.
type Mail struct {
	// Addresses are the support addresses; the first one answers where nothing
	// else says who does. Subaddresses (support+anything) belong to them.
	Addresses []string `koanf:"addresses"`
	// CatchAll are domains all of whose addresses are ours; answers come from the
	// first support address, unless the one written to is a support address itself.
	CatchAll []string `koanf:"catch_all"`
	Domain   string   `koanf:"domain"` // of our Message-IDs and EHLO; the first address's if empty
	Name     string   `koanf:"name"`   // the company, beside an agent's name in From; may be empty
}

// Widget is a chat widget on somebody's website.
type Widget struct {
	Key     string   `koanf:"key"`
	Name    string   `koanf:"name"`
	Origins []string `koanf:"origins"` // exact origins, or "*"
}

// Form is a hosted web form.
type Form struct {
	Key       string   `koanf:"key"`
	Title     string   `koanf:"title"`
	Redirects []string `koanf:"redirects"` // URLs that _redirect may name
	Origins   []string `koanf:"origins"`   // sites whose scripts may post
}

// Defaults is the configuration of which every other one is a change.
func Defaults() Config {
	return Config{Addr: "127.0.0.1:8080", Data: "data", LogLevel: "info", AlarmAfter: 5 * time.Minute,
		TrustedProxies: []string{"127.0.0.0/8", "::1"}, Smarthost: Smarthost{TLS: "starttls"},
		SMTP: SMTP{Rspamd: Rspamd{OnFailure: accept}, Clamd: Clamd{OnVirus: rejectMail, OnFailure: accept}}}
}

// Problem is one thing wrong with a configuration.
type Problem struct{ Key, Reason string }

// ConfigError lists everything that is wrong, in the order of the keys.
type ConfigError struct{ Problems []Problem }

func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString("the configuration cannot be used:")
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "\n  %s: %s", p.Key, p.Reason)
	}
	return b.String()
}

// Validate returns a *ConfigError with every problem at once, or nil.
func (c *Config) Validate() error {
	var v validator
	v.address("addr", c.Addr, true)
	v.address("metrics_addr", c.MetricsAddr, false)
	v.oneOf("log_level", c.LogLevel, "debug", "info", "warn", "error")
	if c.DB.URL == "" && c.Data == "" {
		v.add("data", "name a folder for the private database, or set db.url")
	}
	if len(c.Mail.Addresses) == 0 {
		v.add("mail.addresses", "name at least one support address")
	}
	for i, a := range c.Mail.Addresses {
		if parsed, err := mail.ParseAddress(a); err != nil || parsed.Address != a {
			v.add(fmt.Sprintf("mail.addresses[%d]", i), fmt.Sprintf("%q is not an address like support@example.com", a))
		}
	}
	if c.AlarmAfter <= 0 {
		v.add("alarm_after", "name a duration, like 5m")
	}
	v.policy(c.Policy)
	v.domains("mail.catch_all", c.Mail.CatchAll)
	v.smtp(&c.SMTP)
	v.smarthost(&c.Smarthost)
	v.mailboxes(c.Mailboxes)
	v.networks("trusted_proxies", c.TrustedProxies)
	v.networks("images.allow_networks", c.Images.AllowNetworks)
	v.signatures(&c.Signatures)
	keyed(&v, "widget", c.Widgets, func(w Widget) string { return w.Key })
	keyed(&v, "form", c.Forms, func(f Form) string { return f.Key })
	for i, w := range c.Widgets {
		v.public(fmt.Sprintf("widget[%d]", i), w.Key, w.Origins)
	}
	for i, f := range c.Forms {
		v.public(fmt.Sprintf("form[%d]", i), f.Key, f.Origins)
	}
	if len(v.problems) > 0 {
		return &ConfigError{v.problems}
	}
	return nil
}

// keyLetters are what the keys of widgets and forms are made of.
const keyLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

type validator struct{ problems []Problem }

func (v *validator) add(key, reason string) { v.problems = append(v.problems, Problem{key, reason}) }

func (v *validator) address(key, value string, required bool) {
	if value == "" && !required {
		return
	}
	if _, _, err := net.SplitHostPort(value); err != nil {
		v.add(key, fmt.Sprintf("%q is not host:port", value))
	}
}

func (v *validator) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		v.add(key, fmt.Sprintf("%q is none of %s", value, strings.Join(allowed, ", ")))
	}
}

// public checks a widget or form: a key that stands in URLs, and origins as a
// browser sends them (RFC 6454 §6.2). Others would never be met, and the site's
// visitors be refused without a word.
func (v *validator) public(name, key string, origins []string) {
	if strings.ContainsFunc(key, func(r rune) bool { return !strings.ContainsRune(keyLetters, r) }) {
		v.add(name+".key", fmt.Sprintf("%q stands in URLs: write it with a to z, 0 to 9, - and _", key))
	}
	for _, o := range origins {
		u, err := url.Parse(o)
		if o != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || o != u.Scheme+"://"+u.Host) {
			v.add(name+".origins", fmt.Sprintf("%q is no origin: write https://www.example.com, without a slash or a path, or *", o))
		}
	}
}

// keyed checks that a list's keys are there and unique.
func keyed[T any](v *validator, name string, list []T, key func(T) string) {
	seen := map[string]bool{}
	for i, item := range list {
		k := key(item)
		switch {
		case k == "":
			v.add(fmt.Sprintf("%s[%d]", name, i), "has no name or key")
		case seen[k]:
			v.add(fmt.Sprintf("%s[%d]", name, i), fmt.Sprintf("%q stands twice", k))
		}
		seen[k] = true
	}
}
