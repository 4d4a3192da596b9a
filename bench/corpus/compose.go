package corpus

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

func htmlEsc(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// html returns the HTML version of a text, in the style of Outlook or Gmail, with the quoted
// text and, if cid is set, an inline image.
func (g *gen) html(body, quoted, who string, cid string, outlook bool) string {
	var b strings.Builder
	b.WriteString("<html><head><meta http-equiv=\"Content-Type\" content=\"text/html\">\n")
	if outlook {
		b.WriteString(outlookStyle)
	}
	b.WriteString("</head>\n<body lang=\"EN-US\" link=\"#0563C1\" vlink=\"#954F72\">\n")
	for _, l := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
		if outlook {
			b.WriteString("<p class=\"MsoNormal\"><span style=\"font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif\">" + htmlEsc(l) + "<o:p></o:p></span></p>\n")
		} else {
			b.WriteString("<div dir=\"auto\" style=\"margin:0;padding:0\">" + htmlEsc(l) + "<br></div>\n")
		}
	}
	if cid != "" {
		b.WriteString("<p><img src=\"cid:" + cid + "\" width=\"120\" height=\"40\" alt=\"logo\"></p>\n")
	}
	if quoted != "" {
		b.WriteString("<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">" + htmlEsc(who) + " wrote:<br></div><blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">\n")
		for _, l := range strings.Split(strings.TrimRight(quoted, "\n"), "\n") {
			b.WriteString("<div>" + htmlEsc(l) + "</div>\n")
		}
		b.WriteString("</blockquote></div>\n")
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

// blob returns n random bytes.
func (g *gen) blob(n int) []byte {
	b := make([]byte, n)
	for i := 0; i+8 <= n; i += 8 {
		v := g.r.Uint64()
		b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24), byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56)
	}
	return b
}

