package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/internal/mailtest"
	"switchboard/internal/oauth"
)

// tokenStore is an oauth.Keeper in memory, which outlives a Source.
type tokenStore struct {
	mu   sync.Mutex
	kept map[string][]byte
	shut error
}

func (d *tokenStore) Token(_ context.Context, name string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept[name], d.shut
}

func (d *tokenStore) KeepToken(_ context.Context, name string, sealed []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut == nil {
		d.kept[name] = sealed
	}
	return d.shut
}

// granted starts a Dovecot that accepts tokens and their token server, and returns them
// with the store of refresh tokens and a function that configures a mailbox.
func granted(t *testing.T, change func(*oauth.Config)) (*mailtest.Dovecot, *mailtest.TokenServer, *tokenStore, func() Config) {
	t.Helper()
	tokens := mailtest.NewTokenServer(t)
	d := mailtest.NewDovecot(t, mailtest.WithTokens(tokens))
	grant := oauth.Config{Name: "imap support", TokenURL: tokens.TokenURL, ClientID: tokens.ClientID, ClientSecret: tokens.ClientSecret,
		RefreshToken: tokens.Grant(d.User)}
	if change != nil {
		change(&grant)
	}
	keeper := &tokenStore{kept: map[string][]byte{}}
	return d, tokens, keeper, func() Config {
		return config(d, func(c *Config) {
			c.Password, c.Tokens = "", oauth.New(grant, keeper, slog.New(slog.DiscardHandler))
			// Tokens must not be sent unencrypted.
			c.TLS, c.Addr, c.TLSConfig = TLSImplicit, d.TLSAddr, &tls.Config{RootCAs: d.Roots}
		})
	}
}

func TestTokensAreRenewed(t *testing.T) {
	t.Parallel()
	d, tokens, _, cfg := granted(t, nil)
	journal := newMemory(channeltest.NewSink())
	_, stop := pull(t, cfg(), journal)
	d.Append(letter("first", 500))
	journal.Await(t, 1)

	// A session continues after its token has expired; the next session needs a new one.
	tokens.Expire()
	d.Append(letter("same-session", 500))
	journal.Await(t, 2)
	if n := len(tokens.Requests()); n != 1 {
		t.Errorf("%d tokens were asked for, want 1", n)
	}
	d.Restart()
	d.Append(letter("other-session", 500))
	journal.Await(t, 3)
	if n := len(tokens.Requests()); n != 2 {
		t.Errorf("%d tokens were asked for, want 2: the second after the refusal", n)
	}

	// A new process uses the refresh token that the previous one received.
	stop()
	tokens.Expire()
	d.Append(letter("other-process", 500))
	group, _ := pull(t, cfg(), journal)
	journal.Await(t, 4)
	awaitState(t, group, channels.StateRunning)

	// A revoked permission is reported with advice.
	tokens.Revoke()
	d.Restart()
	status := awaitState(t, group, channels.StateUnauthorised)
	if !strings.Contains(status.Advice, "put the new refresh_token into the configuration") || !strings.Contains(status.LastError, "invalid_grant") ||
		time.Since(status.Since) > time.Minute {
		t.Errorf("status %+v", status)
	}
	for _, asked := range tokens.Requests() {
		for _, secret := range []string{asked.Get("refresh_token"), tokens.ClientSecret} {
			if secret != "" && strings.Contains(status.LastError+status.Advice, secret) {
				t.Errorf("%q is in the status %+v", secret, status)
			}
		}
	}
}

// Some servers support only one of the mechanisms.
func TestTokenMechanisms(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"oauthbearer", "xoauth2"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			tokens := mailtest.NewTokenServer(t)
			d := mailtest.NewDovecot(t, mailtest.WithTokens(tokens), mailtest.WithMechanisms(mechanism))
			// The program's own credentials, as for a whole Microsoft 365 tenant.
			grant := oauth.Config{Name: "imap support", TokenURL: tokens.TokenURL, ClientID: tokens.ClientID, ClientSecret: tokens.ClientSecret,
				Scopes: []string{d.User}, InBody: true}
			cfg := config(d, func(c *Config) { c.Tokens = oauth.New(grant, &tokenStore{}, slog.New(slog.DiscardHandler)) })
			sink := channeltest.NewSink()
			group, _ := pull(t, cfg, newMemory(sink))
			d.Append(letter("one", 500))
			sink.Await(t, 1)
			awaitState(t, group, channels.StateRunning)
			tokens.Expire()
			tokens.Break(503)
			d.Restart()
			status := awaitState(t, group, channels.StateFailing)
			for !strings.Contains(status.LastError, "503") { // Dovecot may still be restarting
				status = awaitState(t, group, channels.StateFailing)
			}
			if !strings.Contains(status.Advice, "retried automatically") || strings.Contains(status.LastError, "<html>") {
				t.Errorf("status %+v", status)
			}
			tokens.Break(0)
			d.Append(letter("two", 500))
			sink.Await(t, 2)
		})
	}
}

func TestTokenAdvice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		grant  func(*oauth.Config)
		change func(*Config)
		advice string
	}{
		{"client secret", func(g *oauth.Config) { g.ClientSecret = "wrong" }, func(*Config) {}, "the secret may have expired"},
		{"somebody else's token", nil, func(c *Config) { c.User = "ceo" }, `even a new access token for "ceo"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, tokens, _, cfg := granted(t, test.grant)
			c := cfg()
			test.change(&c)
			group, _ := pull(t, c, newMemory(channeltest.NewSink()))
			if status := awaitState(t, group, channels.StateUnauthorised); !strings.Contains(status.Advice, test.advice) {
				t.Errorf("status %+v", status)
			}
			if n := len(tokens.Requests()); n > 2 {
				t.Errorf("%d tokens were asked for, want 2 at most", n)
			}
		})
	}
	t.Run("no tokens known", func(t *testing.T) {
		t.Parallel()
		_, _, _, cfg := granted(t, nil)
		c := cfg()
		c.Addr, c.TLSConfig = "", nil
		plain := mailtest.NewDovecot(t)
		c.Addr, c.TLS = plain.Addr, TLSNone
		group, _ := pull(t, c, newMemory(channeltest.NewSink()))
		if status := awaitState(t, group, channels.StateUnauthorised); !strings.Contains(status.Advice, "set auth to password") {
			t.Errorf("status %+v", status)
		}
	})
}

// A new refresh token is stored before it is used: otherwise a restart would find only
// the old one, which is no longer valid.
func TestTokenIsStoredBeforeUse(t *testing.T) {
	t.Parallel()
	d, tokens, keeper, cfg := granted(t, nil)
	keeper.shut = errors.New("the database is unavailable")
	sink := channeltest.NewSink()
	group, stop := pull(t, cfg(), newMemory(sink))
	d.Append(letter("one", 500))
	if status := awaitState(t, group, channels.StateFailing); !strings.Contains(status.LastError, "database is unavailable") {
		t.Errorf("status %+v", status)
	}
	keeper.mu.Lock()
	keeper.shut = nil
	keeper.mu.Unlock()
	sink.Await(t, 1)
	stop()
	tokens.Expire()
	_, _ = pull(t, cfg(), newMemory(sink))
	sink.Await(t, 2)
	if len(keeper.kept) != 1 {
		t.Errorf("%d tokens kept", len(keeper.kept))
	}
}
