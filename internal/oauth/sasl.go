package oauth

import (
	"encoding/json"
	"fmt"

	"github.com/emersion/go-sasl"
)

// XOAuth2 is the mechanism that Google and Microsoft spoke before RFC 7628.
const XOAuth2 = "XOAUTH2"

// Bearer is a SASL client that logs in with an access token: by OAUTHBEARER
// (RFC 7628) or by XOAuth2.
type Bearer struct {
	Mechanism, User, Token string
	Reason                 string // why the server refuses, in its words; may be ""
}

// Mechanism is the better one of those that a server offers; "" if it has none.
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

// Next implements sasl.Client. A challenge is always a refusal with its reason;
// the server says NO after a dummy answer (RFC 7628 section 3.2.3). The library's
// own client would leave the command open instead.
func (b *Bearer) Next(challenge []byte) (response []byte, err error) {
	var refusal struct{ Status string }
	if json.Unmarshal(challenge, &refusal) == nil {
		b.Reason = fmt.Sprintf("%.60s", refusal.Status)
	}
	return []byte{1}, nil
}
