// Package htmltext renders the HTML of messages as plain text.
package htmltext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"switchboard/internal/imf"
	"switchboard/normalize/plaintext"
)

// Text renders HTML as plain text, the way a person would type it. It reads tokens
// and builds no tree, so any input takes linear time.
//
// Hidden elements are left out unless there is nothing else: damaged HTML may hide
// everything behind a tag that is never closed.
func Text(s string) string {
	text := render(s, false)
	if plaintext.IsBlank(text) {
		text = render(strings.ReplaceAll(s, "<!--", ""), true)
	}
	return plaintext.Clean(text)
}

// render returns the text of HTML; all includes hidden elements.
func render(s string, all bool) string {
	w := writer{all: all}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return w.String()
		case html.TextToken:
			w.text(string(z.Text()))
		case html.StartTagToken:
			w.open(z.Token(), false)
		case html.SelfClosingTagToken:
			w.open(z.Token(), true)
		case html.EndTagToken:
			name, _ := z.TagName()
			w.close(atom.Lookup(name))
		}
	}
}

// Describe describes HTML that contains no text: its title, or that it shows an image
// or a frame.
func Describe(s string) string {
	z := html.NewTokenizer(strings.NewReader(s))
	seen := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return seen
		case html.StartTagToken, html.SelfClosingTagToken:
			switch t := z.Token(); t.DataAtom {
			case atom.Title:
				if z.Next() == html.TextToken {
					if title := imf.OneLine(string(z.Text())); title != "" {
						return title
					}
				}
			case atom.Img:
				seen = "[image]"
			case atom.Iframe, atom.Frame:
				if src := imf.OneLine(Attr(t, "src")); strings.HasPrefix(src, "http") && seen == "" {
					seen = src
				}
			}
		}
	}
}

// writer collects text. It keeps at most one blank line, and writes a pending space
// or line end only when text follows.
type writer struct {
	out      strings.Builder
	newlines int  // pending line ends
	space    bool // pending space
	started  bool
	all      bool // include hidden elements
	pre      int
	quotes   int
	gap      int       // quote depth of the pending blank lines
	skip     atom.Atom // the element whose content is skipped
	skipped  int       // its nesting depth
	links    []link
	lists    []int // next number of each open list; 0 for bullets
	blocks   []bool
}

type link struct {
	href  string
	start int
}

func (w *writer) String() string { return w.out.String() }

// text writes the text of an element: white space collapses, except in <pre>.
func (w *writer) text(s string) {
	if w.skip != 0 {
		return
	}
	if w.pre > 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				w.line(1, true)
			}
			w.write(strings.ReplaceAll(line, "\u00a0", " "))
		}
		return
	}
	start := -1
	for i, r := range s {
		if isHTMLSpace(r) {
			if start >= 0 {
				w.write(s[start:i])
				start = -1
			}
			w.space = w.space || r != '\u200b' && r != '\ufeff' && r != '\u00ad' && r != '\u034f'
		} else if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		w.write(s[start:])
	}
}

func isHTMLSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\f', '\u00a0', '\u2007', '\u202f', '\u200b', '\ufeff', '\u00ad', '\u034f':
		return true
	}
	return false
}

// write writes s after the pending line ends, quote marks and space.
func (w *writer) write(s string) {
	if s == "" {
		return
	}
	if w.newlines > 0 || !w.started {
		if w.started {
			for n := range w.newlines {
				w.out.WriteByte('\n')
				if n+1 < w.newlines && w.gap > 0 {
					w.out.WriteString(strings.Repeat(">", w.gap))
				}
			}
		}
		if w.quotes > 0 {
			w.out.WriteString(strings.Repeat(">", w.quotes))
			w.out.WriteByte(' ')
		}
		w.newlines, w.space = 0, false
	}
	if w.space {
		w.out.WriteByte(' ')
		w.space = false
	}
	w.started = true
	w.out.WriteString(s)
}

// line requests n line ends before the next text. Requests do not add up unless they
// come from <br> or preformatted text.
func (w *writer) line(n int, add bool) {
	w.space = false
	if !w.started {
		return
	}
	if w.newlines == 0 || w.quotes < w.gap {
		w.gap = w.quotes
	}
	if add {
		w.newlines = min(w.newlines+n, 2)
	} else if w.newlines < n {
		w.newlines = n
	}
}

// open handles a start tag, and starts to skip elements without visible text.
func (w *writer) open(t html.Token, selfClosing bool) {
	if w.skip != 0 {
		if t.DataAtom == w.skip && !selfClosing && !IsVoid(t.DataAtom) {
			w.skipped++
		}
		return
	}
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noframes, atom.Object, atom.Select, atom.Textarea, atom.Svg, atom.Math:
		if !selfClosing || t.DataAtom == atom.Script || t.DataAtom == atom.Style || t.DataAtom == atom.Title || t.DataAtom == atom.Textarea {
			w.skip, w.skipped = t.DataAtom, 1
		}
		return
	case atom.Body:
		return
	}
	if !w.all && hidden(t) && !selfClosing && !IsVoid(t.DataAtom) {
		w.skip, w.skipped = t.DataAtom, 1
		return
	}
	w.openVisible(t)
}

