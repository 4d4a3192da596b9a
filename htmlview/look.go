package htmlview

import (
	"slices"
	"strconv"
	"strings"
)

// look is what a reader sees at a place: the colour of text and what is behind it.
type look struct {
	text   rgb
	ground rgb
	// covered says that an image is behind the text, so that its contrast is unknown.
	covered bool
	// lost says that the sender had chosen a background which is not shown.
	lost bool
	// hidden says that nothing is seen: the element or one around it is not displayed.
	hidden bool
}

// given is what an element says about its look.
type given struct {
	element string
	style   string // its declarations, safe
	hints   string // declarations made from attributes, which all others override
	ground  string // bgcolor
	colour  string // color of <font>
	link    bool   // it is a link
	lost    bool   // a background was removed
	picture bool   // it has a background image
	open    bool   // it has the attribute open
}

// Contrast ratios below which a text gets another colour. Text that is designed to be
// pale stays so. A link in its default colour on a ground that the sender chose was not
// designed, and a colour chosen for a background that is not shown has no reason left.
const (
	minContrast     = 1.6
	minLinkContrast = 3
	minLostContrast = 3
)

// recolour is the change of an element's text colour that keeps its text readable.
type recolour int

const (
	keepColour    recolour = iota
	inheritColour          // without its own colour
	blackText
	whiteText
)

// look returns how the innermost open element looks.
func (w *cleaner) look() look {
	if n := len(w.looks); n > 0 {
		return w.looks[n-1]
	}
	return look{text: black, ground: white} // as mail pages are drawn, in dark mode, too
}

// with returns how an element inside looks, and the change of its colour that this
// requires.
func (l look) with(g given) (look, recolour) {
	out := l
	out.hidden = l.hidden || hides(g)
	ground, has := groundOf(g)
	switch {
	case has && ground.alpha > 0:
		out.ground = ground.over(l.ground)
		out.covered, out.lost = l.covered && ground.alpha < 1, l.lost && ground.alpha < 0.5
	case g.lost:
		out.lost = true
	}
	if g.picture {
		out.covered, out.lost = true, false
	}
	own, coloured := colourOf(g)
	required := minContrast
	inherited := l.text
	if g.link {
		inherited, required = linkBlue, minLinkContrast
	}
	out.text = inherited
	if coloured {
		out.text, required = own, minContrast
	}
	if out.lost {
		required = minLostContrast
	}
	if out.covered || contrast(out.text, out.ground) >= required {
		return out, keepColour
	}
	if !coloured && !has && !g.lost && !g.link {
		return out, keepColour // as around it
	}
	if coloured && contrast(inherited, out.ground) >= minLostContrast {
		out.text = inherited
		return out, inheritColour
	}
	if contrast(black, out.ground) >= contrast(white, out.ground) {
		out.text = black
		return out, blackText
	}
	out.text = white
	return out, whiteText
}

// apply returns a style with the changed colour.
func (r recolour) apply(style string) string {
	var kept []string
	each(style, func(name, value string) {
		if name != "color" {
			kept = append(kept, name+": "+value+";")
		}
	})
	switch r {
	case blackText:
		kept = append(kept, "color: #000000;")
	case whiteText:
		kept = append(kept, "color: #ffffff;")
	}
	return strings.Join(kept, " ")
}

// each calls f for every declaration of a safe style, whose values contain neither
// colons nor semicolons.
func each(style string, f func(name, value string)) {
	for one := range strings.SplitSeq(style, ";") {
		if name, value, found := strings.Cut(one, ":"); found {
			f(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
}

// winning returns the value of the declaration that takes effect: the last one, or the
// last important one (CSS Cascade §6.4), without the mark. A value that read does not
// accept is ignored, as browsers do.
func winning[T any](style string, names []string, read func(name, value string) (T, bool)) (found T, ok bool) {
	important := false
	each(style, func(name, value string) {
		if !slices.Contains(names, name) {
			return
		}
		value, marked := strings.CutSuffix(strings.ToLower(value), "!important")
		if important && !marked {
			return
		}
		if v, valid := read(name, strings.TrimSpace(value)); valid {
			found, ok, important = v, true, marked
		}
	})
	return found, ok
}

// groundOf returns the background colour of an element.
func groundOf(g given) (rgb, bool) {
	c, ok := winning(g.style, []string{"background", "background-color"}, func(name, value string) (rgb, bool) {
		if name == "background" {
			c, _ := layerColour(value)
			return c, true // without a colour it is transparent
		}
		return parseColour(value)
	})
	if ok || g.ground == "" || g.element != "table" && !tablePart(g.element) {
		return c, ok
	}
	return parseColour(hexColour(g.ground))
}

// layerColour returns the colour among the values of "background".
func layerColour(value string) (rgb, bool) {
	for value != "" {
		end := strings.IndexAny(value, " ,(")
		if end >= 0 && value[end] == '(' {
			if end = strings.IndexByte(value, ')') + 1; end == 0 {
				return rgb{}, false
			}
		}
		word, rest := value, ""
		if end >= 0 {
			word, rest = value[:end], value[end:]
		}
		if c, ok := parseColour(word); ok {
			return c, true
		}
		value = strings.TrimLeft(rest, " ,)")
	}
	return rgb{}, false
}

// namesColour reports whether a value of "background" includes a colour.
func namesColour(value string) bool {
	_, ok := layerColour(strings.ToLower(value))
	return ok
}

// colourOf returns the text colour that an element has of its own.
func colourOf(g given) (rgb, bool) {
	c, ok := winning(g.style, []string{"color"}, func(_, value string) (rgb, bool) { return parseColour(value) })
	if ok || g.colour == "" || g.element != "font" {
		return c, ok
	}
	return parseColour(hexColour(g.colour))
}

// hides reports whether an element shows nothing of what is in it.
func hides(g given) bool {
	if g.element == "details" && !g.open {
		return true
	}
	none, _ := winning(g.style, []string{"display"}, func(_, value string) (bool, bool) { return value == "none", true })
	clear, _ := winning(g.style, []string{"opacity"}, func(_, value string) (bool, bool) {
		n, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
		return n < 0.05, err == nil
	})
	if none || clear {
		return true
	}
	return g.element == "img" && (flat(g.style, "width", "max-width") || flat(g.style, "height", "max-height"))
}

// flat reports whether a style limits a length to less than three pixels.
func flat(style string, names ...string) bool {
	for _, name := range names {
		small, _ := winning(style, []string{name}, func(_, value string) (bool, bool) {
			n, err := strconv.ParseFloat(strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz%"), 64)
			return n < 3 && !strings.HasSuffix(value, "m") && !strings.HasSuffix(value, "n") || n == 0, err == nil
		})
		if small {
			return true
		}
	}
	return false
}
