package webform

import (
	"crypto/rand"
	"crypto/sha256"
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

// submission is a submitted form.
type submission struct {
	desk.FormSubmission
	key      string // Idempotency-Key or "_key"; may be empty
	redirect string // "_redirect"
	trap     string // "_gotcha", a hidden field that only bots fill in
}

// fieldError is one entry of a problem's errors (RFC 9457 §3.2).
type fieldError struct {
	Location string `json:"location"` // "body.email"
	Message  string `json:"message"`
	Value    string `json:"value"`
	field    string
}

// set stores the value of a field. The values of a field that occurs several times
// (check boxes) are joined with commas; of the fixed fields the first value is kept.
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

// tidy normalizes the fields. Those that may become mail headers are reduced to one
// line.
func (s *submission) tidy() {
	s.Email = strings.TrimSpace(s.Email)
	s.Name, s.Subject = imf.OneLine(s.Name), imf.OneLine(s.Subject)
	s.Message = strings.TrimSpace(s.Message)
	for k, v := range s.Fields {
		s.Fields[k] = strings.TrimSpace(v)
	}
}

// check returns the errors of a normalized submission in the order of the page.
func (s *submission) check(f Form) []fieldError {
	var errs []fieldError
	wrong := func(field, value, format string, args ...any) {
		errs = append(errs, fieldError{Location: "body." + field, Message: fmt.Sprintf(format, args...), Value: shorten(value), field: field})
	}
	long := func(field, value string, limit int) {
		if utf8.RuneCountInString(value) > limit {
			wrong(field, value, "must not be longer than %d characters", limit)
		}
	}
	long("name", s.Name, maxName)
	switch {
	case s.Email == "":
		wrong("email", "", "is required, so that we can reply")
	case !imf.ValidAddr(s.Email):
		wrong("email", s.Email, "must be an email address such as name@example.com")
	}
	long("subject", s.Subject, maxSubject)
	for _, field := range f.Fields {
		value := s.Fields[field.Name]
		if field.Required && value == "" {
			wrong(field.Name, "", "is required")
		}
	}
	if s.Message == "" {
		wrong("message", "", "is required")
	}
	long("message", s.Message, maxMessage)
	if len(s.Fields) > maxFields {
		wrong("fields", "", "must not be more than %d", maxFields)
		return errs
	}
	for _, name := range sortedKeys(s.Fields) {
		long(name, name, maxLabel)
		long(name, s.Fields[name], maxValue)
	}
	return errs
}

// shorten limits the length of a value that is echoed in a problem.
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

// windows1252 has the characters of octets 0x80 to 0x9f (WHATWG Encoding §9).
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// toText converts a field to valid UTF-8 with LF line ends and without NUL. Browsers
// send forms in the encoding of the page; input that is not UTF-8 is decoded as
// windows-1252, the default of the web.
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

// sourceKey identifies repeated submissions. It includes the content: if a client uses
// the same key for two different submissions, both are stored, because losing one would
// be worse.
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
		// Cleaned, because browsers resolve dot segments (RFC 3986 §5.2.4).
		if entry == target || (strings.HasSuffix(a.Path, "/") && strings.HasPrefix(path.Clean(u.Path)+"/", a.Path)) {
			return true
		}
	}
	return false
}
