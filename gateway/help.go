package gateway

import (
	"net/http"
	"strings"

	"switchboard/desk"
	"switchboard/internal/article/page"
	service "switchboard/internal/service/page"
	"switchboard/router"
)

// addHelp adds the public pages of the knowledge base, and the forms: a visitor who sends one
// was not helped by an article alone.
func (g *Gateway) addHelp(forms http.Handler) error {
	look := g.cfg.HelpLook()
	help, err := page.New(g.store, g.store, page.Options{PublicURL: strings.TrimSuffix(g.cfg.PublicURL, "/"), Title: look.Title, Accent: look.Accent, Dark: look.Dark,
		Contact: g.cfg.HelpContact(), Key: g.helpKey, Log: g.log})
	if err != nil {
		return err
	}
	g.mux.Handle("/help", help)
	g.mux.Handle("/help/", help)
	g.addService(help.Style())
	g.mux.HandleFunc("/f/", func(w http.ResponseWriter, r *http.Request) {
		answer := &answered{ResponseWriter: w, status: http.StatusOK}
		forms.ServeHTTP(answer, r)
		if r.Method == http.MethodPost && answer.status < http.StatusBadRequest { // it was accepted
			help.Wrote(r, "form")
		}
	})
	return nil
}

// addService adds the public pages that say what customers can expect.
func (g *Gateway) addService(style string) {
	if len(g.cfg.Service.Segments) == 0 {
		return
	}
	channels := []desk.Channel{desk.ChannelEmail}
	if len(g.cfg.Widgets) > 0 {
		channels = append(channels, desk.ChannelChat)
	}
	if len(g.cfg.Forms) > 0 {
		channels = append(channels, desk.ChannelForm)
	}
	g.mux.Handle("/service/", service.New(g.store, service.Options{Segments: g.cfg.Service.Segments, Policy: func() *router.Policy { return g.rules.Load().Policy },
		Channels: channels, Title: g.cfg.HelpLook().Title, Style: style, Contact: g.cfg.HelpContact(), Log: g.log}))
}

// answered notes the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }
