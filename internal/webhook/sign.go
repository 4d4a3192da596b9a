package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// NewSecret returns a random secret: whsec_ and 32 octets in base64.
func NewSecret() string {
	key := make([]byte, 32)
	rand.Read(key) //nolint:errcheck // never fails (crypto/rand)
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

// Sign returns the header fields of Standard Webhooks for a message. While a secret is
// replaced, there are two signatures, and a receiver that knows one accepts it.
func Sign(s Secrets, m *Message, at time.Time) (http.Header, error) {
	var signatures string
	for _, secret := range []string{s.Current, s.Former} {
		if secret == "" || secret == s.Former && !at.Before(s.Until) {
			continue
		}
		w, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return nil, err
		}
		signature, err := w.Sign(m.ID, at, m.Body)
		if err != nil {
			return nil, err
		}
		if signatures != "" {
			signatures += " "
		}
		signatures += signature
	}
	if signatures == "" {
		return nil, errors.New("the webhook has no secret")
	}
	h := http.Header{}
	h.Set(standardwebhooks.HeaderWebhookID, m.ID)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, signatures)
	return h, nil
}
