package gateway

import (
	"context"

	"switchboard/internal/advisory"
	"switchboard/internal/advisory/page"
)

// noAdvisories says why advisories cannot be sent; empty: they can.
func (g *Gateway) noAdvisories() string {
	switch {
	case !g.cfg.Sends():
		return "no mail server is configured that mail can be sent over"
	case !g.optOuts.Usable():
		return "public_url is not configured, below which contacts say that they want no more notices"
	}
	return ""
}

// addUnsubscribe adds the public pages on which contacts say that they want no more advisories.
func (g *Gateway) addUnsubscribe() {
	g.mux.Handle(advisory.Path, page.New(g.store, page.Options{Links: g.optOuts, Site: g.cfg.Mail.Name, Log: g.log}))
}

// sendAdvisory sends what one contact gets of an advisory.
func (g *Gateway) sendAdvisory(ctx context.Context) (more bool, err error) {
	if more, err = g.desk.SendAdvisory(ctx, g.store, g.optOuts); more && err == nil {
		g.tail.Wake()
		g.outbox.Wake()
	}
	return more, err
}
