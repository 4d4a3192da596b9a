package htmlview

import (
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// ViewOptions say what a shown mail may load.
type Options struct {
	// CID gives the URL of the picture with a Content-ID (RFC 2392), without angle
	// brackets; empty when the mail has none of that name. Without CID the
	// references stay as they are.
	CID func(id string) string
	// RemoteImages shows pictures from the net. Each one tells its server that
	// the mail was read, and when.
	RemoteImages bool
	// Image gives the URL by which a picture from the net is fetched, such as
	// one of a proxy. Without it pictures are loaded from where they are.
	Image func(url string) string
}

// SafeHTML returns HTML that cannot run script, submit forms, load style or
// change the page around it. Ordinary styling stays: inline styles, simple rules
// of style elements, the attributes of tables and fonts. Pictures stay, remote
// ones too. The text around whatever is taken out stays, and what comes out is
// well nested.
//
// SafeHTML of its own result changes nothing.
func Sanitize(s string) string {
	safe, _ := Render(s, Options{RemoteImages: true})
	return safe
}

// SafeHTMLView is SafeHTML for a page that shows the mail. It returns the number
// of pictures from the net that were left out.
func Render(s string, opt Options) (safe string, blocked int) {
	w := newCleaner(opt)
	w.read(s)
	// The cleaner lets nothing dangerous through; the policy sees to it that a
	// fault of the cleaner is not one of the desk.
	return policy.Sanitize(w.String()), w.blocked
}

// safePolicy is built once; a policy may be used by many goroutines.
var policy = newPolicy()

// safeElements are the elements that stay.
var allowedElements = strings.Fields(`a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup
	dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q
	s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr`)

// safeAttributes are the attributes that stay on any element, each with the form
// of its value. style is one that the style reader has written.
var allowedAttributes = map[string]*regexp.Regexp{
	"align":       regexp.MustCompile(`^[a-zA-Z]{1,10}$`),
	"valign":      regexp.MustCompile(`^[a-zA-Z]{1,10}$`),
	"dir":         regexp.MustCompile(`^(?i:ltr|rtl|auto)$`),
	"lang":        regexp.MustCompile(`^[a-zA-Z0-9-]{1,35}$`),
	"bgcolor":     regexp.MustCompile(`^#?[a-zA-Z0-9]{1,30}$`),
	"bordercolor": regexp.MustCompile(`^#?[a-zA-Z0-9]{1,30}$`),
	"color":       regexp.MustCompile(`^#?[a-zA-Z0-9]{1,30}$`),
	"face":        regexp.MustCompile(`^[\p{L}\p{N}\w ,'"-]{1,200}$`),
	"size":        regexp.MustCompile(`^[+-]?\d{1,3}%?$`),
	"border":      regexp.MustCompile(`^\d{1,3}(?:px)?$`),
	"cellpadding": regexp.MustCompile(`^\d{1,3}(?:px)?$`),
	"cellspacing": regexp.MustCompile(`^\d{1,3}(?:px)?$`),
	"hspace":      regexp.MustCompile(`^\d{1,3}(?:px)?$`),
	"vspace":      regexp.MustCompile(`^\d{1,3}(?:px)?$`),
	"width":       regexp.MustCompile(`^\d{1,4}(?:\.\d{1,4})?(?:px|%)?$`),
	"height":      regexp.MustCompile(`^\d{1,4}(?:\.\d{1,4})?(?:px|%)?$`),
	"colspan":     regexp.MustCompile(`^\d{1,3}$`),
	"rowspan":     regexp.MustCompile(`^\d{1,3}$`),
	"span":        regexp.MustCompile(`^\d{1,3}$`),
	"start":       regexp.MustCompile(`^-?\d{1,6}$`),
	"value":       regexp.MustCompile(`^-?\d{1,6}$`),
	"type":        regexp.MustCompile(`^(?:[aAiI1]|disc|circle|square|cite)$`),
	"nowrap":      regexp.MustCompile(`^(?:nowrap)?$`),
	"noshade":     regexp.MustCompile(`^(?:noshade)?$`),
	"reversed":    regexp.MustCompile(`^(?:reversed)?$`),
	"open":        regexp.MustCompile(`^(?:open)?$`),
	"clear":       regexp.MustCompile(`^[a-zA-Z]{1,5}$`),
	"title":       regexp.MustCompile(`^[^<>]{0,500}$`),
	"alt":         regexp.MustCompile(`^[^<>]{0,500}$`),
	"style":       safeStyle,
}

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(allowedElements...)
	p.AllowNoAttrs().OnElements("a", "img", "font", "span")
	for name, form := range allowedAttributes {
		p.AllowAttrs(name).Matching(form).Globally()
	}
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").OnElements("img")
	p.AllowAttrs("background").Matching(regexp.MustCompile(`^(?i:https?:|cid:|/|data:image/(?:png|jpeg|gif|webp);base64,)[^<>"']*$`)).OnElements("table", "td", "th", "tr")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.AllowDataURIImages()
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}
