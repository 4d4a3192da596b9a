package mail

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// pool contains the pieces of hostile messages; %d and %s are replaced by a different
// number and word in each piece.
var pool = struct{ fields, html, text, types, params, charsets, encodings []string }{
	fields:    split(`Subject: =?utf-8?q?a?=|Subject: =?utf-8?b?YQ?=|Subject: =?x?q?|Subject: Re: Re: AW: Fwd: |Subject: [a] [b] (c) |To: "a|To: a@b.example,|Cc: (((|Cc: <@a,@b:c@d>|Cc: a:b;|From: =?utf-8?q?a@b?= <|From: a <b> <c@d>|References: <a%d@b>|References: <<>>|In-Reply-To: "x" of (y|Received: from a by b; Mon, 6 May|Received: (|Date: Mon, 99 (( |Date: 1 Jan 1 1:1:1 +9999|Message-ID: <<%s@>|List-Id: <<|X-%s: a|X-A: =?iso-2022-jp?b?GyRC?=|Content-Type: text/plain; a%d=b|Content-Type: text/html; name*%d*=utf-8''%41|Content-Type: ;;;=;|Content-Disposition: attachment; filename*%d=%s|Content-Disposition: attachment; filename="\"\"|Content-ID: <<|Auto-Submitted: (|Precedence: bulk; |Authentication-Results: a; spf=pass (|:|: |a b c:| folded|	folded` + "|\x00|\xff\xfe|\xe2\x80\xae"),
	html:      split(`<div>|</div>|<p>|</p>|<b>|<i>|<a>|</a>|<a href="http://a/%d">|<font color=red>|<nobr>|<table>|<tr>|<td>|</td>|</table>|<caption>|<select><option>|<form>|<button>|<svg>|<math><mi>|<style>a{b:c}|</style>|<script>|</script>|<title>|<textarea>|<plaintext>|<!--|-->|<![CDATA[|<?x|<!doctype x>|<x-%s>|<p a%d=b>|<p style="color:red;">|<p style="a:url(` + "`" + `;b:expression(|<p style="background:/**/` + "`" + `x">|<img src=cid:%d>|<img src="data:image/png;base64,AAAA">|&amp;|&#x41|&|&#|&notin|<|>|"|'|=|<blockquote>|</blockquote>|<blockquote type=cite>|<div class=gmail_quote>|<div class="x_x_gmail_quote ecxa %s">|<div class=gmail_attr>|<hr>|<hr id=stopSpelling>|<br>|<ul>|<li>|<ol start=%d>|<pre>|<template>|<frameset>|<ruby><rt>|<h1>|<center>|<span hidden>|<span style="display:none">|<o:p>|<v:shape>|<base href=//a>|<meta charset=x>|<body onload=x>|a |word%d |` + "\n|\u00a0|\u202e|\u0301|\x00|\xff"),
	text:      split(`> |>|>> |On Mon, Jo wrote:|On Mon, 6 May 2024 at 10:00, Jo <jo@a.example> wrote: |Am 6.5.2024 um 10:00 schrieb |Le 6 mai 2024 |From: a@b.example|Sent: 6 May 2024|To: x|Subject: y|-----Original Message-----|---- Forwarded message ----|----|____|====|-- |--|~|*|* |Sent from my phone|From |>From |begin 644 a%d|end|M86%A86%A|=ybegin line=128 size=1 name=a|=yend|-----BEGIN PGP MESSAGE-----|-----END PGP|http://a/%d|<http://a|>>> a@b 6 May >>>|JM> |)|\||...|8<|[...]|word%d |a@|@|1:2|12.12.2024|:|：|于|写道：|のメール| |	|` + "\n|\n|\n\n|\r|\r\n|\x00|\u00a0|\u200b|\ue100|\ue103|\u202e|\u0301|\xff|\x1b$B|\x1b(B|\x0e|\x0f|~{|~}|+-|+AGE-"),
	types:     split(`text/plain|text/html|text/enriched|text/rtf|text/calendar|text/x-a|application/ms-tnef|application/octet-stream|message/rfc822|message/delivery-status|message/disposition-notification|message/feedback-report|message/partial|message/external-body|message/global|multipart/mixed|multipart/alternative|multipart/related|multipart/report|multipart/signed|multipart/digest|multipart/encrypted|multipart/|text|/|a/b/c`),
	params:    split(`; charset=%s|; format=flowed|; format=flowed; delsp=yes|; name="%s"|; name*0*=utf-8''a; name*1=b|; boundary=b%d|; boundary="b%d "|; boundary=|; report-type=delivery-status|; protocol="a"|; name==?utf-8?q?a?=|; =|;;;`),
	charsets:  split(`utf-8|us-ascii|iso-8859-1|windows-1252|utf-7|utf-16|utf-16le|utf-32|iso-2022-jp|iso-2022-kr|iso-2022-cn|shift_jis|euc-jp|euc-kr|gb2312|gb18030|hz-gb-2312|big5|koi8-r|x-unknown|`),
	encodings: split(`7bit|8bit|binary|base64|quoted-printable|x-uuencode|x-yenc|a`),
}

