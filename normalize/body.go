package normalize

import (
	"html"
	"strings"
)

// view is what a subtree of a mail gives a person to read: as text, as HTML, or
// both. Each kind of multipart composes the views of its children.
type view struct {
	text  string
	html  string
	plain bool // text was written as text, not made from HTML
	rich  bool // html was sent
}

func (v view) blank() bool { return isBlank(v.text) && !v.rich }

// compose returns the view of a part and notes every other leaf as attachment.
func (r *content) compose(p *part, in context) view {
	switch {
	case p.media == "multipart/alternative":
		return r.alternative(p, in)
	case p.media == "multipart/related":
		return r.related(p, in)
	case p.media == "multipart/signed":
		r.detached(p)
		return r.mixed(p, in)
	case p.media == "multipart/encrypted":
		r.parser.report("encrypted", "the mail is encrypted")
		return r.mixed(p, in)
	case strings.HasPrefix(p.media, "multipart/"):
		return r.mixed(p, in)
	}
	return r.leaf(p, in)
}

// context is what a leaf must know of its place to tell text from attachment.
type context struct {
	alternative bool // one of several renditions of the same text
	resource    bool // belongs to the root of a multipart/related
	later       bool // text for reading has come before
	single      bool // the whole mail
}

// alternative takes the text from the first child that was written as text and
// the HTML from the last that has some (RFC 2046 §5.1.4: the last is the best).
func (r *content) alternative(p *part, in context) view {
	var out, made view
	in.alternative, in.later, in.single = true, false, false
	for _, c := range p.children {
		v := r.compose(c, in)
		if v.plain && !isBlank(v.text) && (!out.plain || isBlank(out.text)) {
			out.text, out.plain = v.text, true
		}
		if v.rich && !isBlank(v.html) {
			out.html, out.rich = v.html, true
			made = v
		} else if !v.plain && !isBlank(v.text) && isBlank(made.text) {
			made.text = v.text
		}
	}
	if isBlank(out.text) {
		out.text, out.plain = made.text, false
	}
	return out
}

// related reads the root part (RFC 2387 §3.2 start); the others are what it
// refers to. Apple Mail puts further text there, which is read too.
func (r *content) related(p *part, in context) view {
	root := 0
	if start := strings.Trim(p.params["start"], "<> "); start != "" {
		for i, c := range p.children {
			if c.cid == start {
				root = i
			}
		}
	}
	in.single = false
	var views []view
	for i, c := range p.children {
		child := in
		if i != root {
			child.resource, child.alternative = true, false
			child.later = true
		}
		views = append(views, r.compose(c, child))
	}
	return join(views)
}

// mixed reads the children one after the other.
func (r *content) mixed(p *part, in context) view {
	in.alternative, in.single = false, false
	var views []view
	for _, c := range p.children {
		v := r.compose(c, in)
		views = append(views, v)
		in.later = in.later || !v.blank()
	}
	return join(views)
}

// join puts views in a row. A text followed by HTML that says the same is one
// message sent twice under the wrong type, not two.
func join(views []view) view {
	var kept []view
	for _, v := range views {
		if v.blank() {
			continue
		}
		if n := len(kept); n > 0 && twice(kept[n-1], v) {
			if v.rich {
				kept[n-1].html, kept[n-1].rich = v.html, true
			} else {
				kept[n-1].text, kept[n-1].plain = v.text, true
			}
			continue
		}
		kept = append(kept, v)
	}
	if len(kept) == 1 {
		return kept[0]
	}
	out := view{plain: len(kept) > 0}
	var texts, htmls []string
	for _, v := range kept {
		out.rich = out.rich || v.rich
		out.plain = out.plain && v.plain
		if t := strings.Trim(v.text, "\n"); !isBlank(t) {
			texts = append(texts, t)
		}
	}
	out.text = strings.Join(texts, "\n\n")
	if out.rich {
		for _, v := range kept {
			if v.rich {
				htmls = append(htmls, v.html)
			} else {
				htmls = append(htmls, textToHTML(v.text))
			}
		}
		out.html = strings.Join(htmls, "\n")
	}
	return out
}

// twice reports whether two neighbours, one only text and one only HTML, hold
// the same words.
func twice(a, b view) bool {
	if !(a.plain && !a.rich && b.rich && !b.plain || b.plain && !b.rich && a.rich && !a.plain) {
		return false
	}
	wa, wb := firstWords(a.text), firstWords(b.text)
	if len(wa) < 3 || len(wb) < 3 {
		return strings.Join(wa, " ") == strings.Join(wb, " ")
	}
	in := make(map[string]bool, len(wa))
	for _, w := range wa {
		in[w] = true
	}
	same := 0
	for _, w := range wb {
		if in[w] {
			same++
		}
	}
	return same*10 >= len(wb)*7
}

// firstWords are enough words to compare two texts by.
func firstWords(s string) []string {
	words := strings.FieldsFunc(clip(s, 4096), func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(".,;:!?()[]<>*_-=\"'|/>", r) || r == '\u00a0'
	})
	if len(words) > 200 {
		words = words[:200]
	}
	return words
}

// textToHTML shows plain text inside an HTML message.
func textToHTML(s string) string {
	return `<div style="white-space:pre-wrap">` + html.EscapeString(strings.Trim(s, "\n")) + `</div>`
}
