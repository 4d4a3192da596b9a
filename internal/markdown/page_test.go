package markdown_test

import (
	"strings"
	"testing"

	"switchboard/internal/markdown"
)

func TestPage(t *testing.T) {
	for source, want := range map[string]string{
		"# One\ntwo":                        "<h2>One</h2>\n<p>two</p>\n",
		"###### Six":                        "<h6>Six</h6>\n",
		"<b>x</b>":                          "<p>&lt;b&gt;x&lt;/b&gt;</p>\n",
		"<script>\nalert(1)\n</script>\n":   "<p>&lt;script&gt;\nalert(1)\n&lt;/script&gt;\n</p>\n",
		"[x](javascript:alert)":             "<p><a href=\"\">x</a></p>\n",
		"![x](data:text/html,y)":            "<p><img src=\"\" alt=\"x\"></p>\n",
		"see https://acme.example/?a=1&b=2": "<p>see <a href=\"https://acme.example/?a=1&amp;b=2\">https://acme.example/?a=1&amp;b=2</a></p>\n",
		"a\nb":                              "<p>a<br>\nb</p>\n",
		"`<i>`":                             "<p><code>&lt;i&gt;</code></p>\n",
	} {
		if got := markdown.Page(source); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
	if got := markdown.Page("a | b\n--|:-:\n1 | 2\n\n> q\n\n```\ncode\n```\n\n1. x\n"); strings.Contains(got, "style") {
		t.Error(got)
	}
}

func TestPlain(t *testing.T) {
	for source, want := range map[string]string{
		"# Reset\n\nOpen **Settings** and\n[go](https://x.example).": "Reset Open Settings and go.",
		"- a\n- b\n\n```\nx &amp; y\n```":                            "a b x & y",
		"one two three four five six":                                "one two three…",
		strings.Repeat("x", 30):                                      strings.Repeat("x", 14+4) + "…",
	} {
		n := 18
		if strings.Contains(source, "\n") {
			n = 100
		}
		if got := markdown.Plain(source, n); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}
