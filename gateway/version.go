package gateway

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// builtVersion describes a build by its module version, or by the revision of the
// sources that the Go toolchain records.
func builtVersion(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	var revision, at, changed string
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.time":
			at, _, _ = strings.Cut(s.Value, "T")
		case "vcs.modified":
			if s.Value == "true" {
				changed = ", modified"
			}
		}
	}
	if revision == "" {
		return "unknown (built without version control, " + info.GoVersion + ")"
	}
	return fmt.Sprintf("%.12s (%s%s)", revision, at, changed)
}
