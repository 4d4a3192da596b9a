package mail

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Payloads returns the test inputs in a Go source file: the fields named in, and the
// first fields of literals without names.
func Payloads(file string) ([]string, error) {
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return nil, err
	}
	var all []string
	ast.Inspect(source, func(n ast.Node) bool {
		field, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, named := field.Key.(*ast.Ident)
		value, literal := field.Value.(*ast.BasicLit)
		if named && key.Name == "in" && literal && value.Kind == token.STRING {
			if s, err := strconv.Unquote(value.Value); err == nil && strings.Contains(s, "<") {
				all = append(all, s)
			}
		}
		return true
	})
	slices.Sort(all)
	return slices.Compact(all), nil
}

var (
	active  = []string{"script", "iframe", "object", "embed", "applet", "form", "input", "button", "textarea", "select", "meta", "base", "link", "style", "frame", "frameset", "svg", "math", "template", "noscript", "plaintext", "xmp", "audio", "video", "title"}
	locator = []string{"href", "src", "background", "action", "formaction", "poster", "cite", "longdesc", "srcset", "data", "xlink:href", "dynsrc", "lowsrc"}
	schemes = []string{"http", "https", "mailto", "tel", "cid"}
	styles  = []string{"url(", "expression", "javascript", "behavio", "-moz-binding", "@import", "\\", "/*"}
)

// Unsafe lists what in sanitized HTML could still be active in a browser. It shares
// only the parser with the sanitizer.
func Unsafe(s string) (found []string) {
	if s == "" {
		return nil
	}
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return []string{err.Error()}
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains(active, n.Data) || n.Namespace != "" {
			found = append(found, n.Data)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			scheme, _, ok := strings.Cut(value, ":")
			image := n.Data == "img" && strings.HasPrefix(value, "data:image/") && !strings.HasPrefix(value, "data:image/svg")
			switch {
			case strings.HasPrefix(a.Key, "on"),
				slices.Contains(locator, a.Key) && ok && !image && !slices.Contains(schemes, scheme),
				a.Key == "style" && (slices.ContainsFunc(styles, func(w string) bool { return strings.Contains(value, w) }) || strings.Contains(";"+value, ";position:")):
				found = append(found, a.Key+"="+a.Val)
			}
		}
	}
	return found
}

// visible returns the text of HTML.
func visible(s string) string {
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return ""
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && (n.Parent == nil || n.Parent.Data != "style" && n.Parent.Data != "script" && n.Parent.Data != "title") {
			b.WriteString(n.Data)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
