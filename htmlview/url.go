package htmlview

import (
	"net/url"
	"strings"

	"switchboard/normalize/plaintext"
)

// image returns the URL to show an image from, or "". Data URLs are limited to types
// that cannot contain script.
func (w *cleaner) image(s string) string {
	if len(s) > maxDataURL {
		return ""
	}
	s = cleanURL(s)
	lower := strings.ToLower(plaintext.Clip(s, 64))
	if w.opt.Location != nil && len(s) <= maxURL && !strings.HasPrefix(lower, "cid:") && !strings.HasPrefix(lower, "data:") {
		if own := w.opt.Location(s); own != "" {
			return own
		}
	}
	switch {
	case strings.HasPrefix(lower, "cid:"):
		if len(s) > maxURL {
			return ""
		}
		if w.opt.CID == nil {
			return s
		}
		// The identifier is percent-encoded (RFC 2392 §2); some programs write it as
		// it is, with its angle brackets or with a percent sign of its own.
		id := s[len("cid:"):]
		if plain, err := url.PathUnescape(id); err == nil {
			if src := w.opt.CID(strings.Trim(plain, "<> ")); src != "" {
				return src
			}
		}
		return w.opt.CID(strings.Trim(id, "<> "))
	case strings.HasPrefix(lower, "data:"):
		for _, kind := range []string{"png", "jpeg", "gif", "webp"} {
			if strings.HasPrefix(lower, "data:image/"+kind+";base64,") {
				return "data:image/" + kind + ";base64," + s[len("data:image/"+kind+";base64,"):]
			}
		}
		return ""
	case strings.HasPrefix(lower, "//"):
		s = "https:" + s
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
	default:
		return ""
	}
	if len(s) > maxURL || host(s) == "" {
		return ""
	}
	if !w.opt.RemoteImages {
		w.blocked++
		return ""
	}
	if w.opt.Image != nil {
		return w.opt.Image(s)
	}
	return canonical(s)
}

// cleanURL removes what browsers ignore in a URL and attackers use to hide a scheme:
// surrounding space, line ends, tabs and control characters.
func cleanURL(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u00ad' || r >= '\u200b' && r <= '\u200f' || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
	return strings.ReplaceAll(strings.TrimSpace(s), " ", "%20")
}

// safeLink returns the target of a link if its scheme only opens a page, a message or
// a call, otherwise "". A target without a scheme would point into the console
// itself.
func safeLink(s string) string {
	if len(s) > 4*maxURL {
		return ""
	}
	s = cleanURL(s)
	if strings.HasPrefix(s, "//") {
		s = "https:" + s
	}
	scheme, _, _ := strings.Cut(s, ":")
	switch strings.ToLower(scheme) {
	case "http", "https":
		if host(s) == "" {
			return ""
		}
	case "mailto", "tel":
		if len(s) == len(scheme) {
			return ""
		}
	default:
		return ""
	}
	return canonical(s)
}

// canonical returns a URL as net/url formats it, or "" if net/url cannot parse it.
func canonical(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.String()
}

func host(s string) string {
	u, err := url.Parse(cleanURL(s))
	if err != nil {
		return ""
	}
	return u.Host
}