// split never returns an empty piece, which would be repeated for ever.
func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '|' })
}

// grower writes a random message of bounded size.
type grower struct {
	*rand.Rand
	out   strings.Builder
	size  int
	count int
}

// Grow returns a random message, the same for the same seed. Most repeat a few pieces
// many times, which can cost a naive parser more than linear time.
func Grow(seed uint64, size int) []byte {
	g := grower{Rand: rand.New(rand.NewPCG(seed, 7)), size: size}
	g.part(0, 1+g.IntN(size))
	for g.out.Len() < size { // fill the rest with another body
		g.body("text/plain", size-g.out.Len())
	}
	return []byte(g.out.String()[:size])
}

// pick returns a random piece with its numbers and words filled in.
func (g *grower) pick(list []string) string {
	s := list[g.IntN(len(list))]
	if g.count++; strings.Contains(s, "%d") {
		s = strings.ReplaceAll(s, "%d", fmt.Sprint(g.count%(1+g.IntN(1<<16))))
	}
	return strings.ReplaceAll(s, "%s", strings.Repeat("w", 1+g.IntN(6))+fmt.Sprint(g.count))
}

// few picks some of the pieces for repetition.
func (g *grower) few(list []string) []string {
	some := make([]string, 1+g.IntN(4))
	for i := range some {
		some[i] = list[g.IntN(len(list))]
	}
	return some
}

// repeat writes random pieces, each followed by end, until size bytes were written.
func (g *grower) repeat(list []string, end string, size int) {
	some, regular := g.few(list), g.IntN(2) == 0
	for from, i := g.out.Len(), 0; g.out.Len()-from < size; i++ {
		if regular {
			g.out.WriteString(g.pick(some[i%len(some):][:1]))
		} else {
			g.out.WriteString(g.pick(some))
		}
		g.out.WriteString(end)
	}
}

// part writes a header and a body, or a multipart.
func (g *grower) part(depth, size int) {
	media := g.pick(pool.types)
	if depth == 0 && g.IntN(3) > 0 {
		media = []string{"text/plain", "text/html", "multipart/mixed"}[g.IntN(3)]
	}
	fmt.Fprintf(&g.out, "Content-Type: %s", media)
	for range g.IntN(4) {
		g.out.WriteString(strings.ReplaceAll(g.pick(pool.params), "charset=w", "charset="+g.pick(pool.charsets)))
	}
	boundary := fmt.Sprintf("b%d", g.IntN(4))
	if strings.HasPrefix(media, "multipart/") {
		g.out.WriteString("; boundary=" + boundary)
	}
	encoding := g.pick(pool.encodings)
	g.out.WriteString("\r\nContent-Transfer-Encoding: " + encoding + "\r\n")
	switch g.IntN(6) {
	case 0:
		g.repeat(pool.fields, "\r\n", size/2)
	case 1: // one long field
		g.out.WriteString(g.pick(pool.fields))
		g.repeat(pool.fields, " ", size/4)
		g.out.WriteString("\r\n")
	}
	g.out.WriteString("\r\n")
	switch {
	case strings.HasPrefix(media, "multipart/"):
		for left := size; left > 0 && g.out.Len() < g.size; {
			some := 1 + g.IntN(1+min(left, 1<<uint(g.IntN(20))))
			left -= some + 20
			g.out.WriteString("\r\n--" + boundary + "\r\n")
			g.part(depth+1, some)
		}
	case encoding == "base64" && g.IntN(2) == 0:
		inner := grower{Rand: g.Rand, size: g.size}
		inner.body(media, size*3/4)
		text := base64.StdEncoding.EncodeToString([]byte(inner.out.String()))
		for at := 0; at < len(text); at += 76 {
			g.out.WriteString(text[at:min(at+76, len(text))] + "\r\n")
		}
	default:
		g.body(media, size)
	}
}

// body writes the content of a part of this media type.
func (g *grower) body(media string, size int) {
	list := pool.text
	switch {
	case strings.Contains(media, "html") || g.IntN(8) == 0:
		list = pool.html
	case strings.HasPrefix(media, "message/") && g.IntN(2) == 0:
		list = pool.fields
	}
	g.repeat(list, []string{"", "", "\n", "\r\n", " "}[g.IntN(5)], size)
}
