package api

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/htmlview"
	"switchboard/normalize"
)

func safeHTML(text string, p Pictures) string {
	safe, _ := htmlview.Render(text, htmlview.Options{CID: p.CID, Location: p.Location, Drawn: p.Drawn, RemoteImages: p.Remote != nil, Image: p.Remote})
	return safe
}

// photo returns an image of at least size bytes.
func photo(t *testing.T, format string, size int) []byte {
	t.Helper()
	side := 4
	for side*side*3 < size {
		side++
	}
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(random.Uint32()) | 1
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	if format == "jpeg" {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil || b.Len() < size {
		t.Fatalf("%d bytes, %v", b.Len(), err)
	}
	return b.Bytes()
}

// piece is a part of a mail; head are its fields besides the encoding.
func piece(head string, data []byte) string {
	return "--b\r\n" + head + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(data) + "\r\n"
}

func inlined(mediaType, cid string, data []byte) string {
	return piece("Content-Type: "+mediaType+"; name=\""+cid+"\"\r\nContent-Disposition: inline; filename=\""+cid+"\"\r\nContent-ID: <"+cid+">", data)
}

func htmlPart(s string) string {
	return "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + s + "\r\n"
}

// viewed returns a mail as the API shows it.
func viewed(t *testing.T, subtype, body string) view.Message {
	t.Helper()
	raw := "From: ann@elm.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/" + subtype + "; boundary=b\r\n\r\n" + body + "--b--\r\n"
	m := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: []byte(raw), Size: int64(len(raw))})
	v := view.Message{ID: desk.NewID[desk.MessageID](), Direction: m.Direction, Text: m.TextBody, HTML: m.HTMLBody, ReplyText: m.NewText}
	for _, p := range m.Attachments {
		v.Attachments = append(v.Attachments, view.Attachment{PartID: p.PartID, Name: p.Name, Type: p.Type, Size: p.Size, Disposition: p.Disposition, CID: p.CID,
			BlobID: p.BlobID, Location: p.Location, Picture: p.Picture})
	}
	s := &server{cfg: Config{SafeHTML: safeHTML}, log: slog.New(slog.DiscardHandler)}
	s.complete(t.Context(), &v)
	return v
}

// files lists a message's parts with their disposition: "+" if listed as a file.
func files(m view.Message) string {
	var list []string
	for _, a := range m.Attachments {
		mark := "+"
		if a.Disposition == "inline" {
			mark = "-"
		}
		list = append(list, mark+a.Name)
	}
	return string(m.Display) + " " + strings.Join(list, " ")
}

