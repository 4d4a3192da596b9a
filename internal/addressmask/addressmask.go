// Package addressmask hides mail addresses in texts and JSON from agents who may not see
// those of customers: jo@acme.example becomes j…@acme.example. It is pure.
package addressmask

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Mark stands for the hidden part of an address. No local part contains it, so what is
// masked stays as it is when it is masked again.
const Mark = "…"

// address matches what may be a mail address, also in a URL or with an at sign of another
// width. It rather matches too much: what is hidden by mistake does less harm.
var address = regexp.MustCompile(`("(?:[^"\\\r\n]|\\.){1,64}"|[^\s<>()\[\],;:"\\…]+)(@|＠|﹫|%40|&#64;|&#x40;|&commat;)([\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?)`)

// Mask hides addresses, except those for which Shown returns true.
type Mask struct {
	Shown func(address string) bool // nil: none
}

// Text returns a text without addresses.
func (m Mask) Text(s string) string {
	if !strings.ContainsAny(s, "@＠﹫%&") {
		return s
	}
	return address.ReplaceAllStringFunc(s, func(found string) string {
		p := address.FindStringSubmatch(found)
		if m.Shown != nil && m.Shown(strings.ToLower(p[1]+"@"+p[3])) {
			return found
		}
		return One(p[1] + "@" + p[3])
	})
}

// Find returns where addresses are in a text, also in parts of URLs.
func Find(s string) [][]int {
	if !strings.ContainsAny(s, "@＠﹫%&") {
		return nil
	}
	return address.FindAllStringIndex(s, -1)
}

// Replace returns a text with something else instead of each address. It must not be a part of
// an address itself.
func Replace(s string, with func(address string) string) string {
	for len(Find(s)) > 0 {
		s = address.ReplaceAllStringFunc(s, with)
	}
	return s
}

// One returns the masked form of an address. Addresses may have the same one.
func One(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if at := strings.LastIndexByte(address, '@'); ok {
		local, domain = address[:at], address[at+1:]
	}
	if strings.HasSuffix(local, Mark) {
		return address
	}
	local = strings.TrimPrefix(local, `"`)
	_, n := utf8.DecodeRuneInString(local)
	return local[:n] + Mark + "@" + domain
}

// JSON returns a JSON text whose strings have no addresses. Names of members stay.
func (m Mask) JSON(text []byte) ([]byte, error) {
	v, err := decode(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(m.value(v)); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Value returns a value as it is in JSON, without addresses.
func (m Mask) Value(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if v, err = decode(text); err != nil {
		return nil, err
	}
	return m.value(v), nil
}

func decode(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return v, d.Decode(&v)
}

func (m Mask) value(v any) any {
	switch v := v.(type) {
	case string:
		return m.Text(v)
	case []any:
		for i := range v {
			v[i] = m.value(v[i])
		}
	case map[string]any:
		for name, member := range v {
			if masked := m.Text(name); masked != name {
				delete(v, name)
				name = masked
			}
			v[name] = m.value(member)
		}
	}
	return v
}
