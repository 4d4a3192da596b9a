package htmlview

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"switchboard/normalize/htmltext"
	"switchboard/normalize/plaintext"
)

// attributes writes the allowed attributes of an element and returns how it looks.
func (w *cleaner) attributes(t html.Token, name string) look {
	kept, given := w.allowed(t, name)
	if w.sheet.rules != nil {
		element, class := name, ""
		if t.DataAtom == atom.Body {
			element = "body"
		}
		for _, a := range t.Attr {
			if a.Key == "class" {
				class = a.Val
				break
			}
		}
		inherited, lost := w.sheet.style(element, class)
		given.style, given.lost = strings.TrimSpace(inherited+" "+given.style), given.lost || lost
	}
	if given.hints != "" {
		given.style = strings.TrimSpace(given.hints + " " + given.style)
	}
	seen, recoloured := w.look().with(given)
	if recoloured != keepColour {
		given.style = recoloured.apply(given.style)
	}
	for _, a := range kept {
		if a.Key != "color" || recoloured == keepColour {
			w.out.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
		}
	}
	w.attribute("style", given.style)
	return seen
}

// allowed returns the allowed attributes of an element except its style, and what
// decides how the element looks.
func (w *cleaner) allowed(t html.Token, name string) ([]html.Attribute, given) {
	var kept []html.Attribute
	given, has := given{element: name}, map[string]bool{}
	keep := func(key, value string) {
		if value != "" {
			kept = append(kept, html.Attribute{Key: key, Val: value})
		}
	}
	for _, a := range t.Attr {
		if has[a.Key] || a.Namespace != "" {
			continue
		}
		has[a.Key] = true
		switch a.Key {
		case "style":
			d := declarations(a.Val)
			given.style, given.lost = d.safe, given.lost || d.lost
			w.blocked += d.remote
		case "href":
			if name == "a" {
				target := safeLink(a.Val)
				given.link = target != ""
				keep("href", target)
			}
		case "background":
			src := w.image(a.Val)
			if src != "" && (name == "table" || tableGround(name)) {
				given.picture = true
				keep("background", src)
			} else if strings.TrimSpace(a.Val) != "" {
				given.lost = true
			}
		case "bgcolor":
			if t.DataAtom == atom.Body && allowedAttributes["bgcolor"].MatchString(a.Val) {
				given.hints += " background-color: " + hexColour(a.Val) + ";"
				continue
			}
			value, ok := plainValue(a)
			if given.lost = given.lost || !ok && a.Val != ""; ok {
				given.ground = value
				kept = append(kept, html.Attribute{Key: a.Key, Val: value})
			}
		case "text":
			if t.DataAtom == atom.Body && allowedAttributes["color"].MatchString(a.Val) {
				given.hints += " color: " + hexColour(a.Val) + ";"
			}
		default:
			if value, ok := plainValue(a); ok {
				if a.Key == "color" {
					given.colour = value
				}
				given.open = given.open || a.Key == "open"
				kept = append(kept, html.Attribute{Key: a.Key, Val: value})
			}
		}
	}
	given.hints = strings.TrimSpace(given.hints)
	return kept, given
}

// tableGround reports whether an element inside a table can have a background.
func tableGround(name string) bool {
	switch name {
	case "td", "th", "tr":
		return true
	}
	return false
}

// hexColour converts a colour attribute to a CSS colour.
func hexColour(s string) string {
	if len(s) == 6 && strings.Trim(s, "0123456789abcdefABCDEF") == "" {
		return "#" + s
	}
	return s
}

// plainValue returns the value of an attribute if it is allowed and has the required
// form.
func plainValue(a html.Attribute) (string, bool) {
	form := allowedAttributes[a.Key]
	if form == nil {
		return "", false
	}
	value := strings.TrimSpace(a.Val)
	if a.Key == "title" || a.Key == "alt" {
		value = cleanDescription(value)
	}
	if !form.MatchString(value) {
		return "", false
	}
	if value == "" && a.Key != "nowrap" && a.Key != "noshade" && a.Key != "alt" && a.Key != "open" && a.Key != "reversed" {
		return "", false
	}
	return value, true
}

// cleanDescription returns a description without characters that could be markup.
func cleanDescription(s string) string {
	return strings.TrimSpace(plaintext.Clip(strings.TrimSpace(strings.NewReplacer("<", "", ">", "").Replace(s)), 500))
}

func (w *cleaner) attribute(name, value string) {
	if value != "" {
		w.out.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
	}
}

// picture writes an image. An image that is not loaded keeps its size and
// description, and its title names the host.
func (w *cleaner) picture(t html.Token) {
	given := htmltext.Attr(t, "src")
	before := w.blocked
	src := w.image(given)
	if src == "" && (w.blocked == before || tiny(t)) {
		if cleanDescription(htmltext.Attr(t, "alt")) == "" {
			return
		}
	}
	if src == "" && w.blocked > before && htmltext.Attr(t, "title") == "" {
		t.Attr = append(t.Attr, html.Attribute{Key: "title", Val: "not loaded: " + host(given)})
	}
	w.out.WriteString("<img")
	w.attribute("src", src)
	seen := w.attributes(t, "img")
	w.out.WriteByte('>')
	if src != "" && w.opt.Drawn != nil && !seen.hidden && !tiny(t) {
		w.opt.Drawn(src)
	}
}

// tiny reports whether an image is a tracking pixel.
func tiny(t html.Token) bool {
	small := func(s string) bool { return s == "0" || s == "1" || s == "2" || s == "1px" }
	return small(htmltext.Attr(t, "width")) && small(htmltext.Attr(t, "height"))
}
