package mailauth

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"switchboard/internal/imf"
)

// Upstream returns the results of a trusted relay: those of the
// Authentication-Results fields with one of the given authserv-ids. Fields with other
// ids may be forged by the sender (RFC 8601 section 5), and so may all fields below
// the Received field that the relay added when it took the mail from outside: fields
// are added on top, and a relay that does not check a mail does not remove a forged
// field with its id either. Providers that put their field below it repeat the
// results above, in ARC-Authentication-Results (RFC 8617 section 4.1.1), which then
// counts. ok is false if there is no such field.
func Upstream(content []byte, names []string) (value string, ok bool) {
	h := readHeader(content)
	own := added(h.fields[:h.sound], names) // parsers may disagree about the rest
	for _, name := range []string{"authentication-results", "arc-authentication-results"} {
		if value, ok := reported(own, name, names); ok {
			return value, true
		}
	}
	return "", false
}

// added returns the fields that the relay and the machines behind it added: those
// above the first Received field of a hop from outside.
func added(fields []field, names []string) []field {
	for i, f := range fields {
		if f.name == "received" && !internalHop(f.value, names) {
			return fields[:i]
		}
	}
	return fields
}

// reported returns the results of the fields with a name.
func reported(fields []field, name string, names []string) (value string, ok bool) {
	var all []authres.Result
	relay := ""
	for _, f := range fields {
		if f.name == "received" && relay != "" {
			break // an earlier machine of the same site
		}
		if f.name != name {
			continue
		}
		text := strings.TrimSpace(strings.ReplaceAll(f.value, "\r\n", ""))
		if strings.HasPrefix(name, "arc-") {
			_, text, _ = strings.Cut(text, ";") // the instance, "i=1"
		}
		by, results := imf.AuthResults(text)
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, by) }) || relay != "" && by != relay {
			continue
		}
		relay = by
		for _, r := range results {
			if r, ok := relayed(r, text); ok {
				all = append(all, r)
			}
		}
	}
	if relay == "" || !quotable(relay) {
		return "", false
	}
	return format(relay, all), true
}

// relayed returns a relay's result as one of ours; false if it must not be copied.
func relayed(r imf.AuthResult, text string) (authres.Result, bool) {
	if isLocal(r.Method) || !quotable(r.Method) || !quotable(r.Value) {
		return nil, false
	}
	var properties []string
	for name, text := range r.Properties {
		properties = append(properties, name, text)
	}
	if m := policyComment.FindStringSubmatch(text); m != nil && r.Method == "dmarc" && r.Properties["policy.dmarc"] == "" {
		properties = append(properties, "policy.dmarc", strings.ToLower(m[1]))
	}
	return result(r.Method, r.Value, properties...), true
}

var (
	// policyComment matches the comment in which large providers report the DMARC
	// policy, for which RFC 8601 defines no property.
	policyComment = regexp.MustCompile(`(?i)\bdmarc *= *[a-z]+ *\(p=(none|quarantine|reject)\b`)
	// fromClause and byClause are the parts of a Received field (RFC 5321 section 4.4).
	fromClause = regexp.MustCompile(`(?is)^\s*from\s(.*)$`)
	byClause   = regexp.MustCompile(`(?is)\sby\s`)
	// tcpInfo is the comment in which the receiving machine records the client: its
	// verified name, which may be missing, and its address.
	tcpInfo = regexp.MustCompile(`\(\s*([A-Za-z0-9.-]*)[^()]*\)`)
	literal = regexp.MustCompile(`(?i)\[(?:ipv6:)?([0-9a-f.:]+)\]|\(([0-9.]{7,15}|[0-9a-f:]*:[0-9a-f:.]+)\)`)
)

// internalHop reports whether a Received field records a hop within the relay's site:
// one without a client, from a private or loopback address, or from a machine whose
// verified name is one of the relay's. The name in the client's EHLO proves nothing;
// every address in the clause must be internal, so that it cannot add one.
func internalHop(value string, names []string) bool {
	m := fromClause.FindStringSubmatch(value)
	if m == nil {
		return true
	}
	clause := m[1]
	if at := byClause.FindStringIndex(clause); at != nil {
		clause = clause[:at[0]]
	}
	comment := tcpInfo.FindStringSubmatch(clause)
	if comment == nil || strings.Contains(strings.ToLower(clause), "may be forged") {
		return false
	}
	if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, comment[1]) }) {
		return true
	}
	found := literal.FindAllStringSubmatch(clause, -1)
	for _, l := range found {
		ip, err := netip.ParseAddr(l[1] + l[2])
		if err != nil || !(ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()) {
			return false
		}
	}
	return len(found) > 0
}

// isLocal reports whether a method is one of our own, which no relay may set.
func isLocal(method string) bool { return method == imf.MethodSpam || method == imf.MethodVirus }

// Add appends a content filter's result to a field's value.
func Add(value, method, verdict string, properties ...string) string {
	text := format("", []authres.Result{result(method, verdict, properties...)})
	return strings.TrimSuffix(value, "; none") + text
}
