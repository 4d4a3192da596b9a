package replytext

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"switchboard/internal/imf"
	"switchboard/normalize/htmltext"
	"switchboard/normalize/plaintext"
)

// Quotations that mail programs mark up in HTML are passed on to the line reader as
// marks, each on a line of its own. They are private-use characters, which are
// removed from all input first.
const (
	markHistory    = '\ue100' // everything below is the message replied to
	markIntroStart = '\ue101' // the element that introduces a quotation
	markIntroEnd   = '\ue102'
	markQuoteStart = '\ue103' // an element that contains only a quotation
	markQuoteEnd   = '\ue104'
	markRule       = '\ue105' // a horizontal rule
	markSignStart  = '\ue106' // an element that contains the signature
	markSignEnd    = '\ue107'
	markPassage    = '\ue108' // a blockquote of the author's own follows
)

func isMark(r rune) bool { return r >= markHistory && r <= markPassage }

func stripMarks(s string) string {
	if !strings.ContainsFunc(s, isMark) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isMark(r) {
			return -1
		}
		return r
	}, s)
}

// NewTextHTML is NewText for an HTML text; it returns plain text. It knows how mail
// programs mark up quotations. Image descriptions are left out: most are logos.
func NewTextHTML(s string, src Source) string {
	return stripMarks(newText(htmltext.Text(insertMarks(stripMarks(s))), src))
}

// insertMarks returns HTML with marks where quotations start and end.
func insertMarks(s string) string {
	m := htmlMarker{in: s, quoteAfter: strings.LastIndex(imf.FoldASCII(s), "<blockquote")}
	m.out.Grow(len(s) + len(s)/8)
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		kind := z.Next()
		raw := string(z.Raw())
		m.at += len(raw)
		switch kind {
		case html.ErrorToken:
			m.out.WriteString(raw)
			return m.out.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			m.open(z.Token(), raw, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			m.close(atom.Lookup(name), raw)
		case html.TextToken:
			if !plaintext.IsBlank(raw) {
				m.text = raw
			}
			m.out.WriteString(raw)
		default:
			m.out.WriteString(raw)
		}
	}
}

// htmlMarker writes HTML with marks. It tracks one open element, at whose end a mark
// is due.
type htmlMarker struct {
	in         string
	out        strings.Builder
	text       string // the last text that is not blank
	at         int    // octets read
	quoteAfter int    // position of the last blockquote in the HTML
	element    atom.Atom
	depth      int
	end        rune      // the mark to write when the element closes
	signed     atom.Atom // the open element with the signature
	signDepth  int
}

func (m *htmlMarker) mark(r rune) {
	m.out.WriteString("<div>")
	m.out.WriteRune(r)
	m.out.WriteString("</div>")
}

// open copies a start tag and adds the mark that it calls for. Images are dropped.
func (m *htmlMarker) open(t html.Token, raw string, selfClosing bool) {
	if m.depth > 0 && t.DataAtom == m.element && !selfClosing {
		m.depth++
	}
	if m.signDepth > 0 && t.DataAtom == m.signed && !selfClosing {
		m.signDepth++
	}
	switch t.DataAtom {
	case atom.Img:
		m.out.WriteString("<img>")
		return
	case atom.Hr:
		if id := htmltext.Attr(t, "id"); strings.EqualFold(id, "stopSpelling") || strings.EqualFold(id, "zwchr") || htmltext.Attr(t, "tabindex") == "-1" {
			m.mark(markHistory)
			return
		}
		m.mark(markRule)
		return
	}
	kind := quoteElement(t)
	if kind != 0 {
		m.unsign()
	}
	switch {
	case selfClosing || m.depth > 0 && kind != markHistory:
	case kind == 0 && m.signDepth == 0 && signatureElement(t):
		m.mark(markSignStart)
		m.signed, m.signDepth = t.DataAtom, 1
	case t.DataAtom == atom.Blockquote && m.passage(t, kind):
		m.mark(markPassage)
	case kind == 0:
	case kind == markHistory:
		m.mark(markHistory)
	case kind == markIntroStart && t.DataAtom == atom.Blockquote:
		// Certainly a quotation, which needs no introduction.
		m.mark(markIntroStart)
		m.mark(markIntroEnd)
	case kind == markQuoteStart && quoteInside(t) && m.quoteAfter > m.at:
		// A frame around introduction and blockquote, which may contain replies.
	default:
		m.mark(kind)
		m.element, m.depth, m.end = t.DataAtom, 1, kind+1
	}
	m.out.WriteString(raw)
}

