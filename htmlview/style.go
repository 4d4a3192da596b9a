package htmlview

import (
	"regexp"
	"strings"

	"switchboard/normalize/plaintext"
)

// safeStyle is the form of every style attribute that the style reader writes: known
// properties with values of harmless characters. No value can load anything, because
// it has no colon, no backslash and no function except colours.
var safeStyle = regexp.MustCompile(`^(?:[a-z-]+: (?:[\p{L}\w\s.,#%'"!+/-]|(?:rgb|rgba|hsl|hsla)\([\d\s.,%/deg]+\))+;? ?)*$`)

var safeValue = regexp.MustCompile(`^(?:[\p{L}\w\s.,#%'"!+/-]|(?:rgb|rgba|hsl|hsla)\([\d\s.,%/deg]+\))+$`)

// allowedProperties are the style properties that are kept: type, colour, boxes and
// tables. Properties that can move an element out of its place, such as position, are
// not among them.
var allowedProperties = set(`color background background-color font font-family font-size font-style font-variant font-weight
	text-align text-decoration text-decoration-line text-decoration-color text-decoration-style text-indent text-transform letter-spacing word-spacing line-height white-space
	word-break word-wrap overflow-wrap direction unicode-bidi vertical-align
	margin margin-left margin-right margin-top margin-bottom padding padding-left padding-right padding-top padding-bottom
	border border-left border-right border-top border-bottom border-color border-width border-style border-collapse border-spacing border-radius
	border-left-color border-right-color border-top-color border-bottom-color border-left-width border-right-width border-top-width border-bottom-width
	border-left-style border-right-style border-top-style border-bottom-style
	border-top-left-radius border-top-right-radius border-bottom-left-radius border-bottom-right-radius
	width height min-width max-width min-height max-height display float clear
	table-layout caption-side empty-cells list-style list-style-type list-style-position quotes opacity box-sizing
	text-align-last hyphens tab-size page-break-after page-break-before page-break-inside`)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

const (
	maxStyle        = 4 << 10   // octets of one style attribute
	maxDeclarations = 60        // per style attribute
	maxRules        = 1000      // of all style elements together
	maxSheet        = 256 << 10 // octets of all style elements
	maxInlined      = 1 << 20   // octets that rules may add to a message
)

// declared is what is kept of a style.
type declared struct {
	safe   string
	remote int  // remote images that the removed declarations would have loaded
	lost   bool // a background was removed
}

// declarations returns the safe declarations of a style.
func declarations(s string) (d declared) {
	if len(s) > maxStyle {
		s = plaintext.Clip(s, maxStyle)
	}
	s = stripComments(s)
	var b strings.Builder
	for n := 0; s != "" && n < maxDeclarations; n++ {
		var one string
		one, s = cutDeclaration(s)
		name, value, found := strings.Cut(one, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !found || !allowedProperties[name] {
			d.remote += remoteURLs(value)
			d.lost = d.lost || name == "background-image" && drawsSomething(value)
			continue
		}
		if strings.Contains(value, "(") {
			d.remote += remoteURLs(value)
			value = cssURL.ReplaceAllString(value, " ")
			if name == "background" {
				// The last layer may name a colour (CSS Backgrounds §2.10).
				value = strings.Trim(gradient.ReplaceAllString(value, " "), " ,")
			}
		}
		value = strings.Join(strings.Fields(value), " ")
		if !safeValue.MatchString(value) || !harmless(name, strings.ToLower(value)) {
			d.lost = d.lost || strings.HasPrefix(name, "background")
			continue
		}
		d.lost = d.lost || name == "background" && strings.Contains(one, "(") && !namesColour(value)
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name + ": " + value + ";")
	}
	d.safe = b.String()
	return d
}

// drawsSomething reports whether a background-image is an image.
func drawsSomething(value string) bool { return strings.Contains(value, "(") }

// gradient matches a gradient whose colours may be functions as well.
var gradient = regexp.MustCompile(`(?i)[a-z-]*gradient\((?:[^()]|\([^()]*\))*\)`)

var cssURL = regexp.MustCompile(`(?i)url\(\s*(?:"[^"]*"|'[^']*'|[^"'()]*)\s*\)`)

// remoteURLs counts the remote images that a style value refers to.
func remoteURLs(value string) int {
	n := 0
	for _, u := range cssURL.FindAllString(value, -1) {
		if strings.Contains(strings.ToLower(u), "//") {
			n++
		}
	}
	return n
}

