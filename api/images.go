package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"switchboard/desk"
)

const (
	imagePath = base + "/images"
	// imageLife is how long at least a signed URL can be used. It ends with a day,
	// so that a picture has one URL for a day, and browsers keep it.
	imageLife = 24 * time.Hour
)

// remoteImage finds what may be a picture from the net; the sanitizer decides.
var remoteImage = regexp.MustCompile(`(?i)(?:<img\b[^>]*?\ssrc|\sbackground)\s*=\s*["']?\s*(?:https?:)?//`)

func (s *server) showsImages() bool { return s.Images != nil && len(s.cfg.ImageKey) > 0 }

// imageRoutes serves pictures from the net. The frame that shows a mail has no
// origin and sends no cookie: the signature is the permission.
func (s *server) imageRoutes() {
	if s.showsImages() {
		s.mux.HandleFunc("GET "+imagePath, s.image)
	}
}

// imageURL is where a picture from the net is shown, without the site.
func (s *server) imageURL(address string, now time.Time) string {
	until := strconv.FormatInt(now.Add(imageLife).Truncate(imageLife).Add(imageLife).Unix(), 10)
	return imagePath + "?" + url.Values{"url": {address}, "until": {until}, "sig": {s.imageSignature(address, until)}}.Encode()
}

func (s *server) imageSignature(address, until string) string {
	mac := hmac.New(sha256.New, s.cfg.ImageKey)
	mac.Write([]byte(until + "\x00" + address))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *server) image(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	address, until := q.Get("url"), q.Get("until")
	if !hmac.Equal([]byte(q.Get("sig")), []byte(s.imageSignature(address, until))) {
		writeProblem(w, r, problem(http.StatusForbidden, "this picture's URL was not made here"))
		return
	}
	if ends, err := strconv.ParseInt(until, 10, 64); err != nil || time.Now().Unix() > ends {
		writeProblem(w, r, problem(http.StatusGone, "this picture's URL is too old; load the mail again"))
		return
	}
	f, err := s.Images.Image(r.Context(), address)
	if desk.KindOf(err) == desk.KindNotFound {
		writeProblem(w, r, problem(http.StatusNotFound, err.Error()))
		return
	}
	if err != nil {
		writeProblem(w, r, s.explain(r.Context(), err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // the frame has no origin
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	w.Write(f.Bytes) // a client that has gone away needs no answer
}

// site is this server as the browser that asks knows it.
func (s *server) site(ctx context.Context) string {
	if s.public != nil {
		return s.public.Scheme + "://" + s.public.Host
	}
	r := requestOf(ctx)
	if s.secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
