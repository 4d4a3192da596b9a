package htmlview

import (
	"strings"
	"testing"
)

// Text stays readable when the background that its colour was chosen for is removed.
func TestReadableText(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		// The background is shown: nothing changes.
		"shorthand colour":        {`<span style="color:white;background:#434857">x</span>`, `<span style="color: white; background: #434857;">x</span>`},
		"cell colour attribute":   {`<table bgcolor="#0f0f10"><tr><td><font color="#ffffff">x</font></td></tr></table>`, `<table bgcolor="#0f0f10" style="color: #ffffff;"><tr><td><font color="#ffffff">x</font></td></tr></table>`},
		"new functions":           {`<p style="color:rgba(255,255,255,1);background-color:rgb(0 0 0 / 80%)">x</p>`, `<p style="color: rgba(255,255,255,1); background-color: rgb(0 0 0 / 80%);">x</p>`},
		"class":                   {`<style>p.x{color:#fff;background:#222}</style><p class="x">x</p>`, `<p style="color: #fff; background: #222;">x</p>`},
		"image with colour":       {`<div style="background:url(https://t.example/p.png) #123456;color:#fff">x</div>`, `<div style="background: #123456; color: #fff;">x</div>`},
		"layers with colour":      {`<div style="background:linear-gradient(rgba(0,0,0,.5),#111), url(x) no-repeat, #222;color:#fff">x</div>`, `<div style="background: no-repeat, #222; color: #fff;">x</div>`},
		"ground of an ancestor":   {`<div style="background:navy"><table><tr><td style="color:#ff0">x</td></tr></table></div>`, `<div style="background: navy; color: #ffffff;"><table><tr><td style="color: #ff0;">x</td></tr></table></div>`},
		"body of a style element": {`<style>body{background:#000;color:#fff}</style><body>x</body>`, `<div style="background: #000; color: #fff;">x</div>`},
		"pale on purpose":         {`<p style="color:#999">x</p><p style="color:#bbb">y</p>`, `<p style="color: #999;">x</p><p style="color: #bbb;">y</p>`},
		"ground without effect":   {`<p style="background-repeat:no-repeat;background-image:none;color:#999">x</p>`, `<p style="color: #999;">x</p>`},
		"image drawn behind":      {`<table><tr><td background="https://t.example/p.png"><font color="#ffffff">x</font></td></tr></table>`, `<table><tr><td background="https://t.example/p.png"><font color="#ffffff">x</font></td></tr></table>`},

		// The background is removed: the colour goes as well.
		"gradient":             {`<div style="background-image:linear-gradient(#000,#111);color:#fff">x</div>`, `<div>x</div>`},
		"image alone":          {`<div style="background:url(https://t.example/p.png);color:#fff;margin:0">x</div>`, `<div style="margin: 0;">x</div>`},
		"variable":             {`<div style="background:var(--dark);color:hsl(60, 100%, 90%)">x</div>`, `<div>x</div>`},
		"unknown function":     {`<div style="background-color:oklch(20% 0 0);color:ivory">x</div>`, `<div>x</div>`},
		"important":            {`<div style="background-image:url(x.png)!important;color:#fff !important">x</div>`, `<div>x</div>`},
		"class with image":     {`<style>.dark{background:url(p.png);color:#fff}</style><p class="dark">x</p>`, `<p>x</p>`},
		"font in such a class": {`<style>.dark{background-image:url(p.png)}</style><p class="dark"><font color="yellow" size="2">x</font></p>`, `<p><font size="2">x</font></p>`},
		"other selector":       {`<style>table td.a > p{background:#000}</style><table><tr><td class="a"><p style="color:white">x</p></td></tr></table>`, `<table><tr><td><p>x</p></td></tr></table>`},
		"cell of a parent":     {`<div style="background:url(p.png)"><table><tr><td style="color:#ffa500">x</td></tr></table></div>`, `<div><table><tr><td>x</td></tr></table></div>`},
		"invalid attribute":    {`<table bgcolor="rgb(0,0,0)"><tr><td><font color=white>x</font></td></tr></table>`, `<table><tr><td><font>x</font></td></tr></table>`},
		"attribute not shown":  {`<body background="p.png" text="#ffffff">x</body>`, `<div>x</div>`},
		"transparent":          {`<p style="background:transparent;color:#fefefe">x</p>`, `<p style="background: transparent;">x</p>`},
		"almost transparent":   {`<p style="background:rgba(0,0,0,.02);color:#fff">x</p>`, `<p style="background: rgba(0,0,0,.02);">x</p>`},

		// Dark text on a dark ground, whose own colour is not known or not enough.
		"dark on dark":        {`<style>.card p{color:#eee}</style><div style="background:#111"><p>x</p></div>`, `<div style="background: #111; color: #ffffff;"><p>x</p></div>`},
		"dark cell":           {`<table><tr><td bgcolor=black>x</td></tr></table>`, `<table><tr><td bgcolor="black" style="color: #ffffff;">x</td></tr></table>`},
		"dark in dark":        {`<div style="background:#000;color:#fff"><p style="color:#0a0a0a">x</p></div>`, `<div style="background: #000; color: #fff;"><p>x</p></div>`},
		"link on dark":        {`<div style="background:#111;color:#fff"><a href="https://a.example/">x</a></div>`, `<div style="background: #111; color: #fff;"><a href="https://a.example/" style="color: #ffffff;" rel="nofollow noreferrer noopener" target="_blank">x</a></div>`},
		"light in light":      {`<div style="background:#000;color:#fff"><p style="background:#fff">x</p></div>`, `<div style="background: #000; color: #fff;"><p style="background: #fff; color: #000000;">x</p></div>`},
		"first is overridden": {`<p style="background:#000;background:none;color:#fff">x</p>`, `<p style="background: #000; background: none;">x</p>`},
		"important ground":    {`<p style="background:#fff!important;background:#000;color:#fff">x</p>`, `<p style="background: #fff!important; background: #000;">x</p>`},
	} {
		got := Sanitize(c.in)
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
		if again := Sanitize(got); again != got {
			t.Errorf("%s is not idempotent:\n%s\n%s", name, got, again)
		}
	}
	in := `<table><tr><td background="https://t.example/p.png"><font color="#ffffff">x</font></td></tr></table>`
	if got, _ := Render(in, Options{}); got != `<table><tr><td><font>x</font></td></tr></table>` {
		t.Errorf("while the image is blocked: %s", got)
	}
}