// openVisible writes what a start tag stands for: line ends, list marks, quote marks.
func (w *writer) openVisible(t html.Token) {
	switch t.DataAtom {
	case atom.Br:
		w.line(1, true)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Dl:
		w.line(2, false)
	case atom.Hr:
		w.line(1, false)
		w.write("---")
		w.line(1, false)
	case atom.Ul, atom.Ol:
		w.line(1, false)
		first := 0
		if t.DataAtom == atom.Ol {
			first = 1
		}
		if len(w.lists) < 100 {
			w.lists = append(w.lists, first)
		}
	case atom.Li:
		w.item()
	case atom.Pre:
		w.line(2, false)
		w.pre++
	case atom.Blockquote:
		w.line(1, false)
		quoted := !indents(t)
		w.blocks = append(w.blocks, quoted)
		if quoted && w.quotes < 20 {
			w.flushLine()
			w.quotes++
		}
	case atom.Td, atom.Th:
		w.space = w.started && w.newlines == 0
	case atom.A:
		if len(w.links) < 100 {
			w.links = append(w.links, link{Attr(t, "href"), w.out.Len()})
		}
	case atom.Img:
		if alt := strings.Join(strings.Fields(Attr(t, "alt")), " "); alt != "" && len(alt) < 200 {
			w.text(alt)
		}
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Center, atom.Dt, atom.Dd, atom.Fieldset, atom.Form, atom.Figure, atom.Main, atom.Nav, atom.Aside, atom.Tbody, atom.Thead, atom.Caption:
		w.line(1, false)
	}
}

// flushLine ends the current line, so that the next one gets the quote marks of the
// new depth.
func (w *writer) flushLine() {
	if w.started && w.newlines == 0 {
		w.newlines, w.gap = 1, w.quotes
	}
}

func (w *writer) item() {
	w.line(1, false)
	mark := "- "
	if n := len(w.lists); n > 0 && w.lists[n-1] > 0 {
		mark = strconv.Itoa(w.lists[n-1]) + ". "
		w.lists[n-1]++
	}
	if n := len(w.lists); n > 1 {
		mark = strings.Repeat("  ", min(n, 8)-1) + mark
	}
	w.write(mark)
}

// close handles an end tag.
func (w *writer) close(a atom.Atom) {
	if w.skip != 0 {
		if a == w.skip {
			if w.skipped--; w.skipped == 0 {
				w.skip = 0
			}
		}
		return
	}
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Dl:
		w.line(2, false)
	case atom.Ul, atom.Ol:
		w.line(1, false)
		if n := len(w.lists); n > 0 {
			w.lists = w.lists[:n-1]
		}
	case atom.Pre:
		w.line(2, false)
		w.pre = max(w.pre-1, 0)
	case atom.Blockquote:
		w.line(1, false)
		if n := len(w.blocks); n > 0 {
			if w.blocks[n-1] && w.quotes > 0 {
				w.quotes--
				w.gap = min(w.gap, w.quotes)
			}
			w.blocks = w.blocks[:n-1]
		}
	case atom.A:
		w.closeLink()
	case atom.Div, atom.Tr, atom.Li, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Center, atom.Dt, atom.Dd, atom.Fieldset, atom.Form, atom.Figure, atom.Main, atom.Nav, atom.Aside, atom.Caption:
		w.line(1, false)
	}
}

// closeLink writes the target after the text of a link, unless the text contains it.
func (w *writer) closeLink() {
	n := len(w.links)
	if n == 0 {
		return
	}
	l := w.links[n-1]
	w.links = w.links[:n-1]
	href := imf.OneLine(l.href)
	lower := strings.ToLower(href)
	if len(href) > 300 || !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "mailto:") {
		return
	}
	if l.start > w.out.Len() {
		return
	}
	text := strings.TrimSpace(plaintext.Clip(w.out.String()[l.start:], 4096))
	if text == "" || sameTarget(text, href) {
		return
	}
	w.write(" (" + strings.TrimPrefix(href, "mailto:") + ")")
}

// sameTarget reports whether the text of a link already names its target.
func sameTarget(text, href string) bool {
	bare := func(s string) string {
		s = strings.ToLower(strings.TrimSpace(s))
		for _, prefix := range []string{"> ", "mailto:", "https://", "http://", "www."} {
			s = strings.TrimPrefix(s, prefix)
		}
		s, _, _ = strings.Cut(s, "?subject=")
		return strings.TrimRight(s, "/")
	}
	return bare(text) == bare(href) || strings.Contains(strings.ToLower(text), bare(href))
}

// hidden reports whether the element is invisible when the HTML is displayed.
func hidden(t html.Token) bool {
	for _, a := range t.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			style := strings.ToLower(strings.ReplaceAll(a.Val, " ", ""))
			return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") || strings.Contains(style, "mso-hide:all")
		}
	}
	return false
}

// indents reports whether a blockquote is only an indentation, as the indent buttons
// of mail programs write it.
func indents(t html.Token) bool {
	style := strings.ToLower(strings.ReplaceAll(Attr(t, "style"), " ", ""))
	return strings.Contains(style, "margin:0004") || strings.Contains(style, "margin:00040px") || strings.Contains(style, "border:none") && Attr(t, "type") != "cite"
}

// Attr returns the value of the first attribute with a name, or "".
func Attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// IsVoid reports whether an element has neither content nor an end tag.
func IsVoid(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.Hr, atom.Img, atom.Input, atom.Meta, atom.Link, atom.Base, atom.Area, atom.Col, atom.Embed, atom.Source, atom.Wbr:
		return true
	}
	return false
}
