package article

import (
	"slices"
	"testing"
)

func TestMissing(t *testing.T) {
	missing := Missing([]Topic{{Kind: Tag, Topic: "refund", Count: 3}, {Kind: Tag, Topic: "api webhook", Count: 9, Covered: true}, {Kind: Tag, Topic: "late", Count: 4},
		{Kind: Word, Topic: "webhook", Count: 9}, {Kind: Word, Topic: "refunds", Count: 8}, {Kind: Word, Topic: "with", Count: 7, Void: true}, {Kind: Word, Topic: "carpet", Count: 4}, {Kind: Word, Topic: "lamp", Count: 4, Covered: true}})
	var got []string
	for _, m := range missing {
		got = append(got, m.Topic)
	}
	if want := []string{"late", "carpet", "refund"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestInOrder(t *testing.T) {
	if got := InOrder("Reset my Password please", "password reset other"); got != "other reset password" {
		t.Error(got)
	}
}
