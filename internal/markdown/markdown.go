// Package markdown turns what agents write into the HTML of a mail. Agents write
// CommonMark with the usual extensions (tables, strikethrough, bare links), but most of
// them just write text: a line break stays a line break, and HTML is shown as it was
// typed. Pure.
package markdown

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	mdhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// HTML returns the HTML of a text. Its elements carry their style themselves, because
// many mail programs remove style sheets (Gmail for addresses of other providers,
// Outlook), and no colour of their own, so that it can be read in light and dark mode.
// It must still be sanitized: links may have any scheme.
func HTML(source string) string {
	var b bytes.Buffer
	b.WriteString(`<div style="` + styleBody + `">` + "\n")
	if err := converter.Convert([]byte(source), &b); err != nil { // writing to memory does not fail
		return "<pre>" + html.EscapeString(source) + "</pre>\n"
	}
	b.WriteString("</div>\n")
	return b.String()
}

// Signature returns the HTML of what stands below a text, after the usual separator (RFC
// 3676 §4.3), by which programs that shorten answers know it.
func Signature(source string) string {
	return `<div style="` + styleSignature + `">-- <br>` + "\n" + HTML(source) + "</div>\n"
}

// Quote returns the HTML of an earlier message with the line that introduces it.
func Quote(intro, text string) string {
	lines := strings.ReplaceAll(html.EscapeString(strings.TrimRight(text, "\n")), "\n", "<br>\n")
	return `<div style="` + styleBody + `">` + "\n" + `<p style="margin:1em 0 .5em">` + html.EscapeString(intro) + "</p>\n" +
		`<blockquote type="cite" style="` + styleQuote + `">` + lines + "</blockquote>\n</div>\n"
}

// Images returns the Content-IDs of the pictures that a text shows, as in
// ![screen](cid:shot), in their order.
func Images(source string) []string {
	var ids []string
	doc := converter.Parser().Parse(text.NewReader([]byte(source)))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if img, ok := n.(*ast.Image); ok && entering {
			if id, ok := strings.CutPrefix(string(img.Destination), "cid:"); ok {
				ids = append(ids, id)
			}
		}
		return ast.WalkContinue, nil
	})
	return ids
}

// picture matches a picture of a text that is part of the mail itself.
var picture = regexp.MustCompile(`!\[([^\]\n]*)\]\(cid:[^)\n]*\)`)

// Text returns the plain text of a mail: the source, which is readable as it is, except
// for the pictures that only the HTML can show.
func Text(source string) string {
	return picture.ReplaceAllStringFunc(source, func(s string) string {
		if alt := picture.FindStringSubmatch(s)[1]; alt != "" {
			return "[image: " + alt + "]"
		}
		return "[image]"
	})
}

const (
	styleBody      = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;overflow-wrap:break-word"
	styleSignature = styleBody + ";margin:1em 0 0"
	styleQuote     = "margin:0 0 1em;padding:0 0 0 1em;border-left:3px solid #999"
	styleCode      = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px"
	stylePre       = styleCode + ";white-space:pre-wrap;margin:0 0 1em;padding:8px 12px;border:1px solid #999;border-radius:4px"
	styleCell      = "padding:4px 8px;border:1px solid #999;vertical-align:top"
)

// styles are the inline styles of elements. Margins are explicit: Outlook's own differ.
var styles = map[ast.NodeKind]string{
	ast.KindParagraph:  "margin:0 0 1em",
	ast.KindBlockquote: styleQuote,
	ast.KindList:       "margin:0 0 1em;padding:0 0 0 1.6em",
	ast.KindHeading:    "margin:1em 0 .5em;line-height:1.3",
	ast.KindImage:      "max-width:100%;height:auto",
}

var converter = goldmark.New(
	goldmark.WithExtensions(extension.Strikethrough, extension.Linkify,
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(styler{}, 100))),
	goldmark.WithRendererOptions(mdhtml.WithHardWraps(), renderer.WithNodeRenderers(util.Prioritized(writer{}, 100))),
)

// styler adds the inline styles.
type styler struct{}

// Transform implements parser.ASTTransformer.
func (styler) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if style := styles[n.Kind()]; style != "" && entering {
			n.SetAttributeString("style", []byte(style))
		}
		switch {
		case !entering:
		case strings.HasPrefix(n.Kind().String(), "TableCell"):
			n.SetAttributeString("style", []byte(styleCell))
		case n.Kind().String() == "Table":
			n.SetAttributeString("style", []byte("border-collapse:collapse;margin:0 0 1em"))
		}
		return ast.WalkContinue, nil
	})
}

// writer writes the elements that take no attributes, and HTML as text: an agent who
// writes <your name> means it.
type writer struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (writer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			escape(w, n.(*ast.RawHTML).Segments, source)
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, htmlBlock)
	r.Register(ast.KindCodeBlock, code)
	r.Register(ast.KindFencedCodeBlock, code)
	r.Register(ast.KindCodeSpan, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			_, _ = w.WriteString("</code>")
			return ast.WalkContinue, nil
		}
		_, _ = w.WriteString(`<code style="` + styleCode + `">`)
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			segment := c.(*ast.Text).Segment
			_, _ = w.WriteString(html.EscapeString(strings.ReplaceAll(string(segment.Value(source)), "\n", " ")))
		}
		return ast.WalkSkipChildren, nil
	})
}

func code(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString(`<pre style="` + stylePre + `"><code>`)
		escape(w, n.Lines(), source)
		_, _ = w.WriteString("</code></pre>\n")
	}
	return ast.WalkSkipChildren, nil
}

func htmlBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		block := n.(*ast.HTMLBlock)
		var b strings.Builder
		b.Write(block.Lines().Value(source))
		if block.HasClosure() {
			b.Write(block.ClosureLine.Value(source))
		}
		lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
		for i := range lines {
			lines[i] = html.EscapeString(lines[i])
		}
		_, _ = w.WriteString(`<p style="` + styles[ast.KindParagraph] + `">` + strings.Join(lines, "<br>\n") + "</p>\n")
	}
	return ast.WalkSkipChildren, nil
}

func escape(w util.BufWriter, lines *text.Segments, source []byte) {
	_, _ = w.WriteString(html.EscapeString(string(lines.Value(source))))
}
