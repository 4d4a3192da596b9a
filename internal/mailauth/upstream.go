package mailauth

import (
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"switchboard/internal/imf"
)

// Upstream returns what a trusted relay found out before it handed the mail on:
// the results of the Authentication-Results fields that bear one of its names.
// Fields of any other name may be the sender's own invention (RFC 8601 section
// 5), and a relay removes those that pretend to be its own. ok is false when
// there is no such field.
func Upstream(content []byte, names []string) (value string, ok bool) {
	h := readHeader(content)
	var all []authres.Result
	relay := ""
	for _, f := range h.fields[:h.sound] { // nothing that a sender adds can hide what the relay put on top
		if f.name == "received" && relay != "" {
			break // what stands below came with the mail
		}
		if f.name != "authentication-results" {
			continue
		}
		text := strings.TrimSpace(strings.ReplaceAll(f.value, "\r\n", ""))
		by, results := imf.AuthResults(text)
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, by) }) || relay != "" && by != relay {
			continue
		}
		relay = by
		for _, r := range results {
			if local(r.Method) {
				continue
			}
			var properties []string
			for name, text := range r.Properties {
				properties = append(properties, name, text)
			}
			if m := policyComment.FindStringSubmatch(text); m != nil && r.Method == "dmarc" && r.Properties["policy.dmarc"] == "" {
				properties = append(properties, "policy.dmarc", strings.ToLower(m[1]))
			}
			if writable(r.Method) && writable(r.Value) {
				all = append(all, result(r.Method, r.Value, properties...))
			}
		}
	}
	if relay == "" || !writable(relay) {
		return "", false
	}
	return format(relay, all), true
}

// policyComment is where large providers tell the policy, which has no property of
// its own in the standard.
var policyComment = regexp.MustCompile(`(?i)\bdmarc *= *[a-z]+ *\(p=(none|quarantine|reject)\b`)

// local reports a method that only we may speak of.
func local(method string) bool { return method == imf.MethodSpam || method == imf.MethodVirus }

// Add appends a filter's result to a field's value.
func Add(value, method, verdict string, properties ...string) string {
	text := format("", []authres.Result{result(method, verdict, properties...)})
	return strings.TrimSuffix(value, "; none") + text
}
