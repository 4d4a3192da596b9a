package oauth

import (
	"encoding/json"
	"fmt"

	"github.com/emersion/go-sasl"
)

// XOAuth2 is the mechanism Google and Microsoft used before RFC 7628.
const XOAuth2 = "XOAUTH2"

// Bearer is a SASL client that logs in with an access token: by OAUTHBEARER
// (RFC 7628) or by XOAuth2.
type Bearer struct {
	Mechanism, User, Token string
	Reason                 string // set by Next: the status the server gave when it refused; may be ""
}

// Mechanism returns the preferred mechanism that a server offers, "" if none.
func Mechanism(offers func(mechanism string) bool) string {
	for _, mechanism := range []string{sasl.OAuthBearer, XOAuth2} {
		if offers(mechanism) {
			return mechanism
		}
	}
	return ""
}

// Start implements sasl.Client.
func (b *Bearer) Start() (mechanism string, response []byte, err error) {
	if b.Mechanism == sasl.OAuthBearer {
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: b.User, Token: b.Token}).Start()
	}
	return b.Mechanism, []byte("user=" + b.User + "\x01auth=Bearer " + b.Token + "\x01\x01"), nil
}

// Next implements sasl.Client. A challenge always contains the reason of a
// refusal; the server ends the exchange after a dummy response (RFC 7628 section
// 3.2.3). go-sasl's client does not send one and leaves the command open.
func (b *Bearer) Next(challenge []byte) (response []byte, err error) {
	var refusal struct{ Status string }
	if json.Unmarshal(challenge, &refusal) == nil {
		b.Reason = fmt.Sprintf("%.60s", refusal.Status)
	}
	return []byte{1}, nil
}
