package htmlview

import (
	"encoding/base64"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"switchboard/normalize/hostiletest"
)

// attacks returns the payloads: one per line; a line that does not start a tag
// continues the previous one.
func attacks(t testing.TB) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/attacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if n := len(list); n > 0 && (line == "" || !strings.ContainsAny(line[:1], "<&%")) {
			list[n-1] += "\n" + line
		} else {
			list = append(list, line)
		}
	}
	return list
}

// unsafe lists everything that could be active in a browser, parsing the HTML as a
// browser does.
func unsafe(s string) []string {
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	for n := range root.Descendants() {
		if n.Type == html.CommentNode || n.Type == html.DoctypeNode {
			found = append(found, "comment "+n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data != "html" && n.Data != "head" && n.Data != "body" && !slices.Contains(allowedElements, n.Data) || n.Namespace != "" {
			found = append(found, "element "+n.Namespace+" "+n.Data)
		}
		for _, a := range n.Attr {
			if !safeAttribute(n.Data, a) {
				found = append(found, n.Data+" "+a.Key+"="+a.Val)
			}
		}
	}
	return found
}

func safeAttribute(element string, a html.Attribute) bool {
	value := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
	scheme, _, _ := strings.Cut(value, ":")
	switch a.Key {
	case "href":
		return element == "a" && slices.Contains([]string{"http", "https", "mailto", "tel"}, scheme)
	case "src", "background":
		return slices.Contains([]string{"http", "https", "cid"}, scheme) || strings.HasPrefix(value, "data:image/") && !strings.HasPrefix(value, "data:image/svg")
	case "rel":
		return strings.Contains(a.Val, "nofollow") && strings.Contains(a.Val, "noreferrer")
	case "target":
		return a.Val == "_blank"
	case "style":
		for _, w := range []string{"url", "expression", "javascript", "behavio", "binding", "import", "position", "\\", "@", "<", "/*"} {
			if strings.Contains(value, w) {
				return false
			}
		}
		return true
	}
	return allowedAttributes[a.Key] != nil && a.Namespace == ""
}

// TestAttacks: no attack leaves anything active, and the text around it stays.
func TestAttacks(t *testing.T) {
	list := attacks(t)
	if len(list) < 150 {
		t.Fatalf("%d payloads", len(list))
	}
	view := Options{CID: func(string) string { return "" }}
	for _, payload := range list {
		for _, frame := range []string{"<p>before</p>\n%\n<p>after</p>", "before % after", "<table><tr><td>before%<b>after</b></td></tr></table>"} {
			in := strings.Replace(frame, "%", payload, 1)
			out := Sanitize(in)
			seen, blocked := Render(in, view)
			for _, got := range []string{out, seen} {
				if bad := unsafe(got); bad != nil {
					t.Errorf("%s\nleft %q in\n%s", in, bad, got)
				}
				text := visible(got)
				if at := strings.Index(text, "before"); at < 0 || !strings.Contains(text[at:], "after") {
					t.Errorf("%s\nthe text around it is missing: %s", in, got)
				}
			}
			if strings.Contains(seen, `src="http`) || strings.Contains(seen, `ground="http`) {
				t.Errorf("%s\nshows a remote image: %s (%d blocked)", in, seen, blocked)
			}
			if again := Sanitize(out); again != out {
				t.Errorf("%s\nis not idempotent:\n%s\n%s", in, out, again)
			}
		}
	}
}

// visible returns the text that a reader of the HTML sees.
func visible(s string) string {
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

func TestStyling(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"inline style": {`<p style="color:#c00; font: bold 12px/1.5 Arial, 'Open Sans'; margin:0 0 8px">x</p>`,
			`<p style="color: #c00; font: bold 12px/1.5 Arial, &#39;Open Sans&#39;; margin: 0 0 8px;">x</p>`},
		"font":            {`<font color="#ff0000" face="Verdana, Arial" size="+1">x</font>`, `<font color="#ff0000" face="Verdana, Arial" size="+1">x</font>`},
		"center":          {`<center>x</center>`, `<center>x</center>`},
		"table":           {`<table width="100%" bgcolor=#eeeeee cellpadding=0 border=1 align=center><tr valign=top><td colspan=2 width=50>x</td></tr></table>`, `<table width="100%" bgcolor="#eeeeee" cellpadding="0" border="1" align="center"><tr valign="top"><td colspan="2" width="50">x</td></tr></table>`},
		"background":      {`<td style="background:#fff url(http://a.example/x.png) no-repeat">x</td>`, `<td style="background: #fff no-repeat;">x</td>`},
		"colours":         {`<span style="color:rgb(1, 2, 3);background-color:rgba(0,0,0,.5)">x</span>`, `<span style="color: rgb(1, 2, 3); background-color: rgba(0,0,0,.5);">x</span>`},
		"body":            {`<html><body bgcolor="ffffcc" text="#333333" style="margin:0">x</body></html>`, `<div style="background-color: #ffffcc; color: #333333; margin: 0;">x</div>`},
		"important":       {`<p style="color:red !important">x</p>`, `<p style="color: red !important;">x</p>`},
		"quotes in value": {`<p style='font-family:"Segoe UI",sans-serif'>x</p>`, `<p style="font-family: &#34;Segoe UI&#34;,sans-serif;">x</p>`},
		"style element":   {`<style>p.MsoNormal, .b{margin:0cm;font-size:11.0pt} a:hover{color:red} @media print{p{color:blue}}</style><p class=MsoNormal>x<i class="a b">y</i></p>`, `<p style="margin: 0cm; font-size: 11.0pt;">x<i style="margin: 0cm; font-size: 11.0pt;">y</i></p>`},
		"own style wins":  {`<style>p{color:red}</style><p style="color:blue">x</p>`, `<p style="color: red; color: blue;">x</p>`},
		"list":            {`<ol start=3 type=a><li>x<li>y</ol>`, `<ol start="3" type="a"><li>x</li><li>y</li></ol>`},
		"right to left":   {`<div dir=rtl lang=he>שלום</div>`, `<div dir="rtl" lang="he">שלום</div>`},
		"link":            {`<a href="HTTPS://a.example/x y?a=1&b=2">x</a>`, `<a href="https://a.example/x%20y?a=1&amp;b=2" rel="nofollow noreferrer noopener" target="_blank">x</a>`},
		"mail link":       {`<a href="mailto:a@b.example?subject=Hi">x</a>`, `<a href="mailto:a@b.example?subject=Hi" rel="nofollow noreferrer">x</a>`},
		"control text":    {`<form>a<input value=v><button>Go</button><label>L</label><textarea>t&amp;u</textarea></form>`, `a Go Lt&amp;u`},
		"unclosed":        {`<div><b>x`, `<div><b>x</b></div>`},
		"stray end":       {`x</div></table>y`, `xy`},
		"words":           {`a &lt; b &amp; c "d" 'e' ü 日本`, `a &lt; b &amp; c &#34;d&#34; &#39;e&#39; ü 日本`},
	} {
		if got := Sanitize(c.in); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestRender(t *testing.T) {
	png := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG"))
	opt := Options{CID: func(id string) string {
		if id == "logo@example" {
			return png
		}
		return ""
	}}
	in := `<p>a<img src="cid:logo@example" width=9><img src="cid:logo%40example"><img src="cid:other"><img src="http://t.example/1.gif" width=1 height=1>` +
		`<img src="https://p.example/big.png" width="300" height="200" alt="A bicycle"></p><table background="//p.example/b.png"><tr><td style="background:url(http://p.example/c.png)">b</td></tr></table>`
	got, blocked := Render(in, opt)
	want := `<p>a<img src="` + png + `" width="9"><img src="` + png + `"><img width="300" height="200" alt="A bicycle" title="not loaded: p.example"></p><table><tr><td>b</td></tr></table>`
	if got != want || blocked != 4 {
		t.Errorf("%d blocked, want 4:\n%s\nwant\n%s", blocked, got, want)
	}
	opt.RemoteImages = true
	opt.Image = func(u string) string { return "https://desk.example/picture?u=" + strings.TrimPrefix(u, "https://") }
	got, blocked = Render(`<img src="https://p.example/big.png">`, opt)
	if want := `<img src="https://desk.example/picture?u=p.example/big.png">`; got != want || blocked != 0 {
		t.Errorf("%d blocked: %s", blocked, got)
	}
}

// TestHTMLBombs: 1 MiB of anything takes less than two seconds of processor time.
func TestHTMLBombs(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, hostiletest.Size/len(s)) }
	for name, in := range map[string]string{
		"deep":               strings.Repeat("<div>", hostiletest.Size/10) + "x" + strings.Repeat("</div>", hostiletest.Size/10),
		"deep of all kinds":  fill("<table><tr><td><b><font color=red>"),
		"stray ends":         strings.Repeat("<b>", 199) + fill("</i>"),
		"scripts":            fill("<script>"),
		"script ends":        "<script>" + fill("</script "),
		"styles":             fill("<style></style>") + fill("a"),
		"style rules":        "<style>" + strings.Repeat("p.a{color:red;margin:0 0 0 0}", 9000) + "</style>" + fill("<p class=a>"),
		"selectors":          "<style>" + fill("a,") + "{color:red}</style>x",
		"comments":           fill("<!--"),
		"open tags":          fill("<a b='"),
		"open tags by turns": fill(`<a b='<a b="`),
		"attributes":         "<p " + fill("a=b ") + ">x",
		"declarations":       `<p style="` + fill("color:red;") + `">x`,
		"short declarations": fill(`<p style="a:(;b:'">`),
		"parentheses":        `<p style="` + fill("(") + `">x`,
		"urls":               fill(`<img src="http://a.example/">`),
		"titles":             fill("<title>") + "</title",
		"escaped scripts":    fill("<script><!--<script></script>"),
		"less than":          fill("<"),
		"entities":           fill("&amp;"),
	} {
		t.Run(name, func(t *testing.T) {
			start := hostiletest.ProcessorTime(t)
			out := Sanitize(in)
			if took := hostiletest.ProcessorTime(t) - start; took > hostiletest.Slowdown*2*1e9 {
				t.Errorf("took %v", took)
			}
			if len(out) > 16<<20 {
				t.Errorf("output of %d MiB", len(out)>>20)
			}
		})
	}
}

func FuzzSanitize(f *testing.F) {
	for _, a := range attacks(f) {
		f.Add(a)
	}
	f.Add(`<style>p{color:red}</style><p style="margin:0;font:x">a<table><td>b<a href=https://a.example>c`)
	f.Fuzz(func(t *testing.T, s string) {
		out := Sanitize(s)
		if bad := unsafe(out); bad != nil && len(s) < 1<<16 {
			t.Errorf("%q left %q in %q", s, bad, out)
		}
		if again := Sanitize(out); again != out {
			t.Errorf("%q is not idempotent:\n%q\n%q", s, out, again)
		}
	})
}

func BenchmarkSanitize(b *testing.B) {
	s := `<html><head><style>p.n{margin:0;font-size:11pt}</style></head><body bgcolor="#ffffff">` + strings.Repeat(
		`<table width="100%" cellpadding="0"><tr><td style="font-family:Arial,sans-serif;color:#333333;padding:8px"><p class=n>Dear <b>team</b>, my order is late. <a href="https://shop.example/orders?id=1&amp;a=2">Order</a></p></td></tr></table>`, 100) + `</body></html>`
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Sanitize(s)
	}
}
