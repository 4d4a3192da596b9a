package article

import (
	"strings"
	"testing"
)

func TestSteps(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "",
		"Only text.":                             "Only text.",
		"Before.\n\n1. One\n2. Two\n\nAfter":     "Before.|*One|*Two|After",
		"- [ ] One\n- [x] Two":                   "*One|*Two",
		"1. One\n   - inner\n   - inner\n2) Two": "*One\n- inner\n- inner|*Two",
		"* One\ngoes on\n* Two":                  "*One\ngoes on|*Two",
		"# Head\n- One\n# Head\n- Two":           "# Head|*One|# Head|*Two",
		"1. Run\n   ```\n   - not a step\n   ```\n2. Two": "*Run\n```\n- not a step\n```|*Two",
		"```\n- not a step\n```\n- One":                   "```\n- not a step\n```|*One",
		"- One\n\n  more of it\n\nNot of it":              "*One\n\nmore of it|Not of it",
		"- - -\n-not\n*strong* word":                      "- - -\n-not\n*strong* word",
		"2027. A year begins it":                          "*A year begins it",
	} {
		var got []string
		for _, p := range Steps(text) {
			if p.Step != "" {
				p.Text = "*" + p.Text
			}
			got = append(got, p.Text)
		}
		if got := strings.Join(got, "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A step is known by its text, and equal steps by their order.
func TestStepsKeepTheirKeys(t *testing.T) {
	old, changed := Steps("1. Ask\n2. Restart\n3. Ask"), Steps("New.\n\n- Ask\n- Look\n- [ ] Restart\n- Ask")
	if old[0].Step != changed[1].Step || old[1].Step != changed[3].Step || old[2].Step != changed[4].Step || old[0].Step == old[2].Step || len(old[0].Step) != 16 {
		t.Errorf("%v %v", old, changed)
	}
}
