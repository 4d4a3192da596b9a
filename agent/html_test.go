package agent

import (
	"strings"
	"testing"
)

const markdownOfA = "<div style=\"font-family: system-ui,-apple-system,&#39;Segoe UI&#39;,Roboto,Helvetica,Arial,sans-serif; font-size: 15px; line-height: 1.5; overflow-wrap: break-word;\">\n<p style=\"margin: 0 0 1em;\">a</p>\n</div>"

// The HTML of a reply is stored and sent without anything active.
func TestComposeHTML(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"formatting":     {`<p>Line 1<br>Line 2</p><ul><li><b>a</b></li><li>b</li></ul>`, `<p>Line 1<br>Line 2</p><ul><li><b>a</b></li><li>b</li></ul>`},
		"script":         {`<p>a</p><script>x</script><p>b</p>`, `<p>a</p><p>b</p>`},
		"event handler":  {`<img src=x onerror=1><p onclick="x()" style="color:#c00">a</p>`, `<p style="color: #c00;">a</p>`},
		"unsafe link":    {`<a href="javascript:alert(1)">a</a> <a href=" jav&#x09;ascript:x">b</a>`, `<a>a</a> <a>b</a>`},
		"link":           {`<a href="https://shop.example/1">a</a>`, `<a href="https://shop.example/1" rel="nofollow noreferrer noopener" target="_blank">a</a>`},
		"form elsewhere": {`<form action="https://evil.example"><input name=p>a<button formaction="https://evil.example">b</button></form>`, `a b`},
		"frame":          {`<iframe src="https://evil.example"></iframe><object data=x></object><p>a</p>`, `<p>a</p>`},
		"vector image":   {`<svg onload=x><script>y</script></svg>a`, `a`},
		"meta and base":  {`<base href="https://evil.example"><meta http-equiv=refresh content="0;url=x">a`, `a`},
		"inline image":   {`<img src="cid:logo@desk.example" width="40">`, `<img src="cid:logo@desk.example" width="40">`},
		"no HTML":        {``, markdownOfA},
	} {
		d := newDraft(Reply{Text: "a", HTML: c.in})
		m, _, err := d.compose()
		if err != nil || strings.TrimSpace(m.HTMLBody) != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, m.HTMLBody, c.want)
		}
	}
}