// Every part is drawn in what is shown first, or listed as a file.
func TestEveryPartIsVisible(t *testing.T) {
	small, jpg := photo(t, "png", 50), photo(t, "jpeg", 50)
	large := photo(t, "png", maxPicture+1)
	heic := []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
	text := "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
	img := func(refs ...string) string {
		var b strings.Builder
		for _, r := range refs {
			fmt.Fprintf(&b, `<p>%s <img src="%s"></p>`, r, r)
		}
		return htmlPart(b.String())
	}
	many := img()
	for i := range 6 {
		many = strings.Replace(many, "\r\n\r\n", fmt.Sprintf("\r\n\r\n<img src=cid:%d>", i), 1)
	}
	for i := range 6 {
		many += inlined("image/png", fmt.Sprint(i), photo(t, "png", maxPicture*2/3))
	}
	reply := "Content-Type: text/plain\r\n\r\nThis:\r\n\r\nCan you see it?\r\n\r\n> On Saturday, Ana Ruiz <support@demo.example> wrote:\r\n>\r\n> What does it say?\r\n"
	quoted := `<blockquote type="cite">What does it say?</blockquote>`
	for name, c := range map[string]struct{ subtype, body, want string }{
		"drawn":                 {"related", img("cid:a") + inlined("image/png", "a", small), "html -a"},
		"another case":          {"related", img("CID:one@x", "cid:TWO@X", "cid:three@x ", "cid:&lt;four@x&gt;", "cid:five%40x") + inlined("image/png", "one@x", small) + inlined("image/png", "two@x", small) + inlined("image/png", "three@x", small) + inlined("image/png", "four@x", small) + inlined("image/png", "five@x", small), "html -one@x -two@x -three@x -four@x -five@x"},
		"both cases":            {"related", img("cid:A", "cid:a") + inlined("image/png", "a", small) + inlined("image/png", "A", small), "html -a -A"},
		"a percent sign":        {"related", img("cid:100%25", "cid:50%") + inlined("image/png", "100%", small) + inlined("image/png", "50%", small), "html -100% -50%"},
		"prefix of another":     {"related", img("cid:abc") + inlined("image/png", "a", small) + inlined("image/png", "abc", small), "html +a -abc"},
		"too large":             {"related", img("cid:a") + inlined("image/png", "a", large), "html +a"},
		"too large together":    {"related", many, "html +0 +1 -2 -3 -4 -5"},
		"heic":                  {"related", img("cid:a") + inlined("image/heic", "a", heic), "html +a"},
		"heic called jpeg":      {"related", img("cid:a") + inlined("image/jpeg", "a", heic), "html +a"},
		"tiff, svg, pdf":        {"related", img("cid:a", "cid:b", "cid:c") + inlined("image/tiff", "a", []byte("II*\x00")) + inlined("image/svg+xml", "b", []byte("<svg/>")) + inlined("application/pdf", "c", []byte("%PDF-1.4")), "html +a +b +c"},
		"octet-stream":          {"related", img("cid:a") + inlined("application/octet-stream", "a", jpg), "html -a"},
		"image/jpg":             {"related", img("cid:a") + inlined("image/jpg", "a", jpg), "html -a"},
		"damaged":               {"related", img("cid:a") + inlined("image/png", "a", small[:8]), "html +a"},
		"cut off":               {"related", img("cid:a") + inlined("image/jpeg", "a", jpg[:len(jpg)-30]), "html +a"},
		"not referenced":        {"related", htmlPart("x") + inlined("image/png", "a", small), "html +a"},
		"named in the text":     {"related", htmlPart("see cid:a and <a href='cid:a'>it</a>") + inlined("image/png", "a", small), "html +a"},
		"in a comment":          {"related", htmlPart("x<!--[if mso]><img src=cid:a><![endif]-->") + inlined("image/png", "a", small), "html +a"},
		"not displayed":         {"related", htmlPart("x<div style='display:none'><img src=cid:a></div>") + inlined("image/png", "a", small), "html +a"},
		"as background":         {"related", htmlPart("x<table background=cid:a><tr><td>y") + inlined("image/png", "a", small), "html +a"},
		"same id twice":         {"related", img("cid:a") + inlined("image/png", "a", small) + inlined("image/png", "a", small), "html -a +a"},
		"location":              {"related", img("img/one.png", "https://x.example/two.png") + piece("Content-Type: image/png; name=1\r\nContent-Location: img/one.png", small) + piece("Content-Type: image/png; name=2\r\nContent-Location: https://x.example/two.png", small), "html -1 -2"},
		"location is elsewhere": {"related", img("three.png") + piece("Content-Type: image/png; name=1\r\nContent-Location: img/one.png", small), "html +1"},
		"reply":                 {"alternative", "--b\r\n" + reply + htmlPart("This:<img src=cid:a>Can you see it?"+quoted) + inlined("image/png", "a", small), "reply_text +a"},
		"only in the quotation": {"alternative", "--b\r\n" + reply + htmlPart("This: Can you see it?<blockquote>What does it say?<img src=cid:a></blockquote>") + inlined("image/png", "a", small), "reply_text +a"},
		"beside a text":         {"mixed", text + "hello\r\n" + inlined("image/png", "a", small), "text +a"},
		"several texts":         {"mixed", text + "hello\r\n" + inlined("image/png", "a", small) + text + "world\r\n", "text +a"},
		"calendar":              {"alternative", text + "Invitation\r\n" + htmlPart("Invitation") + piece("Content-Type: text/calendar; method=REQUEST", []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR")), "html +invite.ics"},
		"forwarded":             {"mixed", text + "see below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\nx\r\n", "text +message-1.eml"},
		"two alternatives":      {"alternative", text + "the first text of a mail\r\n" + text + "something entirely different here\r\n", "text +attachment-1.txt"},
		"same alternatives":     {"alternative", text + "the first text of a mail\r\n" + text + "the first text of a mail\r\n" + htmlPart("the first text of a mail"), "html "},
		"two pages":             {"alternative", htmlPart("the first text of a mail") + htmlPart("something entirely different here"), "html +attachment-1.html"},
		"empty page":            {"alternative", text + "all is here\r\n" + htmlPart("<html><body><p>&nbsp;</p></body></html>"), "text "},
		"page of one image":     {"alternative", text + "all is here\r\n" + htmlPart("<img src=cid:a>") + inlined("image/png", "a", small), "html -a"},
	} {
		if got := files(viewed(t, c.subtype, c.body)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// What is listed agrees with the page: each picture is in one of them.
func TestPageAndListAgree(t *testing.T) {
	d := newDeskWith(t, func(c *Config) { c.SafeHTML = safeHTML })
	first := func() view.Message {
		var page Page[view.Message]
		d.as("ana", "GET", "/conversations/"+d.open.id.String()+"/messages", nil).want(t, 200).json(t, &page)
		return page.Data[0]
	}
	at := "/messages/" + d.open.message.String() + "/html"
	for html, drawn := range map[string]bool{
		`<p>x <img src="CID:LOGO@x"></p>`: true, `<p>x <img src="cid:logo%40x"></p>`: true, `<p>x</p>`: false, `<p>x <img src="cid:logo"></p>`: false,
	} {
		d.exec(`update messages set html_body = $2 where id = $1`, d.open.message, html)
		m := first()
		page := d.as("ana", "GET", at, nil).want(t, 200).body
		if m.Display != view.DisplayHTML || (m.Attachments[0].Disposition == "inline") != drawn || strings.Contains(page, "data:image/png") != drawn || m.Attachments[1].Disposition != "attachment" {
			t.Errorf("%s: %+v\n%s", html, m.Attachments, page)
		}
	}
	d.exec(`update messages set html_body = '<p>x <img src="cid:logo@x"></p>', text_body = new_text || E'\n> quoted' where id = $1`, d.open.message)
	if m := first(); m.Display != view.DisplayReplyText || m.Attachments[0].Disposition != "attachment" {
		t.Errorf("a reply: %s %+v", m.Display, m.Attachments)
	}
}

func TestShortened(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reply, whole string
		want         bool
	}{
		{"Hi", "Hi", false}, {"", "> quoted", false}, {"Hi", "Hi\n\n> quoted", true}, {"Hi \n you", "Hi you\n", false},
		{"see here", "see here (https://a.example/x)", false}, {"see", "see (note)", true}, {"Item Qty\n", "Item\tQty", false}, {"See below", "See below (page 4)", true},
	} {
		if got := shortened(c.reply, c.whole); got != c.want {
			t.Errorf("%q of %q: %t", c.reply, c.whole, got)
		}
	}
}
