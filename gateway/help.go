package gateway

import (
	"net/http"
	"strings"

	"switchboard/internal/article/page"
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
	g.mux.HandleFunc("/f/", func(w http.ResponseWriter, r *http.Request) {
		answer := &answered{ResponseWriter: w, status: http.StatusOK}
		forms.ServeHTTP(answer, r)
		if r.Method == http.MethodPost && answer.status < http.StatusBadRequest { // it was accepted
			help.Wrote(r, "form")
		}
	})
	return nil
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
