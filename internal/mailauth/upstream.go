package mailauth

import (
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"switchboard/internal/imf"
)

// Upstream returns the results of a trusted relay: those of the
// Authentication-Results fields with one of the given authserv-ids. Fields with other
// ids may be forged by the sender (RFC 8601 section 5); a relay removes those that
// claim to be its own. ok is false if there is no such field.
func Upstream(content []byte, names []string) (value string, ok bool) {
	h := readHeader(content)
	var all []authres.Result
	relay := ""
	for _, f := range h.fields[:h.sound] { // a sender cannot affect the fields that the relay added on top
		if f.name == "received" && relay != "" {
			break // the fields below came with the message
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
			if isLocal(r.Method) {
				continue
			}
			var properties []string
			for name, text := range r.Properties {
				properties = append(properties, name, text)
			}
			if m := policyComment.FindStringSubmatch(text); m != nil && r.Method == "dmarc" && r.Properties["policy.dmarc"] == "" {
				properties = append(properties, "policy.dmarc", strings.ToLower(m[1]))
			}
			if quotable(r.Method) && quotable(r.Value) {
				all = append(all, result(r.Method, r.Value, properties...))
			}
		}
	}
	if relay == "" || !quotable(relay) {
		return "", false
	}
	return format(relay, all), true
}

// policyComment matches the comment in which large providers report the DMARC
// policy, for which RFC 8601 defines no property.
var policyComment = regexp.MustCompile(`(?i)\bdmarc *= *[a-z]+ *\(p=(none|quarantine|reject)\b`)

// isLocal reports whether a method is one of our own, which no relay may set.
func isLocal(method string) bool { return method == imf.MethodSpam || method == imf.MethodVirus }

// Add appends a content filter's result to a field's value.
func Add(value, method, verdict string, properties ...string) string {
	text := format("", []authres.Result{result(method, verdict, properties...)})
	return strings.TrimSuffix(value, "; none") + text
}
