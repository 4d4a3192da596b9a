package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"switchboard/router"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct{ Key, Reason string }

// Error lists everything that is wrong with a configuration.
type Error struct{ Problems []Problem }

// Error returns a heading and all problems, one per line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("invalid configuration:")
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "\n  %s: %s", p.Key, p.Reason)
	}
	return b.String()
}

// Validate returns an *Error with every problem, or nil. It reads the files of the
// routing policy, of the signature trust anchors and of the keys that sign mail.
func (c *Config) Validate() error {
	var v validator
	v.address("addr", c.Addr, true)
	v.address("metrics_addr", c.MetricsAddr, false)
	v.publicURL(c.PublicURL)
	v.oneOf("log_level", c.LogLevel, "debug", "info", "warn", "error")
	if c.DB.URL == "" && c.Data == "" {
		v.add("data", "set a folder for the private database, or set db.url")
	}
	if len(c.Mail.Addresses) == 0 {
		v.add("mail.addresses", "set at least one support address")
	}
	for i, a := range c.Mail.Addresses {
		if parsed, err := mail.ParseAddress(a); err != nil || parsed.Address != a {
			v.add(fmt.Sprintf("mail.addresses[%d]", i), fmt.Sprintf("%q is not an address like support@example.com", a))
		}
	}
	if c.Mail.Undo < 0 || c.Mail.Undo > time.Minute {
		v.add("mail.undo", "must be between 0s and 60s")
	}
	if c.Mail.DelayWarning < 0 || c.Mail.DelayWarning > 5*24*time.Hour {
		v.add("mail.delay_warning", "must be between 0s (no warnings) and 120h, after which a message is given up")
	}
	for i, n := range c.Mail.ReplyKeys {
		if n < 1 || n > 255 || slices.Contains(c.Mail.ReplyKeys[:i], n) {
			v.add("mail.reply_keys", "list different numbers from 1 to 255; the first one signs")
			break
		}
	}
	if c.AlarmAfter <= 0 {
		v.add("alarm_after", "must be a positive duration, like 5m")
	}
	if c.NoticeMail < 0 {
		v.add("notice_mail", "must not be negative; 0 sends no notices by mail")
	}
	if c.OfflineAfter < minOffline {
		v.add("offline_after", "must be at least 2m, since connections are recorded about once a minute")
	}
	if c.MinFreeSpace < 0 {
		v.add("min_free_space", "must be a number of octets, or 0 for 512 MiB")
	}
	v.policy(c.Policy)
	v.advisories(&c.Advisories)
	v.api(&c.API)
	v.domains("mail.catch_all", c.Mail.CatchAll)
	v.smtp(&c.SMTP)
	v.agentMail(c)
	v.relay("smarthost.", &c.Smarthost)
	v.delivery(c)
	v.dkim(c.DKIM)
	v.mailboxes(c.Mailboxes)
	v.networks("trusted_proxies", c.TrustedProxies)
	v.networks("images.allow_networks", c.Images.AllowNetworks)
	v.networks("webhooks.allow_networks", c.Webhooks.AllowNetworks)
	if c.Webhooks.Timeout < 0 || c.Webhooks.Timeout > time.Minute {
		v.add("webhooks.timeout", "must be between 1s and 60s")
	}
	v.signatures(&c.Signatures)
	v.help(c)
	uniqueKeys(&v, "widget", "key", c.Widgets, func(w Widget) string { return w.Key })
	uniqueKeys(&v, "form", "key", c.Forms, func(f Form) string { return f.Key })
	for i, w := range c.Widgets {
		v.public(fmt.Sprintf("widget[%d]", i), w.Key, w.Origins)
	}
	for i, f := range c.Forms {
		v.public(fmt.Sprintf("form[%d]", i), f.Key, f.Origins)
	}
	if len(v.problems) > 0 {
		return &Error{v.problems}
	}
	return nil
}

// validator collects problems.
type validator struct{ problems []Problem }

func (v *validator) add(key, reason string) { v.problems = append(v.problems, Problem{key, reason}) }

// address checks a host:port.
func (v *validator) address(key, value string, required bool) {
	if value == "" && !required {
		return
	}
	if _, _, err := net.SplitHostPort(value); err != nil {
		v.add(key, fmt.Sprintf("%q is not host:port", value))
	}
}