// compose returns a message with the given header fields and a random structure:
// plain text, alternatives, HTML, attachments and inline images. The IDs in its Truth are
// left for the caller to set.
func (g *gen) compose(now time.Time, s sender, subj, body, quoted string, h header, lang string) Message {
	cs, e := g.charset(lang)
	d := domainOf(s.addr)
	var w bytes.Buffer
	fmt.Fprintf(&w, "Return-Path: <%s>\r\nDelivered-To: support@acme.example\r\n", s.addr)
	fmt.Fprintf(&w, "Received: from mx%d.%s (mx%d.%s [192.0.2.%d])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n\tby mail.acme.example (Postfix) with ESMTPS id %08X\r\n\tfor <support@acme.example>; %s\r\n", 1, d, 1, d, 1+g.r.IntN(250), g.r.Uint32(), now.Format(time.RFC1123Z))
	fmt.Fprintf(&w, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=s1;\r\n\th=from:to:subject:date:message-id:mime-version;\r\n\tbh=%s;\r\n\tb=%s\r\n", d, base64.StdEncoding.EncodeToString(g.blob(32)), base64.StdEncoding.EncodeToString(g.blob(48)))
	fmt.Fprintf(&w, "From: %s <%s>\r\nTo: Acme Support <support@acme.example>\r\n", quoteName(word(cs, e, s.name)), s.addr)
	if g.r.Float64() < 0.1 {
		fmt.Fprintf(&w, "Cc: office@%s\r\n", d)
	}
	fmt.Fprintf(&w, "Subject: %s\r\nDate: %s\r\n", word(cs, e, subj), now.Add(-time.Duration(g.r.IntN(90))*time.Second).Format(time.RFC1123Z))
	w.WriteString(h.b.String())
	outlook := g.r.Float64() < 0.4
	if outlook {
		w.WriteString("X-Mailer: Microsoft Outlook 16.0\r\nThread-Index: " + base64.StdEncoding.EncodeToString(g.blob(24)) + "\r\n")
	} else if g.r.Float64() < 0.5 {
		w.WriteString("User-Agent: Mozilla Thunderbird\r\n")
	}
	w.WriteString("MIME-Version: 1.0\r\n")

	who := "Acme Support <support@acme.example>"
	text := body
	if quoted != "" {
		text += "\nOn " + now.Add(-5*time.Hour).Format("Mon, Jan 2, 2006 at 15:04") + ", " + who + " wrote:\n" + quote(quoted)
	}
	f := g.r.Float64()
	structure := "alternative"
	switch {
	case f < 0.40:
		structure = "plain"
	case f < 0.45:
		structure = "html"
	}
	cid := ""
	if structure != "plain" && g.r.Float64() < 0.08 {
		cid = fmt.Sprintf("logo.%06x@%s", g.r.UintN(1<<24), d)
	}
	bnd := func() string { return fmt.Sprintf("----=_Part_%06x_%08x", g.r.UintN(1<<24), g.r.Uint32()) }
	multi := func(kind string, parts ...[]byte) []byte {
		b := bnd()
		var m bytes.Buffer
		fmt.Fprintf(&m, "Content-Type: multipart/%s;\r\n\tboundary=\"%s\"\r\n\r\n", kind, b)
		for _, p := range parts {
			m.WriteString("--" + b + "\r\n")
			m.Write(p)
			m.WriteString("\r\n")
		}
		m.WriteString("--" + b + "--\r\n")
		return m.Bytes()
	}
	var main []byte
	switch structure {
	case "plain":
		main = g.part("text/plain", cs, e, text)
	case "html":
		main = g.part("text/html", cs, e, g.html(body, quoted, who, cid, outlook))
	default:
		main = multi("alternative", g.part("text/plain", cs, e, text), g.part("text/html", cs, e, g.html(body, quoted, who, cid, outlook)))
	}
	att := 0
	if cid != "" {
		img := append([]byte("\x89PNG\r\n\x1a\n"), g.blob(2000+g.r.IntN(6000))...)
		main = multi("related", main, append([]byte("Content-Type: image/png; name=\"logo.png\"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <"+cid+">\r\nContent-Disposition: inline; filename=\"logo.png\"\r\n\r\n"), wrap64(img)...))
	}
	if g.r.Float64() < 0.10 {
		att = 1 + g.r.IntN(2)*g.r.IntN(2)
		parts := [][]byte{main}
		for range att {
			k := pick(g.r, attTypes)
			b := append([]byte(k.magic), g.blob((20_000+g.r.IntN(280_000))/att)...)
			name := k.name
			cd := "attachment; filename=\"" + name + "\""
			if !ascii(texts[lang].attName) && g.r.Float64() < 0.4 {
				cd = "attachment;\r\n\tfilename*=utf-8''" + pct(texts[lang].attName) + filepath.Ext(name)
			}
			parts = append(parts, append([]byte("Content-Type: "+k.ct+"; name=\""+name+"\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: "+cd+"\r\n\r\n"), wrap64(b)...))
		}
		main = multi("mixed", parts...)
	}
	w.Write(main)
	// The probe is the first paragraph after a round trip through the charset.
	probe := []rune(strings.SplitN(body, "\n", 4)[2])
	if e != nil {
		b, err := e.NewDecoder().Bytes(enc(e, string(probe)))
		if err != nil {
			panic(fmt.Sprintf("decode: %v", err))
		}
		probe = []rune(string(b))
	}
	if len(probe) > 40 {
		probe = probe[:40]
	}
	return Message{Raw: w.Bytes(), Truth: Truth{From: s.addr, Subject: subj, Charset: cs, Structure: structure, Attach: att, Bytes: w.Len(), Text: strings.TrimSpace(string(probe))}}
}

// quoteName quotes a display name, unless it is encoded.
func quoteName(s string) string {
	if strings.HasPrefix(s, "=?") {
		return s
	}
	return "\"" + s + "\""
}

// pct percent-encodes every byte, for RFC 2231 parameters.
func pct(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}
