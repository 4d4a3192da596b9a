package gateway

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestBuiltVersion(t *testing.T) {
	t.Parallel()
	vcs := func(modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}, {Key: "vcs.time", Value: "2026-11-29T06:01:28Z"}, {Key: "vcs.modified", Value: modified}}}
	}
	for _, c := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3"},
		{vcs("false"), "0123456789ab (2026-11-29)"},
		{vcs("true"), "0123456789ab (2026-11-29, modified)"},
		{&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, GoVersion: "go1.26"}, "unknown (built without version control, go1.26)"},
	} {
		if got := builtVersion(c.info, true); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if Version == "" || strings.Contains(Version, "devel)") {
		t.Errorf("version %q", Version)
	}
}