// close copies an end tag and adds the mark that ends the tracked element.
func (m *htmlMarker) close(a atom.Atom, raw string) {
	m.out.WriteString(raw)
	if m.depth > 0 && a == m.element {
		if m.depth--; m.depth == 0 {
			m.mark(m.end)
		}
	}
	if m.signDepth > 0 && a == m.signed {
		if m.signDepth--; m.signDepth == 0 {
			m.mark(markSignEnd)
		}
	}
}

// unsign ends the signature: some programs put the quotation into the same element.
func (m *htmlMarker) unsign() {
	if m.signDepth > 0 {
		m.signDepth = 0
		m.mark(markSignEnd)
	}
}

// passage reports whether a blockquote holds words that the author of the message
// quotes, rather than the message replied to: it has no attributes, Gmail shows that its
// content was typed, or the text before it announces it.
func (m *htmlMarker) passage(t html.Token, kind rune) bool {
	if kind == 0 {
		return len(t.Attr) == 0 && !strings.Contains(strings.ToLower(plaintext.Clip(m.in[m.at:], 2000)), "<blockquote")
	}
	if strings.EqualFold(htmltext.Attr(t, "type"), "cite") || htmltext.Attr(t, "cite") != "" {
		return false
	}
	return strings.HasPrefix(strings.TrimSpace(m.in[m.at:]), `<div class="gmail_default"`) || announces(normLine(html.UnescapeString(m.text)))
}

// announces reports whether a line says that the words of another follow: it ends with
// a colon and does not introduce the message replied to.
func announces(s string) bool {
	return (strings.HasSuffix(s, ":") && len(strings.Fields(s)) >= 3 || strings.HasSuffix(s, "：")) &&
		!plaintext.ContainsAny(s, wroteWords) && !hasMail(s) && !hasDate(s)
}

// signatureElement reports whether a program marked an element as the signature.
func signatureElement(t html.Token) bool {
	for _, a := range t.Attr {
		switch a.Key {
		case "class", "id", "name":
			for _, name := range strings.Fields(strings.ToLower(plaintext.Clip(a.Val, 400))) {
				if signatureNames[strings.TrimPrefix(name, "x_")] {
					return true
				}
			}
		case "data-smartmail":
			return a.Val == "gmail_signature"
		case "data-signature-widget":
			return a.Val == "container"
		}
	}
	return false
}

// signatureNames are the classes, ids and names that mail programs give signatures, in
// lower case.
var signatureNames = map[string]bool{
	"gmail_signature": true, "gmail_signature_prefix": true, "moz-signature": true, "applemailsignature": true, "ms-outlook-mobile-signature": true,
	"composer_signature": true, "protonmail_signature_block": true, "tutanota_signature": true, "messagesignaturesection": true, "signature": true,
}

// quoteClasses are the classes and ids that mail programs use, in lower case. Some
// programs prefix those of the message they quote with "x_" or "ecx".
var quoteClasses = map[string]rune{
	"moz-cite-prefix": markIntroStart, "gmail_attr": markIntroStart, "outlookmessageheader": markHistory, "mailru-blockquote": markIntroStart,
	"gmail_quote": markQuoteStart, "yahoo_quoted": markQuoteStart, "protonmail_quote": markQuoteStart,
	"tutanota_quote": markQuoteStart, "zmail_extra": markQuoteStart, "moz-cite": markQuoteStart, "yahooquoted": markQuoteStart,
	"quoted-text": markQuoteStart, "freshdesk_quote": markQuoteStart, "zd_quote": markQuoteStart, "front-blockquote": markQuoteStart,
	"hey_quote": markQuoteStart, "gmail_quote_container": markQuoteStart, "cafe_quote": markQuoteStart,
	"divrplyfwdmsg": markHistory, "appendonsend": markHistory, "olk_src_body_section": markHistory, "ms-outlook-mobile-reference-message": markHistory,
	"mail-editor-reference-message-container": markHistory, "reply-intro": markIntroStart, "qt": markQuoteStart, "replysplit": markHistory,
	"isreplycontent": markQuoteStart, "mailquotedtext": markQuoteStart, "mailcontainerreply": markHistory, "mail-quote": markQuoteStart,
	"originalmessage": markHistory, "reply_header": markHistory, "zimbra_quoted": markQuoteStart, "yiv_quoted": markQuoteStart,
}

