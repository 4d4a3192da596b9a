// Package web holds the pages that people see: the agents' console, the visitors'
// chat widget and the demo's pages. They are written in TypeScript, built by
// `npm run build` in this folder and embedded from there; nothing that is built
// is committed.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built pages, laid out as they are served: "console/index.html",
// "v1/widget.js", "v1/widget/panel.html", "demo/index.html". It reports false when
// the pages were not built into this binary.
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
