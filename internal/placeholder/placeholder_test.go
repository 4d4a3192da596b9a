package placeholder

import (
	"slices"
	"testing"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	values := map[string]string{"agent.name": "Ana {{company}}", "company": "Acme"}
	for in, want := range map[string]string{
		"{{agent.name}} at {{ company }}": "Ana {{company}} at Acme",
		"{{unknown}} {{}} {{ {company}":   "{{unknown}} {{}} {{ {company}",
		"no names":                        "no names",
		"{{{company}}}":                   "{Acme}",
	} {
		if got := Expand(in, values); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	if got := Unknown("{{agent.name}} {{agent.nmae}} {{}} {{agent.nmae}}", []string{"agent.name"}); !slices.Equal(got, []string{"agent.nmae", ""}) {
		t.Errorf("%q", got)
	}
}
