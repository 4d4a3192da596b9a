package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"switchboard/api/problem"
	"switchboard/desk"
)

const (
	imagePath = base + "/images"
	// imageLife is the minimum life of a signed URL. All URLs expire at midnight UTC,
	// so that an image keeps its URL for a day and browsers can cache it.
	imageLife = 24 * time.Hour
)

// remoteImage matches HTML that may refer to a remote image; the sanitizer decides.
var remoteImage = regexp.MustCompile(`(?i)(?:<img\b[^>]*?\ssrc|\sbackground)\s*=\s*["']?\s*(?:https?:)?//`)

func (s *server) showsImages() bool { return s.Images != nil && len(s.cfg.ImageKey) > 0 }

// imageRoutes serves remote images. The frame that shows a message has no origin
// and sends no cookie, so the URL's signature is the authorization.
func (s *server) imageRoutes() {
	if s.showsImages() {
		s.mux.HandleFunc("GET "+imagePath, s.image)
	}
}

// imageURL returns the path and query of a remote image on this server.
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
		problem.Write(w, r, problem.New(http.StatusForbidden, "invalid image signature"))
		return
	}
	if ends, err := strconv.ParseInt(until, 10, 64); err != nil || time.Now().Unix() > ends {
		problem.Write(w, r, problem.New(http.StatusGone, "this image URL has expired; reload the message"))
		return
	}
	f, err := s.Images.Image(r.Context(), address)
	if desk.KindOf(err) == desk.KindNotFound {
		problem.Write(w, r, problem.New(http.StatusNotFound, err.Error()))
		return
	}
	if err != nil {
		problem.Write(w, r, problem.Explain(r.Context(), s.log, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // the frame has no origin
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	w.Write(f.Bytes) // an error means that the client is gone
}
