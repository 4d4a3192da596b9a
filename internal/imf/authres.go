package imf

import "strings"

// AuthResult is one result of an Authentication-Results field (RFC 8601 §2.2).
type AuthResult struct {
	Method string // lower case, without version: "spf", "dkim", "dmarc"
	Value  string // lower case: "pass", "fail", "none", "temperror"
	// Properties by lower-case name: "header.from", "smtp.mailfrom", "reason".
	Properties map[string]string
}

// Results of content filters are in the same field, with methods of our own (RFC 8601
// section 2.7.7); they are only accepted from ourselves.
const (
	MethodSpam  = "x-spam"
	MethodVirus = "x-virus"
)

// maxAuthResults limits the results that are read from one field.
const maxAuthResults = 100

// AuthResults parses the value of an Authentication-Results field and returns the
// authserv-id in lower case and the results. Results that violate the grammar are
// dropped, so that a damaged field never adds one.
//
// go-msgauth's authres.Parse is not used because it splits the field at every ";" and
// does not know comments and quoted strings: reason="x; dmarc=pass
// header.from=victim.example" would become a DMARC pass, and the reason may contain
// text chosen by the sender. internal/mailauth uses that library for writing.
func AuthResults(value string) (by string, results []AuthResult) {
	for i, tokens := range authStatements(value) {
		switch {
		case i == 0:
			if len(tokens) > 0 {
				by = strings.ToLower(tokens[0])
			}
		case len(results) >= maxAuthResults:
			return by, results
		default:
			if r, ok := authResult(tokens); ok {
				results = append(results, r)
			}
		}
	}
	return by, results
}

// AuthenticDomain reports whether results prove that the domain itself sent the
// message: its DMARC check passed, or it publishes no policy and either signed the
// message or sent it from its own servers under exactly its own name (RFC 7489 §3.1,
// strict).
func AuthenticDomain(results []AuthResult, domain string) bool {
	dmarc, own := "", false
	for _, r := range results {
		switch {
		case r.Method == "dmarc" && !strings.EqualFold(r.Properties["header.from"], domain):
			return false
		case r.Method == "dmarc" && (dmarc != "" && dmarc != r.Value):
			return false
		case r.Method == "dmarc":
			dmarc = r.Value
		case r.Method == "dkim" && r.Value == "pass" && strings.EqualFold(r.Properties["header.d"], domain):
			own = true
		case r.Method == "spf" && r.Value == "pass" && strings.EqualFold(Domain(r.Properties["smtp.mailfrom"]), domain):
			own = true
		}
	}
	return domain != "" && (dmarc == "pass" || dmarc == "none" && own)
}

// authResult parses method "=" value, followed by properties; tokens are words, "="
// and "/".
func authResult(tokens []string) (r AuthResult, ok bool) {
	if len(tokens) >= 3 && tokens[1] == "/" { // a method's version
		tokens = append([]string{tokens[0]}, tokens[3:]...)
	}
	if len(tokens) < 3 || tokens[1] != "=" {
		return r, false
	}
	r = AuthResult{Method: strings.ToLower(tokens[0]), Value: strings.ToLower(tokens[2]), Properties: map[string]string{}}
	for rest := tokens[3:]; len(rest) > 0; rest = rest[3:] {
		if len(rest) < 3 || rest[1] != "=" {
			return r, false
		}
		name := strings.ToLower(rest[0])
		if _, twice := r.Properties[name]; twice {
			return r, false
		}
		r.Properties[name] = rest[2]
	}
	return r, true
}

// authStatements splits a value at its semicolons, and each piece into words, "=" and
// "/". Comments are removed; a quoted string is one word. The first "=" and "/" after
// a name are delimiters; in a value, which may be an address, they are letters.
func authStatements(s string) (all [][]string) {
	var tokens []string
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case ';':
			all, tokens, i = append(all, tokens), nil, i+1
		case ' ', '\t', '\r', '\n':
			i++
		case '(':
			i = skipComment(s, i)
		case '=', '/':
			tokens, i = append(tokens, s[i:i+1]), i+1
		case '"':
			word, next := quotedWord(s, i)
			tokens, i = append(tokens, word), next
		default:
			end := i
			stop := " \t\r\n;(\"=/"
			if len(tokens) > 0 && tokens[len(tokens)-1] == "=" {
				stop = " \t\r\n;(\""
			}
			for end < len(s) && strings.IndexByte(stop, s[end]) < 0 {
				end++
			}
			tokens, i = append(tokens, s[i:end]), end
		}
	}
	return append(all, tokens)
}

// skipComment returns the position after the comment that starts at i.
func skipComment(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// quotedWord returns the quoted string that starts at i, and the position after it.
func quotedWord(s string, i int) (word string, next int) {
	var b strings.Builder
	for i++; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), i + 1
}