func TestColours(t *testing.T) {
	for in, want := range map[string]rgb{
		"#fff": white, "#FFFFFF": white, "#000f": black, "black": black, "WindowText": black, "rgb(255 255 255)": white, "rgba(0,0,0,1)": black,
		"rgb(100%, 100%, 100%)": white, "hsl(0, 0%, 100%)": white, "hsl(120deg 100% 50% / 50%)": {0, 1, 0, 0.5}, "transparent": {}, "#00000000": {},
		"rgb(0 0 0 / 25%)": {0, 0, 0, 0.25},
	} {
		if got, ok := parseColour(in); !ok || got != want {
			t.Errorf("%s: %v %t, want %v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "#ff", "#ggg", "none", "rgb(1)", "rgb(a b c)", "inherit", "#fffff"} {
		if got, ok := parseColour(in); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
	if got := contrast(rgb{0x76 / 255., 0x76 / 255., 0x76 / 255., 1}, white); got < 4.5 || got > 4.6 {
		t.Errorf("contrast of #767676 on white: %v", got)
	}
}

// Images that nobody sees are not reported as drawn.
func TestDrawn(t *testing.T) {
	for in, want := range map[string]string{
		`<img src="cid:a">`: "a", `<img src="CID:a" width=300>`: "a", `<p>x<img src="cid:%61"></p>`: "a", `<img src="cid:<a>"><img src="cid:b ">`: "a b",
		`<img src="cid:50%">`: "50%", `<img src="img/a.png">`: "located", `<img src="https://a.example/a.png">`: "located",
		`<img src="cid:a" width=1 height=1>`: "", `<img src="cid:a" style="display:none">`: "", `<img src="cid:a" style="width:0">`: "", `<img src="cid:a" style="max-height:1px;width:9px">`: "",
		`<div style="display: none"><p><img src="cid:a"></p></div><img src="cid:b">`: "b", `<div style="opacity:0"><img src="cid:a"></div>`: "",
		`<style>.h{display:none!important}</style><div class=h><img src="cid:a"></div>`: "", `<details><summary>s</summary><img src="cid:a"></details>`: "",
		`<details open><img src="cid:a"></details>`: "a", `<table background="cid:a"><tr><td>x`: "", `<!-- <img src="cid:a"> -->x`: "", `<script>"<img src=cid:a>"</script>`: "",
		`<a href="cid:a">x</a>`: "", `<div style="max-height:0;overflow:hidden"><img src="cid:a"></div>`: "a", `<img src="cid:a" style="width:1in">`: "a",
	} {
		var drawn []string
		Render(in, Options{
			CID: func(id string) string { return "cid:" + id },
			Location: func(url string) string {
				return map[string]string{"img/a.png": "cid:located", "https://a.example/a.png": "cid:located"}[url]
			},
			Drawn: func(url string) { drawn = append(drawn, strings.TrimPrefix(url, "cid:")) },
		})
		if got := strings.Join(drawn, " "); got != want {
			t.Errorf("%s: drawn %q, want %q", in, got, want)
		}
	}
}