// quoteInside reports whether an element may be a frame around a blockquote.
func quoteInside(t html.Token) bool {
	class := strings.ToLower(htmltext.Attr(t, "class"))
	return t.DataAtom != atom.Blockquote && (strings.Contains(class, "gmail_quote") || strings.Contains(class, "protonmail_quote") || strings.Contains(class, "tutanota_quote"))
}

// quoteElement returns the mark to set at the start of an element, or 0.
func quoteElement(t html.Token) rune {
	for _, a := range t.Attr {
		switch a.Key {
		case "class", "id":
			for _, name := range strings.Fields(strings.ToLower(plaintext.Clip(a.Val, 400))) {
				for _, prefix := range []string{"x_", "x_x_", "ecx"} {
					name = strings.TrimPrefix(name, prefix)
				}
				if strings.HasPrefix(name, "yiv") && strings.HasSuffix(name, "gmail_quote") {
					name = "gmail_quote"
				}
				if kind := quoteClasses[name]; kind != 0 && t.DataAtom != atom.Body {
					if kind == markQuoteStart && t.DataAtom == atom.Blockquote {
						return markIntroStart
					}
					return kind
				}
			}
		case "style":
			if t.DataAtom == atom.Div && outlookLine(a.Val) {
				return markHistory
			}
		case "data-marker":
			if a.Val == "__QUOTED_TEXT__" || a.Val == "__HEADERS__" {
				return markQuoteStart
			}
		case "type":
			if t.DataAtom == atom.Blockquote && strings.EqualFold(a.Val, "cite") {
				return markIntroStart
			}
		case "cite":
			if t.DataAtom == atom.Blockquote && strings.HasPrefix(strings.ToLower(a.Val), "mid:") {
				return markIntroStart
			}
		}
	}
	return 0
}

// outlookLine recognizes the thin line that Outlook and Windows Mail draw above the
// header of the message they quote.
func outlookLine(style string) bool {
	s := strings.ToLower(strings.ReplaceAll(plaintext.Clip(style, 400), " ", ""))
	switch {
	case strings.Contains(s, "border:none") && strings.Contains(s, "border-top:solid") && strings.Contains(s, "padding:3.0pt"):
		return true
	case strings.Contains(s, "border-top-style:solid") && strings.Contains(s, "border-top-width:1px") && strings.Contains(s, "padding-top:5px"):
		return true
	}
	return false
}

// markHTML reads the marks: lines of quoted elements become quotations, and the marks
// are dropped.
func (r *reply) markHTML() {
	in := lineText
	signed := -1 // where the signature began
	for i, s := range r.norm {
		c := firstMark(s)
		if c == 0 {
			if in != lineText && r.kind[i] == lineText {
				r.kind[i] = in
			}
			continue
		}
		r.kind[i] = lineDrop
		switch c {
		case markHistory:
			r.kind[i] = lineHistory
		case markIntroStart:
			r.kind[i], in = lineIntro, lineIntro
		case markQuoteStart:
			r.kind[i], in = lineIntro, lineQuote
		case markIntroEnd, markQuoteEnd:
			in = lineText
		case markSignStart:
			signed = i
		case markSignEnd:
			r.sign(signed+1, i)
			signed = i
		}
	}
}

// sign marks the lines of an element with the signature. If it is long or asks
// something, the author wrote the message into it.
func (r *reply) sign(from, to int) {
	text := r.textLines(from, to)
	if len(text) > maxFooter || slices.ContainsFunc(text, func(i int) bool { return asks(r.norm[i]) }) {
		return
	}
	for _, i := range text {
		r.kind[i] = lineSigned
	}
}

// firstMark returns the mark on a line, or 0.
func firstMark(s string) rune {
	c, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "> "))
	if !isMark(c) {
		return 0
	}
	return c
}

func (r *reply) marked(i int) bool { return firstMark(r.norm[i]) != 0 }

// unmarkForward corrects the kind of a forwarded message, which some programs put
// into the same frame as a message replied to. Only its first line shows what it is.
func (r *reply) unmarkForward() {
	for i, k := range r.kind {
		if k != lineIntro && k != lineQuote || r.marked(i) {
			continue
		}
		if r.separator(i) == lineForward {
			r.kind[i] = lineForward
		}
		return
	}
}
