package gateway

import (
	"net/http"
	"strings"

	"switchboard/internal/article/page"
)

// addHelp adds the public pages of the knowledge base, and the forms: whoever sends one was not
// helped by an article alone.
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
		if r.Method == http.MethodPost {
			help.Wrote(r, "form")
		}
		forms.ServeHTTP(w, r)
	})
	return nil
}
