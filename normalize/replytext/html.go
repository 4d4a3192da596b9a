package replytext

import (
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
)

func isMark(r rune) bool { return r >= markHistory && r <= markRule }

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
// programs mark up quotations. Link targets and image descriptions are left out.
func NewTextHTML(s string) string {
	text := stripMarks(newText(htmltext.Text(insertMarks(stripMarks(s)))))
	return text
}

// insertMarks returns HTML with marks where quotations start and end.
func insertMarks(s string) string {
	m := htmlMarker{quoteAfter: strings.LastIndex(imf.FoldASCII(s), "<blockquote")}
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
		default:
			m.out.WriteString(raw)
		}
	}
}

// htmlMarker writes HTML with marks. It tracks one open element, at whose end a mark
// is due.
type htmlMarker struct {
	out        strings.Builder
	at         int // octets read
	quoteAfter int // position of the last blockquote in the HTML
	element    atom.Atom
	depth      int
	end        rune // the mark to write when the element closes
}

func (m *htmlMarker) mark(r rune) {
	m.out.WriteString("<div>")
	m.out.WriteRune(r)
	m.out.WriteString("</div>")
}

// open copies a start tag and adds the mark that it calls for. Link targets and images
// are dropped.
func (m *htmlMarker) open(t html.Token, raw string, selfClosing bool) {
	if m.depth > 0 && t.DataAtom == m.element && !selfClosing {
		m.depth++
	}
	switch t.DataAtom {
	case atom.A:
		m.out.WriteString("<a>")
		return
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
	switch kind := quoteElement(t); {
	case kind == 0 || selfClosing || m.depth > 0 && kind != markHistory:
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
		}
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