// publicURL checks the URL under which browsers reach this server.
func (v *validator) publicURL(value string) {
	const key = "public_url"
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	switch {
	case !strings.Contains(value, "://"):
		v.add(key, fmt.Sprintf("%q has no scheme: write https://%s", value, strings.TrimLeft(value, "/")))
	case err != nil:
		v.add(key, fmt.Sprintf("%q is not a URL: write https://help.example.com", value))
	case u.Scheme != "https" && u.Scheme != "http":
		v.add(key, fmt.Sprintf("the scheme %q cannot be used: write https://%s", u.Scheme, u.Host))
	case u.Hostname() == "":
		v.add(key, fmt.Sprintf("%q has no host: write https://help.example.com", value))
	case u.User != nil:
		v.add(key, "must not contain a user name or password")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		v.add(key, fmt.Sprintf("the pages are served at the root of a host: write %s://%s, without a path", u.Scheme, u.Host))
	}
}

// oneOf checks a value that must be one of several words.
func (v *validator) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		last := len(allowed) - 1
		v.add(key, fmt.Sprintf("must be %s or %s, not %q", strings.Join(allowed[:last], ", "), allowed[last], value))
	}
}

// policy compiles the file, so that a faulty policy is reported with line numbers
// before anything is opened.
func (v *validator) policy(file string) {
	if file == "" {
		return
	}
	document, err := os.ReadFile(file)
	if err == nil {
		_, err = router.Compile(document)
	}
	var invalid *router.PolicyError
	switch {
	case errors.As(err, &invalid):
		for _, problem := range invalid.Problems {
			v.add("policy", file+":"+problem.String())
		}
	case err != nil:
		v.add("policy", err.Error())
	}
}

// domains checks a list of domain names.
func (v *validator) domains(key string, list []string) {
	for _, d := range list {
		if d == "" || strings.ContainsAny(d, "@ *<>") || !strings.Contains(d, ".") {
			v.add(key, fmt.Sprintf("%q is not a domain like example.com", d))
		}
	}
}

// signatures reads the trust anchors.
func (v *validator) signatures(s *Signatures) {
	trust := s.Trust()
	if err := trust.LoadAuthorities(); err != nil {
		v.add("signatures.smime_authorities", err.Error())
	}
	if err := trust.LoadKeys(); err != nil {
		v.add("signatures.openpgp_keys", err.Error())
	}
}

// relay checks a smarthost.
func (v *validator) relay(at string, s *Smarthost) {
	v.address(at+"addr", s.Addr, false)
	v.oneOf(at+"tls", s.TLS, "implicit", "starttls", "none")
	v.oauth(at, s.OAuth)
	if s.Auth == AuthOAuth2 && s.User == "" {
		v.add(at+"user", "set the account to send as")
	}
	v.between(at+"connections", s.Connections, 0, 500)
	v.between(at+"rate", s.Rate, 0, 100_000)
}

// keyCharacters are the characters allowed in the keys of widgets and forms.
const keyCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// public checks a widget or form: its key, which is part of URLs, and its origins,
// which must be written as browsers send them (RFC 6454 §6.2). Any other spelling
// would never match, and the site's visitors would be refused without explanation.
func (v *validator) public(name, key string, origins []string) {
	if strings.ContainsFunc(key, func(r rune) bool { return !strings.ContainsRune(keyCharacters, r) }) {
		v.add(name+".key", fmt.Sprintf("%q is part of URLs: use only letters a to z, digits, - and _", key))
	}
	for _, o := range origins {
		u, err := url.Parse(o)
		if o != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || o != u.Scheme+"://"+u.Host) {
			v.add(name+".origins", fmt.Sprintf("%q is not a valid origin: write https://www.example.com, without a trailing slash or path, or *", o))
		}
	}
}

// uniqueKeys checks that every entry of a list has a key and that no key is used twice.
func uniqueKeys[T any](v *validator, name, field string, list []T, key func(T) string) {
	seen := map[string]bool{}
	for i, item := range list {
		k := key(item)
		switch {
		case k == "":
			v.add(fmt.Sprintf("%s[%d]", name, i), "set "+field)
		case seen[k]:
			v.add(fmt.Sprintf("%s[%d]", name, i), fmt.Sprintf("the %s %q is used twice", field, k))
		}
		seen[k] = true
	}
}

// IsLoopback reports whether a host, a name or an IP address, is this machine.
func IsLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}

// minOffline is the shortest OfflineAfter.
const minOffline = 2 * time.Minute
