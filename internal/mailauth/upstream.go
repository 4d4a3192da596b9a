package mailauth

import (
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
	if h.ambiguous {
		return "", false
	}
	var all []authres.Result
	relay := ""
	for _, text := range h.values("authentication-results") {
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

// The results of content filters stand in the same field, by methods of our own
// (RFC 8601 section 2.7.7): nobody else's word counts for them.
const (
	MethodSpam  = "x-spam"
	MethodVirus = "x-virus"
)

func local(method string) bool { return method == MethodSpam || method == MethodVirus }

// Add appends a filter's result to a field's value.
func Add(value, method, verdict string, properties ...string) string {
	text := format("", []authres.Result{result(method, verdict, properties...)})
	return value + text
}
