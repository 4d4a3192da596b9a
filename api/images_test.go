package api

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

type oneImage struct{ asked []string }

func (o *oneImage) Image(_ context.Context, url string) (view.File, error) {
	o.asked = append(o.asked, url)
	if url != "https://shop.example/logo.png?a=1&b=2" {
		return view.File{}, desk.Errorf(desk.KindNotFound, "no such image")
	}
	return view.File{Type: "image/png", Bytes: []byte("PNG")}, nil
}

// Remote images are served on request, by signed URLs only.
func TestImages(t *testing.T) {
	images := &oneImage{}
	d := newDeskWith(t, func(c *Config) {
		c.ImageKey = []byte("a key")
		c.SafeHTML = func(html string, p Pictures) string {
			if p.Remote == nil {
				return "blocked"
			}
			return p.Remote("https://shop.example/logo.png?a=1&b=2")
		}
	}, func(deps *Deps) { deps.Images = images })
	at := "/messages/" + d.open.message.String() + "/html"
	a := d.as("ana", "GET", at, nil).want(t, 200)
	if !strings.Contains(a.body, "blocked") || strings.Contains(a.Header.Get("Content-Security-Policy"), "images") {
		t.Errorf("without images=true: %s %v", a.body, a.Header)
	}
	a = d.as("ana", "GET", at+"?images=true", nil).want(t, 200)
	signed := regexp.MustCompile(`http://[^<]*`).FindString(a.body)
	if !strings.Contains(a.Header.Get("Content-Security-Policy"), "img-src data: "+d.srv.URL+"/api/v1/images;") || !strings.HasPrefix(signed, d.srv.URL+imagePath+"?") {
		t.Fatalf("asked: %q %v", signed, a.Header)
	}
	path := strings.TrimPrefix(signed, d.srv.URL+base)
	a = d.as("", "GET", path, nil).want(t, 200)
	h := a.Header
	if a.body != "PNG" || h.Get("Content-Type") != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
		t.Errorf("picture %q %v", a.body, h)
	}
	asked := len(images.asked)
	u, _ := url.Parse(signed)
	for name, change := range map[string]func(url.Values){
		"another picture": func(q url.Values) { q.Set("url", "https://evil.example/") },
		"another time":    func(q url.Values) { q.Set("until", "9999999999") },
		"no signature":    func(q url.Values) { q.Del("sig") },
	} {
		q := u.Query()
		change(q)
		if got := d.as("root", "GET", "/images?"+q.Encode(), nil); got.StatusCode != 403 {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	d.as("", "GET", "/images", nil).want(t, 403)
	old := strings.TrimPrefix(d.h.s.imageURL("https://shop.example/logo.png?a=1&b=2", time.Now().Add(-72*time.Hour)), base)
	d.as("", "GET", old, nil).want(t, 410)
	if len(images.asked) != asked {
		t.Errorf("unsigned images were fetched: %q", images.asked)
	}
	d.as("", "GET", strings.TrimPrefix(d.h.s.imageURL("https://shop.example/none", time.Now()), base), nil).want(t, 404)
}

func TestRemoteImagesAreNoticed(t *testing.T) {
	t.Parallel()
	for html, want := range map[string]bool{
		`<img src="https://x.example/a.png">`: true, `<IMG width=1 SRC=http://x>`: true, `<img alt='a' src='//x/y'>`: true, `<td background="http://x/y">`: true,
		`<a href="https://x.example">`: false, `<img src="cid:a">`: false, `<p>https://x.example/a.png`: false, `<img src="data:image/png;base64,//">`: false,
	} {
		if remoteImage.MatchString(html) != want {
			t.Errorf("%s: want %t", html, want)
		}
	}
}
