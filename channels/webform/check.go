package webform

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// Limits of fields, in characters.
const (
	maxName    = 200
	maxSubject = 300
	maxMessage = 100 << 10
	maxFields  = 50
	maxLabel   = 64
	maxValue   = 8 << 10
)

// submission is a form as it came, before and after the checks.
type submission struct {
	desk.FormSubmission
	key      string // Idempotency-Key or "_key"; may be empty
	redirect string // "_redirect"
	trap     string // "_gotcha": people do not see it, machines fill it in
}

// fieldError is one entry of a problem's errors (RFC 9457 §3.2).
type fieldError struct {
	Location string `json:"location"` // "body.email"
	Message  string `json:"message"`
	Value    string `json:"value"`
	field    string
}

// set files a value under the field it belongs to. A field that comes several
// times (check boxes) is joined with commas, one of the fixed ones keeps its first.
func (s *submission) set(name, value string) {
	value = toText(value)
	fixed := map[string]*string{
		"email": &s.Email, "name": &s.Name, "subject": &s.Subject, "message": &s.Message,
		"_gotcha": &s.trap, "_redirect": &s.redirect, "_key": &s.key,
	}
	if p, ok := fixed[name]; ok {
		if *p == "" {
			*p = value
		}
		return
	}
	if name = imf.OneLine(toText(name)); name == "" || name == "_charset_" {
		return
	}
	if s.Fields == nil {
		s.Fields = make(map[string]string)
	}
	if had, twice := s.Fields[name]; twice && had != "" && value != "" {
		value = had + ", " + value
	}
	s.Fields[name] = value
}

// tidy brings fields into the form in which they are stored. CR and LF have no
// place in what may become a header.
func (s *submission) tidy() {
	s.Email = strings.TrimSpace(s.Email)
	s.Name, s.Subject = imf.OneLine(s.Name), imf.OneLine(s.Subject)
	s.Message = strings.TrimSpace(s.Message)
	for k, v := range s.Fields {
		s.Fields[k] = strings.TrimSpace(v)
	}
}

// check tells what is wrong with a tidy submission, in the order of the page.
func (s *submission) check(f Form) []fieldError {
	var errs []fieldError
	wrong := func(field, value, format string, args ...any) {
		errs = append(errs, fieldError{Location: "body." + field, Message: fmt.Sprintf(format, args...), Value: shorten(value), field: field})
	}
	long := func(field, value string, limit int) {
		if utf8.RuneCountInString(value) > limit {
			wrong(field, value, "is longer than %d characters", limit)
		}
	}
	long("name", s.Name, maxName)
	switch {
	case s.Email == "":
		wrong("email", "", "is needed, so that we can answer")
	case !imf.ValidAddr(s.Email):
		wrong("email", s.Email, "is not an e-mail address of the form name@example.com")
	}
	long("subject", s.Subject, maxSubject)
	for _, field := range f.Fields {
		value := s.Fields[field.Name]
		if field.Required && value == "" {
			wrong(field.Name, "", "is needed")
		}
	}
	if s.Message == "" {
		wrong("message", "", "is needed")
	}
	long("message", s.Message, maxMessage)
	if len(s.Fields) > maxFields {
		wrong("fields", "", "are more than %d", maxFields)
		return errs
	}
	for _, name := range sortedKeys(s.Fields) {
		long(name, name, maxLabel)
		long(name, s.Fields[name], maxValue)
	}
	return errs
}

// shorten keeps a problem from echoing a whole message.
func shorten(s string) string {
	if len(s) <= 100 {
		return s
	}
	n := 100
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// windows1252 holds what the octets 0x80 to 0x9f mean there (WHATWG Encoding §9).
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// toText makes a field's octets valid UTF-8 with LF line ends and without NUL. A
// form on a page in another encoding sends that encoding; what is not UTF-8 is
// read as windows-1252, the web's default.
func toText(s string) string {
	if !utf8.ValidString(s) {
		var b strings.Builder
		for i := range len(s) {
			if c := s[i]; c >= 0x80 && c <= 0x9f {
				b.WriteRune(windows1252[c-0x80])
			} else {
				b.WriteRune(rune(c))
			}
		}
		s = b.String()
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(s)
}

// sourceKey makes a repeated submission one. The content is part of it: whoever
// uses a key twice for two things has both stored, as losing one would be worse.
func (s *submission) sourceKey(body []byte) string {
	if s.key == "" {
		return rand.Text()
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d:%s", len(s.key), s.key)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func (s *submission) encode() ([]byte, error) { return json.Marshal(s.FormSubmission) }

// crockford is base 32 without letters that are mistaken for digits.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// reference is what a person quotes on the phone: the random end of the raw
// item's identifier, as "7K3M-2Q9X".
func reference(id desk.RawID) string {
	s := crockford.EncodeToString(id[len(id)-5:])
	return s[:4] + "-" + s[4:]
}

// redirectAllowed reports whether a browser may be sent to target.
func redirectAllowed(target string, allowed []string) bool {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || strings.ContainsAny(target, "\\\r\n\t") {
		return false
	}
	for _, entry := range allowed {
		a, err := url.Parse(entry)
		if err != nil || a.Scheme != u.Scheme || !strings.EqualFold(a.Host, u.Host) {
			continue
		}
		// Cleaned, as a browser resolves dot segments (RFC 3986 §5.2.4) before it asks.
		if entry == target || (strings.HasSuffix(a.Path, "/") && strings.HasPrefix(path.Clean(u.Path)+"/", a.Path)) {
			return true
		}
	}
	return false
}
