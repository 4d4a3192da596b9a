package agent

import (
	"strings"
	"testing"

	"switchboard/desk"
)

func TestHandoverNotes(t *testing.T) {
	t.Parallel()
	c := conversation()
	const template = "What happened: \nWhat I tried: \nWhat the customer knows: \nNext step: "
	for _, x := range []struct {
		from, to desk.Tier
		note     string
		says     string // empty: accepted
	}{
		{1, 2, "", "needs a handover note"},
		{1, 2, " \n", "needs a handover note"},
		{1, 2, "...\n- \n", "needs a handover note"},
		{1, 2, "tried x", ""},
		{2, 2, "", ""},
		{2, 1, "", ""},
		{2, 1, "NUL \x00", "NUL"},
		{1, 2, template, `under "What happened", "What I tried", "What the customer knows" and "Next step"`},
		{2, 1, template, `under "What happened"`},
		{1, 2, strings.ReplaceAll(template, "\n", "\r\n"), `and "Next step"`},
		{1, 2, strings.ReplaceAll(template, ": ", ": -"), `and "Next step"`},
		{1, 2, "Was ist passiert:\n\nNächster Schritt:\n", `under "Was ist passiert" and "Nächster Schritt"`},
		{1, 2, "What happened: the lamp flickers\nWhat I tried: \nWhat the customer knows: nothing yet\nNext step: look at the board", `under "What I tried";`},
		{1, 2, "What happened: the lamp flickers\nWhat I tried:\n - two bulbs\nWhat the customer knows: we look into it\nNext step: 1", ""},
		{1, 2, "Not the bulb: tried two. Told Kim we look into it.", ""},
		{1, 2, "The log is at https://log.example/17 and Kim knows.", ""},
		{1, 2, "Kim was told. What the server answers:\n", ""},
		{1, 2, "Kim was told, and the log says:\n", ""},
		{1, 2, "It fails since 09:12.\n", ""},
		{1, 2, "顧客は待っています", ""},
	} {
		c.Tier = x.from
		err := checkHandover(&c, desk.Inbox{Tier: x.to}, x.note)
		if x.says == "" && err != nil || x.says != "" && (desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), x.says)) {
			t.Errorf("tier %d to %d with the note %q: %v", x.from, x.to, x.note, err)
		}
	}
}
