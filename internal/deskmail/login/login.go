// Package login signs agents' programs in with app passwords. Guessing is limited as it is in the console.
package login

import (
	"context"
	"net"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/internal/deskmail"
	"switchboard/internal/forwarded"
	"switchboard/internal/signinlimit"
)

// Store finds agents.
type Store interface {
	// AppPasswordAgent returns the agent with an address and the digest of an app password; KindDenied if there is none.
	AppPasswordAgent(ctx context.Context, email string, digest []byte) (desk.Agent, error)
	MailUser(ctx context.Context, id desk.AgentID) (deskmail.User, error)
}

// Login checks app passwords. It is safe for concurrent use.
type Login struct {
	Store
	limit *signinlimit.Limiter
}

// New returns a Login.
func New(s Store) *Login { return &Login{Store: s, limit: signinlimit.New(time.Now)} }

// SignIn returns the agent with an address and an app password. KindDenied if it is wrong, and after too many wrong ones.
func (l *Login) SignIn(ctx context.Context, addr net.Addr, email, password string) (desk.Agent, error) {
	account, from := strings.ToLower(email), forwarded.Addr(addr.String())
	if wait := l.limit.Take(account, from); wait > 0 {
		return desk.Agent{}, desk.Errorf(desk.KindDenied, "too many failed attempts; try again in %d seconds", int(wait.Seconds())+1)
	}
	a, err := l.AppPasswordAgent(ctx, email, credential.Digest(password))
	if desk.KindOf(err) == desk.KindDenied && err != nil {
		return desk.Agent{}, desk.Errorf(desk.KindDenied, "wrong address or app password; app passwords are made in the console, under your profile")
	}
	if err != nil {
		return desk.Agent{}, err
	}
	l.limit.Succeeded(account, from)
	return a, nil
}

// Valid returns nil while an app password is an agent's; otherwise KindDenied.
func (l *Login) Valid(ctx context.Context, email, password string) error {
	_, err := l.AppPasswordAgent(ctx, email, credential.Digest(password))
	return err
}
