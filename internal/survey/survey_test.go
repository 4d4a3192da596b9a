package survey

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func TestToken(t *testing.T) {
	t.Parallel()
	one, two := Key{1, []byte("0123456789abcdef0123456789abcdef")}, Key{2, []byte("fedcba9876543210fedcba9876543210")}
	id, expires := desk.NewID[desk.SurveyID](), time.Date(2026, 12, 13, 0, 0, 0, 0, time.UTC)
	token := NewLinks("https://help.example", one).Token(id, expires)
	for name, links := range map[string]*Links{"same key": NewLinks("", one), "after a rotation": NewLinks("", two, one)} {
		if got, until, ok := links.Parse(token); !ok || got != id || !until.Equal(expires) {
			t.Errorf("%s: %v %v %v", name, got, until, ok)
		}
	}
	if _, _, ok := NewLinks("", two).Parse(token); ok {
		t.Error("accepted by a retired key")
	}
	if _, _, ok := NewLinks("", Key{1, two.Secret}).Parse(token); ok {
		t.Error("accepted by another secret")
	}
	forged := 0
	for i := range token {
		for _, c := range "Aa0_-=" {
			if bad := token[:i] + string(c) + token[i+1:]; bad != token {
				forged++
				if _, _, ok := NewLinks("", one).Parse(bad); ok {
					t.Errorf("accepted %s", bad)
				}
			}
		}
	}
	for _, bad := range []string{"", token + "A", token[:len(token)-1], token + "=", strings.Repeat("A", len(token)), token + "\n"} {
		if _, _, ok := NewLinks("", one).Parse(bad); ok {
			t.Errorf("accepted %q", bad)
		}
	}
	if forged == 0 || NewLinks("", one).Usable() || !NewLinks("https://help.example", one).Usable() {
		t.Error("nothing was tried, or links without a server")
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind  desk.SurveyKind
		scale int
	}{{desk.SurveyCSAT, 2}, {desk.SurveyCSAT, 5}, {desk.SurveyEffort, 7}} {
		list := Choices(c.kind, c.scale)
		if len(list) != c.scale || list[0].Score != c.scale || list[len(list)-1].Score != 1 {
			t.Errorf("%v: %v", c, list)
		}
		for _, choice := range list {
			if n, ok := Score(choice.Value(), c.scale); !ok || n != choice.Score {
				t.Errorf("%v: %v", c, choice)
			}
		}
	}
	for _, bad := range []string{"", "0", "6", "-1", "05", "+5", "5.0", "five", "99999999999999999999"} {
		if _, ok := Score(bad, 5); ok {
			t.Errorf("accepted %q", bad)
		}
	}
}

func TestComment(t *testing.T) {
	t.Parallel()
	if got := Comment(" Great!\r\nThanks\x00\x1b[31m \xff\u202e "); got != "Great!\nThanks[31m" {
		t.Errorf("%q", got)
	}
	if got := []rune(Comment(strings.Repeat("é", MaxComment+5))); len(got) != MaxComment {
		t.Error(len(got))
	}
}
