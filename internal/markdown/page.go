package markdown

import (
	"bytes"
	"html"
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

// Page returns the HTML of a text for a web page of ours, whose style sheet gives it its
// looks: without inline styles, which a strict Content-Security-Policy forbids, and with
// headings below that of the page. Links that run scripts are left out, and HTML is text,
// so that it is safe as it is.
func Page(source string) string {
	var b bytes.Buffer
	if err := pages.Convert([]byte(source), &b); err != nil { // writing to memory does not fail
		return "<pre>" + html.EscapeString(source) + "</pre>\n"
	}
	return b.String()
}

var pages = goldmark.New(
	goldmark.WithExtensions(extension.Strikethrough, extension.Linkify,
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(levels{}, 100))),
	goldmark.WithRendererOptions(mdhtml.WithHardWraps(), renderer.WithNodeRenderers(util.Prioritized(plainWriter{}, 100))),
)

// levels moves headings below that of the page.
type levels struct{}

// Transform implements parser.ASTTransformer.
func (levels) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.Heading); ok && entering {
			h.Level = min(h.Level+1, 6)
		}
		return ast.WalkContinue, nil
	})
}

// plainWriter writes HTML as text.
type plainWriter struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (plainWriter) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			escape(w, n.(*ast.RawHTML).Segments, source)
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			block := n.(*ast.HTMLBlock)
			_, _ = w.WriteString("<p>")
			escape(w, block.Lines(), source)
			if block.HasClosure() {
				_, _ = w.WriteString(html.EscapeString(string(block.ClosureLine.Value(source))))
			}
			_, _ = w.WriteString("</p>\n")
		}
		return ast.WalkSkipChildren, nil
	})
}

// Plain returns the words of a text without any formatting, in one line, up to n
// characters; more is cut off at a word.
func Plain(source string, n int) string {
	doc := pages.Parser().Parse(text.NewReader([]byte(source)))
	var b strings.Builder
	_ = ast.Walk(doc, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if node.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.Text:
			b.Write(node.Segment.Value([]byte(source)))
			if node.SoftLineBreak() || node.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(node.Value)
		case *ast.AutoLink:
			b.Write(node.Label([]byte(source)))
		case *ast.RawHTML:
			b.Write(node.Segments.Value([]byte(source)))
		case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.HTMLBlock:
			b.Write(node.Lines().Value([]byte(source)))
		}
		return ast.WalkContinue, nil
	})
	line := strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
	runes := []rune(line)
	if len(runes) <= n {
		return line
	}
	line = string(runes[:n])
	if i := strings.LastIndexByte(line, ' '); i > n/2 {
		line = line[:i]
	}
	return strings.TrimRight(line, " ,;:.") + "…"
}
