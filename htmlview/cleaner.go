package htmlview

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"switchboard/normalize/htmltext"
)

const (
	maxOpen     = 200 // open elements; deeper ones lose their tags, but not their text
	maxRestarts = 32  // how often the rest of a damaged text is read again
	maxURL      = 2000
	maxDataURL  = 4 << 20
)

// cleaner writes the safe part of HTML, token by token and well nested. It builds no
// tree, so any input takes linear time.
type cleaner struct {
	opt     Options
	out     strings.Builder
	open    []string
	looks   []look // of the open elements, parallel to open
	sheet   sheet
	blocked int
	unended map[string]bool // raw text elements without a following end tag
	keep    map[string]bool
}

var allowedSet = set(strings.Join(allowedElements, " "))

func newCleaner(opt Options) *cleaner {
	return &cleaner{opt: opt, unended: map[string]bool{}, keep: allowedSet}
}

func (w *cleaner) String() string { return w.out.String() }

// read cleans all of s. A tag, comment or script that never ends would swallow the
// rest of the message, as it does in a browser: here it ends at once, and what
// follows is read again as ordinary text.
func (w *cleaner) read(s string) {
	for restarts := 0; ; restarts++ {
		s = s[w.tokens(s):]
		if s == "" {
			break
		}
		if restarts >= maxRestarts {
			w.text(s)
			break
		}
		if end := unendedComment(s); end > 0 {
			s = s[end:]
		} else if s[0] == '<' {
			w.text("<")
			s = s[1:]
		}
	}
	for len(w.open) > 0 {
		w.pop()
	}
}

// unendedComment returns the length of the "<!--" or "<!" that s begins with.
func unendedComment(s string) int {
	switch {
	case strings.HasPrefix(s, "<!--"):
		return 4
	case strings.HasPrefix(s, "<!"), strings.HasPrefix(s, "<?"), strings.HasPrefix(s, "</"):
		return 2
	}
	return 0
}

// tokens cleans s as far as its tags are complete, and returns how many octets that
// was.
func (w *cleaner) tokens(s string) int {
	z := html.NewTokenizer(strings.NewReader(s))
	lastEnd := strings.LastIndexByte(s, '>')
	at := 0
	raw := "" // the element whose content comes next
	for {
		kind := z.Next()
		length := len(z.Raw())
		switch kind {
		case html.ErrorToken:
			return at
		case html.TextToken:
			switch raw {
			case "", "textarea":
				w.text(string(z.Text()))
			case "xmp":
				w.text(html.UnescapeString(string(z.Text())))
			case "style":
				w.sheet.read(string(z.Text()))
			}
		case html.CommentToken:
			if at+length == len(s) && !endedComment(s[at:]) {
				return at
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			ends := w.rawText(t.Data, s[at+length:], lastEnd-at-length)
			if ends < 0 {
				z.NextIsNotRawText()
				w.start(t)
				break
			}
			if t.DataAtom == atom.Script && strings.Contains(s[at+length:at+length+ends], "<!--") {
				// The tokenizer may look for the end of this one elsewhere (HTML,
				// script data double escaped state).
				return at + length + ends
			}
			raw, at = t.Data, at+length
			continue
		case html.EndTagToken:
			name, _ := z.TagName()
			w.end(string(name))
		}
		raw, at = "", at+length
	}
}

// endedComment reports whether the last comment of a text is closed.
func endedComment(s string) bool {
	if strings.HasPrefix(s, "<!--") {
		return strings.HasSuffix(s, "-->") || strings.HasSuffix(s, "--!>")
	}
	return strings.HasSuffix(s, ">")
}

// rawText returns the length of the content of an element whose content is not
// markup, or -1 for any other element. rest follows its start tag. An element that
// never ends, or that is only meant for readers without support for another one, is
// treated like any other. No tag ends after octet last.
func (w *cleaner) rawText(name, rest string, last int) int {
	switch name {
	case "script", "style", "title", "iframe", "xmp", "textarea":
	default:
		return -1
	}
	if w.unended[name] {
		return -1
	}
	length := rawEnd(rest, name, last)
	w.unended[name] = length < 0
	return length
}

// rawEnd finds where the content of a raw text element ends, or returns -1.
func rawEnd(s, name string, last int) int {
	for i := 0; ; {
		at := strings.Index(s[i:], "</")
		if at < 0 {
			return -1
		}
		i += at
		tail, found := cutPrefixFold(s[i+2:], name)
		if i >= last {
			return -1
		}
		if found && tail != "" && strings.ContainsAny(tail[:1], " \t\n\f\r/>") {
			return i
		}
		i += 2
	}
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// text writes text, escaped.
func (w *cleaner) text(s string) { w.out.WriteString(html.EscapeString(s)) }

// end writes an end tag and closes the elements inside, if the element is open.
func (w *cleaner) end(name string) {
	if name == "body" {
		name = "div"
	}
	if name == "p" || name == "br" || !w.keep[name] {
		if name != "p" {
			return
		}
	}
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i] == name {
			for len(w.open) > i {
				w.pop()
			}
			return
		}
		if cellBarrier(w.open[i]) && !tablePart(name) {
			return
		}
	}
}

// cellBarrier reports whether an end tag inside the element cannot close anything
// outside it.
func cellBarrier(name string) bool { return name == "td" || name == "th" || name == "table" }

func tablePart(name string) bool {
	switch name {
	case "table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup":
		return true
	}
	return false
}

func (w *cleaner) pop() {
	n := len(w.open) - 1
	w.out.WriteString("</" + w.open[n] + ">")
	w.open, w.looks = w.open[:n], w.looks[:n]
}

// start writes a start tag if the element is allowed.
func (w *cleaner) start(t html.Token) {
	name := t.Data
	switch {
	case t.DataAtom == atom.Body:
		name = "div"
		if _, styled := w.sheet.rules["body"]; len(t.Attr) == 0 && !styled {
			return
		}
	case t.DataAtom == atom.Button || t.DataAtom == atom.Option || t.DataAtom == atom.Label:
		w.out.WriteByte(' ')
		return
	case !w.keep[name]:
		return
	}
	void := htmltext.IsVoid(t.DataAtom)
	if !void {
		w.closeImplied(name)
		if len(w.open) >= maxOpen {
			return
		}
	}
	if t.DataAtom == atom.Img {
		w.picture(t)
		return
	}
	w.out.WriteString("<" + name)
	seen := w.attributes(t, name)
	w.out.WriteByte('>')
	if !void {
		w.open, w.looks = append(w.open, name), append(w.looks, seen)
	}
}

// closeImplied closes the elements that a start tag implicitly ends (HTML, optional
// tags).
func (w *cleaner) closeImplied(name string) {
	n := len(w.open)
	if n == 0 {
		return
	}
	top := w.open[n-1]
	switch {
	case name == "li" && top == "li", (name == "dt" || name == "dd") && (top == "dt" || top == "dd"), name == "a" && top == "a",
		top == "p" && (name == "p" || name == "div" || name == "table" || name == "ul" || name == "ol" || name == "blockquote" || name == "pre" || name == "h1" || name == "h2" || name == "h3"):
		w.pop()
	case (name == "td" || name == "th") && (top == "td" || top == "th"):
		w.pop()
	case name == "tr" && (top == "td" || top == "th"):
		w.pop()
		if n > 1 && w.open[n-2] == "tr" {
			w.pop()
		}
	case name == "tr" && top == "tr":
		w.pop()
	}
}
