// Package htmlview makes the HTML of a message safe to display. The stored message is
// never changed; sanitizing happens each time it is displayed.
package htmlview

import (
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// Options say what a displayed message may load.
type Options struct {
	// CID returns the URL of the image with a Content-ID (RFC 2392), without angle
	// brackets; empty if the message has none. If CID is nil, the references stay
	// unchanged.
	CID func(id string) string
	// Location returns the URL of the image with a Content-Location (RFC 2557 §5);
	// empty if the message has none. It may be nil.
	Location func(url string) string
	// Drawn is called with the URL of every image that the reader sees: not for one in
	// a hidden element or of the size of a tracking pixel. It may be nil.
	Drawn func(url string)
	// RemoteImages allows images from the internet. Each one tells its server that
	// the message was read, and when.
	RemoteImages bool
	// Image returns the URL to load a remote image from, such as one of a proxy. If
	// it is nil, images are loaded from their own URL.
	Image func(url string) string
}

// Sanitize returns HTML that cannot run scripts, submit forms, load style sheets or
// change the page around it. It keeps ordinary styling (inline styles, simple rules
// of style elements, the attributes of tables and fonts) and images, including remote
// ones. The text around removed elements stays, and the result is well nested.
//
// Sanitize is idempotent.
func Sanitize(s string) string {
	safe, _ := Render(s, Options{RemoteImages: true})
	return safe
}

// Render is Sanitize for a page that displays the message. It returns the number of
// remote images that were removed.
func Render(s string, opt Options) (safe string, blocked int) {
	w := newCleaner(opt)
	w.read(s)
	// The cleaner emits nothing dangerous; the policy is a second line of defence in
	// case the cleaner has a bug.
	return policy.Sanitize(w.String()), w.blocked
}

// policy is safe for concurrent use.
var policy = newPolicy()

// allowedElements are the elements that are kept.
var allowedElements = strings.Fields(`a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup
	dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q
	s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr`)

// allowedAttributes are the attributes that are kept on any element, with the form of
// their values. Values of style have been written by the style reader.
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

// newPolicy returns the policy of bluemonday that corresponds to the allow-lists.
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
