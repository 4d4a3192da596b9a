package corpus

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// header is a header being written.
type header struct{ b strings.Builder }

func (h *header) add(k, v string) { h.b.WriteString(k + ": " + v + "\r\n") }

// rePrefix returns the prefix that a mail program in the given language puts before the subject of a
// reply.
func rePrefix(lang string, r *rand.Rand) string {
	if lang == "de" && r.Float64() < 0.5 {
		return "AW: "
	}
	if r.Float64() < 0.1 {
		return "RE: "
	}
	return "Re: "
}

// quote marks every line as quoted.
func quote(s string) string {
	l := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range l {
		l[i] = "> " + l[i]
	}
	return strings.Join(l, "\n") + "\n"
}

// bodyText returns a random text with a greeting and, often, a signature.
func (g *gen) bodyText(lang string, s sender) string {
	tx := texts[lang]
	var b strings.Builder
	b.WriteString(pick(g.r, tx.hello) + "\n\n")
	paras := 1 + g.r.IntN(4)
	for range paras {
		k := 1 + g.r.IntN(5)
		for range k {
			b.WriteString(pick(g.r, tx.sentences))
			if lang != "ja" && lang != "zh" {
				b.WriteByte(' ')
			}
		}
		fmt.Fprintf(&b, "(%d)\n\n", 1000+g.r.IntN(9000))
	}
	b.WriteString(pick(g.r, tx.bye) + "\n" + s.name + "\n")
	if g.r.Float64() < 0.6 {
		fmt.Fprintf(&b, "-- \n%s\n%s | +49 30 %07d\nhttps://www.%s/\n", s.name, pick(g.r, tx.role), g.r.IntN(9999999), domainOf(s.addr))
	}
	return b.String()
}

// charset returns a charset that mail in the given language may use; a nil encoding means
// UTF-8.
func (g *gen) charset(lang string) (string, encoding.Encoding) {
	f := g.r.Float64()
	switch lang {
	case "ja":
		if f < 0.70 {
			return "iso-2022-jp", japanese.ISO2022JP
		}
	case "zh":
		if f < 0.65 {
			return "gb18030", simplifiedchinese.GB18030
		}
	default:
		if f < 0.15 {
			return "iso-8859-1", charmap.ISO8859_1
		}
		if f < 0.30 {
			return "windows-1252", charmap.Windows1252
		}
	}
	return "utf-8", nil
}

// enc encodes a text. Characters that the charset lacks are replaced.
func enc(e encoding.Encoding, s string) []byte {
	if e == nil {
		return []byte(s)
	}
	if e == charmap.ISO8859_1 {
		s = strings.NewReplacer("€", "EUR", "–", "-", "’", "'", "œ", "oe", "„", "\"", "“", "\"").Replace(s)
	}
	b, err := encoding.ReplaceUnsupported(e.NewEncoder()).Bytes([]byte(s))
	if err != nil {
		panic(fmt.Sprintf("encode: %v", err))
	}
	return b
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// word encodes a header value as RFC 2047 words of at most 12 runes each.
func word(cs string, e encoding.Encoding, s string) string {
	if ascii(s) {
		return s
	}
	var out []string
	r := []rune(s)
	for len(r) > 0 {
		k := min(12, len(r))
		out = append(out, "=?"+cs+"?B?"+base64.StdEncoding.EncodeToString(enc(e, string(r[:k])))+"?=")
		r = r[k:]
	}
	return strings.Join(out, "\r\n ")
}

func crlf(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }

// wrap64 encodes in base64 with lines of 76 characters.
func wrap64(b []byte) []byte {
	s := base64.StdEncoding.EncodeToString(b)
	var w bytes.Buffer
	w.Grow(len(s) + len(s)/38)
	for len(s) > 76 {
		w.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	w.WriteString(s + "\r\n")
	return w.Bytes()
}

// part returns the header and encoded body of a text part.
func (g *gen) part(ct, cs string, e encoding.Encoding, text string) []byte {
	raw := enc(e, text)
	var w bytes.Buffer
	cte := "quoted-printable"
	switch {
	case cs == "iso-2022-jp":
		cte = "7bit"
	case cs == "gb18030" || g.r.Float64() < 0.2:
		cte = "base64"
	case g.r.Float64() < 0.25:
		cte = "8bit"
	}
	fmt.Fprintf(&w, "Content-Type: %s; charset=\"%s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n", ct, cs, cte)
	switch cte {
	case "base64":
		w.Write(wrap64(crlf(raw)))
	case "quoted-printable":
		q := quotedprintable.NewWriter(&w)
		q.Write(crlf(raw))
		q.Close()
		w.WriteString("\r\n")
	default:
		w.Write(crlf(raw))
	}
	return w.Bytes()
}
