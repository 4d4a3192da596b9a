package api

import (
	"context"
	"encoding/base64"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

// Every part of a message is either drawn in what is shown first, or listed as a file.
// The list is made from what is drawn, because what the sender says about a part does
// not decide that: its format, its size and the references to it do.

// display returns the version of a message that is shown first: only the new text of a
// reply, otherwise the HTML if there is any.
func display(m *view.Message) view.Display {
	switch {
	case m.Direction == desk.Inbound && shortened(m.ReplyText, m.Text):
		return view.DisplayReplyText
	case m.HTML != "" && (m.Direction == desk.Inbound || !plainHTML(m.HTML, m.Text)):
		return view.DisplayHTML
	}
	return view.DisplayText
}

// shortened reports whether the new text of a message is less than its whole text.
func shortened(reply, whole string) bool {
	if strings.TrimSpace(reply) == "" || reply == whole {
		return false
	}
	return essence(reply) != essence(whole)
}

var (
	// formatting matches elements other than paragraphs, line breaks and links.
	formatting = regexp.MustCompile(`<(?:[^/dpba]|d[^i]|p[^ >]|b[^r]|a[^ ])`)
	link       = regexp.MustCompile(`<a href="([^"]*)"[^>]*>([^<]*)</a>`)
	tag        = regexp.MustCompile(`<[^>]*>`)
)

// plainHTML reports whether the HTML of a reply shows its text and nothing else: what the
// customer sees must not differ from what the console shows.
func plainHTML(page, text string) bool {
	for _, m := range link.FindAllStringSubmatch(page, -1) {
		if m[1] != m[2] && m[1] != "mailto:"+m[2] {
			return false
		}
	}
	return !formatting.MatchString(page) && withoutSpace(html.UnescapeString(tag.ReplaceAllString(page, ""))) == withoutSpace(text)
}

// addedLink matches a link target that was added when HTML was converted to text.
var addedLink = regexp.MustCompile(`\s*\((?:https?|mailto|tel):[^\s)]*\)`)

// essence returns a text without white space and added link targets, which depend on
// how HTML was converted.
func essence(text string) string {
	return withoutSpace(addedLink.ReplaceAllString(text, ""))
}

func withoutSpace(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// listFiles sets the disposition of a message's parts: inline if it is drawn in what is
// shown first.
func (s *server) listFiles(m *view.Message) {
	drawn := map[string]bool{}
	if m.Display == view.DisplayHTML && s.cfg.SafeHTML != nil {
		a := newAlbum(m.Attachments)
		mark := func(i int) string {
			if i < 0 {
				return ""
			}
			return "cid:" + strconv.Itoa(i)
		}
		if a.possible() {
			s.cfg.SafeHTML(m.HTML, Pictures{
				CID:      func(id string) string { return mark(a.byID(id)) },
				Location: func(at string) string { return mark(a.byLocation(at)) },
				Drawn:    func(mark string) { drawn[mark] = true },
			})
		}
	}
	for i := range m.Attachments {
		a := &m.Attachments[i]
		if a.Disposition = "attachment"; drawn["cid:"+strconv.Itoa(i)] && a.Picture != desk.PictureNone {
			a.Disposition = "inline"
		}
	}
}

// pictures returns the inline pictures of a message as data: URLs.
func (s *server) pictures(ctx context.Context, m *view.Message) Pictures {
	a := newAlbum(m.Attachments)
	made := map[int]string{}
	load := func(i int) string {
		if i < 0 {
			return ""
		}
		if _, done := made[i]; done {
			return made[i]
		}
		made[i] = ""
		f, err := s.Messages.Attachment(ctx, auth.AgentOf(ctx), m.ID, m.Attachments[i].PartID)
		if err != nil {
			s.log.WarnContext(ctx, "PictureSkipped", "error", err, "request_id", problem.RequestID(ctx))
			return ""
		}
		made[i] = "data:" + pictureType(&m.Attachments[i]) + ";base64," + base64.StdEncoding.EncodeToString(f.Bytes)
		return made[i]
	}
	return Pictures{
		CID:      func(id string) string { return load(a.byID(id)) },
		Location: func(at string) string { return load(a.byLocation(at)) },
	}
}

// Limits of pictures that are embedded in a page, in bytes.
const (
	maxPicture  = 2 << 20
	maxPictures = 8 << 20
)

// album finds the pictures that a page embeds, in the order of their first references.
type album struct {
	parts     []view.Attachment
	locations []string // of the parts, without percent encoding
	left      int64    // bytes that still fit into the page
	taken     map[int]bool
}

func newAlbum(parts []view.Attachment) *album {
	a := &album{parts: parts, locations: make([]string, len(parts)), left: maxPictures, taken: map[int]bool{}}
	for i := range parts {
		a.locations[i] = plainLocation(parts[i].Location)
	}
	return a
}

// possible reports whether there is any picture to embed.
func (a *album) possible() bool {
	for i := range a.parts {
		if pictureType(&a.parts[i]) != "" && (a.parts[i].CID != "" || a.parts[i].Location != "") {
			return true
		}
	}
	return false
}

// byID returns the index of the picture with a Content-ID, or -1. Identifiers are the
// same only in the same case (RFC 2045 §7), but some programs change it; an exact match
// is preferred.
func (a *album) byID(id string) int {
	return a.find(id, func(i int) string { return a.parts[i].CID })
}

// byLocation returns the index of the picture with a Content-Location, or -1.
func (a *album) byLocation(at string) int {
	return a.find(plainLocation(at), func(i int) string { return a.locations[i] })
}

// plainLocation returns a location without percent encoding, which senders use only in
// one of the two places.
func plainLocation(at string) string {
	if plain, err := url.PathUnescape(at); err == nil {
		at = plain
	}
	return strings.TrimSpace(at)
}

func (a *album) find(name string, of func(i int) string) int {
	if name == "" {
		return -1
	}
	found := -1
	for i := range a.parts {
		own := of(i)
		if own == name && a.fits(i) {
			found = i
			break
		}
		if found < 0 && strings.EqualFold(own, name) && a.fits(i) {
			found = i
		}
	}
	if found >= 0 && !a.taken[found] {
		a.taken[found] = true
		a.left -= a.parts[found].Size
	}
	return found
}

// fits reports whether a part is a picture that the page has room for.
func (a *album) fits(i int) bool {
	p := &a.parts[i]
	return a.taken[i] || pictureType(p) != "" && p.Size <= maxPicture && p.Size <= a.left
}

// pictureType returns the type to show a part as, or "" if it is not a picture. A
// damaged one is tried nevertheless: browsers read more than can be checked.
func pictureType(p *view.Attachment) string {
	if p.Picture != "" && p.Picture != desk.PictureNone {
		return p.Picture
	}
	if isPicture(p.Type) {
		return p.Type
	}
	return ""
}
