package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"

	"switchboard/channels/smtpd"
	"switchboard/internal/imf"
	"switchboard/internal/mailauth"
	"switchboard/internal/mailfilter"
)

// Rspamd is the spam filter; it is off without a URL.
type Rspamd struct {
	URL       string `koanf:"url"` // of a worker: http://host:port
	Password  string `koanf:"password"`
	OnFailure string `koanf:"on_failure"` // accept, defer: of mail that it cannot be asked about
}

// Clamd is the virus scanner; it is off without an address.
type Clamd struct {
	Addr      string `koanf:"addr"`     // host:port, or the absolute path of its socket
	OnVirus   string `koanf:"on_virus"` // reject, quarantine
	OnFailure string `koanf:"on_failure"`
}

const (
	accept       = "accept"
	deferMail    = "defer"
	rejectMail   = "reject"
	toQuarantine = "quarantine"
)

func (v *validator) filters(c *SMTP) {
	if c.Rspamd.URL != "" {
		if u, err := url.Parse(c.Rspamd.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			v.add("smtp.rspamd.url", fmt.Sprintf("%q is not a URL like http://127.0.0.1:11333", c.Rspamd.URL))
		}
	}
	if !filepath.IsAbs(c.Clamd.Addr) {
		v.address("smtp.clamd.addr", c.Clamd.Addr, false)
	}
	v.oneOf("smtp.rspamd.on_failure", c.Rspamd.OnFailure, accept, deferMail)
	v.oneOf("smtp.clamd.on_failure", c.Clamd.OnFailure, accept, deferMail)
	v.oneOf("smtp.clamd.on_virus", c.Clamd.OnVirus, rejectMail, toQuarantine)
}

// finding is what a filter adds to the Authentication-Results of a mail.
type finding struct {
	method, verdict string
	properties      []string
}

// filter asks one filter; it may change the verdict, and its error is a refusal.
type filter func(context.Context, smtpd.Reception, *smtpd.Verdict) (finding, error)

// filters lists those that are configured, the cheaper one first.
func filters(c *SMTP, log *slog.Logger) (list []filter) {
	if c.Clamd.Addr != "" {
		list = append(list, virusFilter(c.Clamd, log))
	}
	if c.Rspamd.URL != "" {
		list = append(list, spamFilter(c.Rspamd, log))
	}
	return list
}

func virusFilter(c Clamd, log *slog.Logger) filter {
	clamd := mailfilter.NewClamd(c.Addr)
	return func(ctx context.Context, mail smtpd.Reception, v *smtpd.Verdict) (finding, error) {
		name, err := clamd.Check(ctx, mail.Content)
		switch {
		case err != nil:
			return unavailable(imf.MethodVirus, c.OnFailure, err, log)
		case name == "":
			return finding{imf.MethodVirus, "pass", nil}, nil
		case c.OnVirus == toQuarantine:
			v.Quarantine = "virus found: " + name
		default:
			return finding{}, &smtpd.Refusal{Text: "Virus found: " + name}
		}
		return finding{imf.MethodVirus, "fail", []string{"policy.name", name}}, nil
	}
}

func spamFilter(c Rspamd, log *slog.Logger) filter {
	rspamd := mailfilter.NewRspamd(c.URL, c.Password)
	return func(ctx context.Context, mail smtpd.Reception, v *smtpd.Verdict) (finding, error) {
		spam, err := rspamd.Check(ctx, mailfilter.Mail{ClientIP: mail.ClientIP, Helo: mail.Helo, From: mail.From, To: mail.To, Content: mail.Content})
		if err != nil {
			return unavailable(imf.MethodSpam, c.OnFailure, err, log)
		}
		verdict := "fail"
		switch spam.Action {
		case mailfilter.ActionReject:
			return finding{}, &smtpd.Refusal{Text: firstOf(spam.Text(), "Rejected as spam")}
		case mailfilter.ActionSoftReject, mailfilter.ActionGreylist:
			return finding{}, &smtpd.Refusal{Text: firstOf(spam.Text(), "Try again later"), Temporary: true}
		case mailfilter.ActionDiscard, mailfilter.ActionQuarantine:
			v.Quarantine = "the spam filter wants it kept from people: " + spam.Action // nothing is ever dropped
		case "no action":
			verdict = "pass"
		}
		return finding{imf.MethodSpam, verdict, []string{"policy.action", spam.Action,
			"policy.score", strconv.FormatFloat(spam.Score, 'f', 2, 64), "policy.required", strconv.FormatFloat(spam.Required, 'f', 2, 64)}}, nil
	}
}

// unavailable is for mail that nobody looked at, by the operator's choice.
func unavailable(method, choice string, err error, log *slog.Logger) (finding, error) {
	log.Warn("a mail could not be filtered", "filter", method, "then", choice, "error", err)
	if choice == deferMail {
		return finding{}, &smtpd.Refusal{Text: "A filter does not answer, try again later", Temporary: true}
	}
	return finding{method, "temperror", nil}, nil
}

// record adds the findings to an Authentication-Results value of ours.
func record(value, domain string, found []finding) string {
	if value == "" && len(found) > 0 {
		value = domain
	}
	for _, f := range found {
		value = mailauth.Add(value, f.method, f.verdict, f.properties...)
	}
	return value
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
