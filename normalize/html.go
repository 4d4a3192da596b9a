package normalize

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// safePolicy is built once; a policy may be used by many goroutines.
var safePolicy = newSafePolicy()

func newSafePolicy() *bluemonday.Policy {
	p := bluemonday.UGCPolicy()
	p.AllowTables()
	p.AllowDataURIImages()
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.AllowElements("center", "font", "u", "s", "strike", "big", "small")
	p.AllowAttrs("color", "face", "size").Matching(regexp.MustCompile(`^[\w #,'-]{1,60}$`)).OnElements("font")
	p.AllowAttrs("bgcolor").Matching(regexp.MustCompile(`^#?\w{1,20}$`)).OnElements("table", "tr", "td", "th", "div")
	p.AllowAttrs("align", "valign").Matching(regexp.MustCompile(`^\w{1,10}$`)).Globally()
	p.AllowAttrs("cellpadding", "cellspacing", "border", "width", "height").Matching(regexp.MustCompile(`^\d{1,4}%?$`)).Globally()
	p.AllowStyles("color", "background-color", "font-family", "font-size", "font-style", "font-weight", "text-align", "text-decoration", "line-height",
		"margin", "margin-left", "margin-right", "margin-top", "margin-bottom", "padding", "padding-left", "padding-right", "padding-top", "padding-bottom",
		"border", "border-left", "border-right", "border-top", "border-bottom", "border-collapse", "width", "height", "max-width", "vertical-align", "white-space").
		Matching(regexp.MustCompile(`^[\w\s.,#%'"-]{1,200}$|^rgba?\([\d\s.,%]{1,40}\)$`)).Globally()
	return p
}

// SafeHTML returns HTML that cannot run script, submit forms or change the page
// around it. Pictures stay, remote ones too: whether those are fetched is for
// the page to decide.
func SafeHTML(s string) string { return safePolicy.Sanitize(s) }
