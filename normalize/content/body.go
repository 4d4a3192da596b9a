package content

import (
	"html"
	"strings"

	"switchboard/desk"
	"switchboard/normalize/mimeparse"
	"switchboard/normalize/plaintext"
)

// Body is the readable text of a subtree, as plain text, HTML or both. Each kind of
// multipart combines the bodies of its children.
type Body struct {
	Text  string
	HTML  string
	Plain bool // Text was sent as plain text, not made from HTML
	Rich  bool // HTML was sent
}

func (v Body) blank() bool { return plaintext.IsBlank(v.Text) && !v.Rich }

// compose returns the body of a part and adds every other leaf to the attachments.
func (r *Content) compose(p *mimeparse.Part, in place) Body {
	switch {
	case p.Type == "multipart/alternative":
		return r.alternative(p, in)
	case p.Type == "multipart/related":
		return r.related(p, in)
	case p.Type == "multipart/signed":
		r.addDetached(p)
		return r.mixed(p, in)
	case p.Type == "multipart/encrypted":
		r.parser.Report("encrypted", "the message is encrypted")
		return r.mixed(p, in)
	case strings.HasPrefix(p.Type, "multipart/"):
		return r.mixed(p, in)
	}
	return r.leaf(p, in)
}

// place describes where a leaf is, which decides whether it is text or an attachment.
type place struct {
	alternative bool // one of several versions of the same text
	resource    bool // not the root of a multipart/related
	later       bool // text precedes it
	single      bool // it is the whole message
}

// alternative takes the text from the first child that was sent as text and the HTML
// from the last that has any (RFC 2046 §5.1.4: the last is the best).
func (r *Content) alternative(p *mimeparse.Part, in place) Body {
	var out, made Body
	var previous *mimeparse.Part // of out.HTML
	in.alternative, in.later, in.single = true, false, false
	for _, c := range p.Children {
		v := r.compose(c, in)
		if v.Plain && !plaintext.IsBlank(v.Text) {
			switch {
			case !out.Plain || plaintext.IsBlank(out.Text):
				out.Text, out.Plain = v.Text, true
			case !shareWords(out.Text, v.Text):
				r.attachText(c, "text/plain", v.Text)
			}
		}
		if v.Rich && !plaintext.IsBlank(v.HTML) {
			if out.Rich && !shareWords(v.Text, made.Text) {
				r.attachText(previous, "text/html", out.HTML)
			}
			previous = c
			out.HTML, out.Rich = v.HTML, true
			made = v
		} else if !v.Plain && !plaintext.IsBlank(v.Text) && plaintext.IsBlank(made.Text) {
			made.Text = v.Text
		}
	}
	if plaintext.IsBlank(out.Text) {
		out.Text, out.Plain = made.Text, false
	}
	if out.Plain && out.Rich && plaintext.IsBlank(made.Text) && !showsImage(out.HTML) {
		out.HTML, out.Rich = "", false // an empty page beside the text
	}
	return out
}

// showsImage reports whether HTML without text has something to see nevertheless.
func showsImage(s string) bool {
	s = strings.ToLower(s)
	return strings.Contains(s, "<img") || strings.Contains(s, "background")
}

// attachText adds a version of the text as a file: it is in the place of another
// version, but says something else, so that it would not be seen.
func (r *Content) attachText(p *mimeparse.Part, mediaType, text string) {
	r.add(desk.Part{PartID: p.ID, Name: p.Name, Type: mediaType, Charset: "utf-8", Data: []byte(text)})
}

// related reads the root part (RFC 2387 §3.2 start); the others are its resources.
// Apple Mail puts more text there, which is read as well.
func (r *Content) related(p *mimeparse.Part, in place) Body {
	root := 0
	if start := strings.Trim(p.Params["start"], "<> "); start != "" {
		for i, c := range p.Children {
			if c.ContentID == start {
				root = i
			}
		}
	}
	in.single = false
	var bodies []Body
	for i, c := range p.Children {
		child := in
		if i != root {
			child.resource, child.alternative = true, false
			child.later = true
		}
		bodies = append(bodies, r.compose(c, child))
	}
	return join(bodies)
}

// mixed reads the children one after the other.
func (r *Content) mixed(p *mimeparse.Part, in place) Body {
	in.alternative, in.single = false, false
	var bodies []Body
	for _, c := range p.Children {
		v := r.compose(c, in)
		bodies = append(bodies, v)
		in.later = in.later || !v.blank()
	}
	return join(bodies)
}

// join concatenates bodies. A text followed by HTML with the same words is one
// message in two versions, sent with the wrong type.
func join(bodies []Body) Body {
	var kept []Body
	for _, v := range bodies {
		if v.blank() {
			continue
		}
		if n := len(kept); n > 0 && sameWords(kept[n-1], v) {
			if v.Rich {
				kept[n-1].HTML, kept[n-1].Rich = v.HTML, true
			} else {
				kept[n-1].Text, kept[n-1].Plain = v.Text, true
			}
			continue
		}
		kept = append(kept, v)
	}
	if len(kept) == 1 {
		return kept[0]
	}
	out := Body{Plain: len(kept) > 0}
	var texts, htmls []string
	for _, v := range kept {
		out.Rich = out.Rich || v.Rich
		out.Plain = out.Plain && v.Plain
		if t := strings.Trim(v.Text, "\n"); !plaintext.IsBlank(t) {
			texts = append(texts, t)
		}
	}
	out.Text = strings.Join(texts, "\n\n")
	if out.Rich {
		for _, v := range kept {
			if v.Rich {
				htmls = append(htmls, v.HTML)
			} else {
				htmls = append(htmls, textToHTML(v.Text))
			}
		}
		out.HTML = strings.Join(htmls, "\n")
	}
	return out
}

// sameWords reports whether two neighbours, one text and the other HTML, have the same
// words.
func sameWords(a, b Body) bool {
	if !(a.Plain && !a.Rich && b.Rich && !b.Plain || b.Plain && !b.Rich && a.Rich && !a.Plain) {
		return false
	}
	return shareWords(a.Text, b.Text)
}

// shareWords reports whether most words at the beginning of b are at that of a as well.
func shareWords(a, b string) bool {
	wa, wb := firstWords(a), firstWords(b)
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

// firstWords returns enough words to compare two texts by.
func firstWords(s string) []string {
	words := strings.FieldsFunc(plaintext.Clip(s, 4096), func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(".,;:!?()[]<>*_-=\"'|/>", r) || r == '\u00a0'
	})
	if len(words) > 200 {
		words = words[:200]
	}
	return words
}

// textToHTML converts plain text to be shown within an HTML message.
func textToHTML(s string) string {
	return `<div style="white-space:pre-wrap">` + html.EscapeString(strings.Trim(s, "\n")) + `</div>`
}
