// Package web embeds the web pages: the agents' console, the chat widget and the
// demo pages. They are written in TypeScript and built by `npm run build` in this
// folder; the build output is not committed.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built pages, laid out as they are served: "console/index.html",
// "v1/widget.js", "v1/widget/panel.html", "demo/index.html". It reports false when
// this binary was built without them.
func Files() (fs.FS, bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, false
	}
	if _, err := fs.Stat(files, "console/index.html"); err != nil {
		return nil, false
	}
	return files, true
}