// harmless rejects values that hide script from old browsers or draw outside of the
// element.
func harmless(name, value string) bool {
	for _, w := range []string{"expression", "javascript", "vbscript", "behavior", "behaviour", "binding", "url"} {
		if strings.Contains(value, w) {
			return false
		}
	}
	if strings.HasPrefix(name, "margin") || name == "text-indent" || strings.HasPrefix(name, "letter") || strings.HasPrefix(name, "word") || name == "line-height" {
		return !negative.MatchString(value)
	}
	// An unmatched quote would swallow what follows it in the attribute.
	return strings.Count(value, `"`)%2 == 0 && strings.Count(value, "'")%2 == 0
}

var negative = regexp.MustCompile(`-\.?\d`)

// cutDeclaration splits at the first semicolon outside quotes and parentheses.
func cutDeclaration(s string) (one, rest string) {
	depth := 0
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth = max(depth-1, 0)
		case c == ';' && depth == 0:
			return s[:i], s[i+1:]
		}
	}
	if quote != 0 || depth > 0 {
		// Unclosed: the next semicolon ends it anyway.
		one, rest, _ = strings.Cut(s, ";")
		return one, rest
	}
	return s, ""
}

// stripComments removes CSS comments; an unclosed one extends to the end.
func stripComments(s string) string {
	if !strings.Contains(s, "/*") {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "/*")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, found = strings.Cut(after, "*/")
		if !found {
			return b.String()
		}
	}
}

// sheet holds the simple rules of a message's style elements: those whose selector is
// an element, a class, or an element with a class. They are inlined into the elements
// they apply to, because style elements are removed.
type sheet struct {
	rules map[string]declared // by selector
	size  int
	added int
}

var (
	ruleForm       = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	simpleSelector = regexp.MustCompile(`^(?:[a-z][a-z0-9]{0,12})?(?:\.[a-z_][\w-]{0,60})?$`)
)

// read adds one style element. Rules within "@media" and the like do not apply here.
func (c *sheet) read(css string) {
	if c.size += len(css); c.size > maxSheet {
		return
	}
	css = strings.NewReplacer("<!--", " ", "-->", " ").Replace(stripComments(css))
	css = dropAtRules(css)
	for _, m := range ruleForm.FindAllStringSubmatch(css, maxRules) {
		d := declarations(m[2])
		if d.safe == "" && !d.lost {
			continue
		}
		for _, selector := range strings.Split(m[1], ",") {
			selector = strings.ToLower(strings.TrimSpace(selector))
			if selector == "" || !simpleSelector.MatchString(selector) || len(c.rules) >= maxRules {
				continue
			}
			if c.rules == nil {
				c.rules = map[string]declared{}
			}
			if old := c.rules[selector]; len(old.safe) < 500 {
				c.rules[selector] = declared{safe: strings.TrimSpace(old.safe + " " + d.safe), lost: old.lost || d.lost}
			}
		}
	}
}

// dropAtRules removes "@media … { … }", "@import …;" and the like.
func dropAtRules(css string) string {
	var b strings.Builder
	for {
		at := strings.IndexByte(css, '@')
		if at < 0 {
			b.WriteString(css)
			return b.String()
		}
		b.WriteString(css[:at])
		css = css[at:]
		end := strings.IndexAny(css, ";{")
		if end < 0 {
			return b.String()
		}
		if css[end] == ';' {
			css = css[end+1:]
			continue
		}
		depth := 0
		for ; end < len(css); end++ {
			if css[end] == '{' {
				depth++
			} else if css[end] == '}' {
				if depth--; depth == 0 {
					end++
					break
				}
			}
		}
		css = css[end:]
	}
}

// style returns the declarations that the rules have for an element, and whether they
// had a background that was removed.
func (c *sheet) style(element, class string) (style string, lost bool) {
	if len(c.rules) == 0 || c.added > maxInlined {
		return "", false
	}
	parts := make([]string, 0, 4)
	add := func(selector string) {
		rule := c.rules[selector]
		lost = lost || rule.lost
		if rule.safe != "" {
			parts = append(parts, rule.safe)
			c.added += len(rule.safe)
		}
	}
	add(element)
	for i, name := range strings.Fields(strings.ToLower(plaintext.Clip(class, 200))) {
		if i < 5 {
			add("." + name)
			add(element + "." + name)
		}
	}
	return strings.Join(parts, " "), lost
}
