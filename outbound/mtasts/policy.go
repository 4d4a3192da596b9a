// Package mtasts follows the policies of MTA-STS (RFC 8461): a domain says which mail
// exchangers it has, and that they have valid certificates.
package mtasts

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
)

// Mode is what a policy asks for (RFC 8461 §5).
type Mode string

const (
	None    Mode = "none"
	Testing Mode = "testing" // as none, but failures are reported; this program reports none
	Enforce Mode = "enforce"
)

// Policy is a domain's policy. The zero Policy permits everything.
type Policy struct {
	Mode   Mode
	MX     []string // patterns: names, or "*." and a name
	MaxAge time.Duration
}

// maxAge is the longest that a policy may ask for (RFC 8461 §3.2).
const maxAge = 31557600 * time.Second

// Parse reads a policy (RFC 8461 §3.2): lines of keys and values. Unknown keys are ignored,
// and so are repetitions, except of mx.
func Parse(text []byte) (Policy, error) {
	var p Policy
	seen := map[string]bool{}
	for line := range bytes.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(string(line)), ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || seen[key] && key != "mx" {
			continue
		}
		seen[key] = true
		switch key {
		case "version":
			if value != "STSv1" {
				return p, desk.Errorf(desk.KindInvalid, "the version is %q, not STSv1", value)
			}
		case "mode":
			p.Mode = Mode(value)
		case "mx":
			p.MX = append(p.MX, strings.ToLower(strings.TrimSuffix(value, ".")))
		case "max_age":
			seconds, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return p, desk.Errorf(desk.KindInvalid, "max_age: %q is not a number of seconds", value)
			}
			p.MaxAge = min(time.Duration(seconds)*time.Second, maxAge)
		}
	}
	switch {
	case !seen["version"] || !seen["max_age"]:
		return p, desk.Errorf(desk.KindInvalid, "version or max_age is missing")
	case !slices.Contains([]Mode{None, Testing, Enforce}, p.Mode):
		return p, desk.Errorf(desk.KindInvalid, "the mode %q is unknown", p.Mode)
	case p.Mode != None && len(p.MX) == 0:
		return p, desk.Errorf(desk.KindInvalid, "there is no mx")
	}
	return p, nil
}

// Permits reports whether a mail exchanger matches one of the patterns (RFC 8461 §4.1): a
// wildcard stands for exactly one label.
func (p *Policy) Permits(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	_, parent, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(p.MX, func(pattern string) bool {
		if suffix, ok := strings.CutPrefix(pattern, "*."); ok {
			return parent == suffix
		}
		return host == pattern
	})
}

// recordID returns the id of a domain's TXT record (RFC 8461 §3.1); empty if there is no
// record, or more than one.
func recordID(records []string) (id string) {
	found := 0
	for _, record := range records {
		fields := strings.Split(record, ";")
		if strings.TrimSpace(fields[0]) != "v=STSv1" {
			continue
		}
		found++
		for _, field := range fields[1:] {
			if value, ok := strings.CutPrefix(strings.TrimSpace(field), "id="); ok {
				id = strings.TrimSpace(value)
			}
		}
	}
	if found != 1 {
		return ""
	}
	return id
}
