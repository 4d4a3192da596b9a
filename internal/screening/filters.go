package screening

import (
	"cmp"
	"context"
	"log/slog"
	"strconv"

	"switchboard/channels/smtpd"
	"switchboard/config"
	"switchboard/internal/imf"
	"switchboard/internal/mailauth"
	"switchboard/internal/mailfilter"
)

// result is what a filter adds to the Authentication-Results of a mail.
type result struct {
	method, verdict string
	properties      []string // alternating names and values
}

// filter consults one content filter. It may change the verdict; its error refuses
// the mail.
type filter func(context.Context, smtpd.Reception, *smtpd.Verdict) (result, error)

// filters returns the configured ones, the cheaper one first.
func filters(c *config.SMTP, log *slog.Logger) (list []filter) {
	if c.Clamd.Addr != "" {
		list = append(list, virusFilter(c.Clamd, log))
	}
	if c.Rspamd.URL != "" {
		list = append(list, spamFilter(c.Rspamd, log))
	}
	return list
}

// virusFilter returns the filter that scans mail with clamd.
func virusFilter(c config.Clamd, log *slog.Logger) filter {
	clamd := mailfilter.NewClamd(c.Addr)
	return func(ctx context.Context, mail smtpd.Reception, v *smtpd.Verdict) (result, error) {
		name, err := clamd.Check(ctx, mail.Content)
		switch {
		case err != nil:
			return unavailable(imf.MethodVirus, c.OnFailure, err, log)
		case name == "":
			return result{imf.MethodVirus, "pass", nil}, nil
		case c.OnVirus == config.VirusQuarantine:
			v.Quarantine = "virus found: " + name
		default:
			return result{}, &smtpd.Refusal{Text: "Virus found: " + name}
		}
		return result{imf.MethodVirus, "fail", []string{"policy.name", name}}, nil
	}
}

// spamFilter returns the filter that consults rspamd.
func spamFilter(c config.Rspamd, log *slog.Logger) filter {
	rspamd := mailfilter.NewRspamd(c.URL, c.Password)
	return func(ctx context.Context, mail smtpd.Reception, v *smtpd.Verdict) (result, error) {
		spam, err := rspamd.Check(ctx, mailfilter.Mail{ClientIP: mail.ClientIP, Helo: mail.Helo, From: mail.From, To: mail.To, Content: mail.Content})
		if err != nil {
			return unavailable(imf.MethodSpam, c.OnFailure, err, log)
		}
		verdict := "fail"
		switch spam.Action {
		case mailfilter.ActionReject:
			return result{}, &smtpd.Refusal{Text: cmp.Or(spam.Text(), "Rejected as spam")}
		case mailfilter.ActionSoftReject, mailfilter.ActionGreylist:
			return result{}, &smtpd.Refusal{Text: cmp.Or(spam.Text(), "Try again later"), Temporary: true}
		case mailfilter.ActionDiscard, mailfilter.ActionQuarantine:
			v.Quarantine = "quarantined by the spam filter: " + spam.Action // mail is never dropped
		case "no action":
			verdict = "pass"
		}
		return result{imf.MethodSpam, verdict, []string{"policy.action", spam.Action,
			"policy.score", strconv.FormatFloat(spam.Score, 'f', 2, 64), "policy.required", strconv.FormatFloat(spam.Required, 'f', 2, 64)}}, nil
	}
}

// unavailable is the result for mail that could not be checked: accepted unchecked
// or deferred, as configured.
func unavailable(method, onFailure string, err error, log *slog.Logger) (result, error) {
	log.Warn("FilterUnavailable", "filter", method, "action", onFailure, "error", err)
	if onFailure == config.FilterDefer {
		return result{}, &smtpd.Refusal{Text: "Content filter unavailable, try again later", Temporary: true}
	}
	return result{method, "temperror", nil}, nil
}

// record appends filter results to an Authentication-Results value, which may be
// empty.
func record(value, domain string, results []result) string {
	if value == "" && len(results) > 0 {
		value = domain
	}
	for _, r := range results {
		value = mailauth.Add(value, r.method, r.verdict, r.properties...)
	}
	return value
}
