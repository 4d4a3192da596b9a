package store

import (
	"slices"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/internal/textindex"
)

// The reference on a form's thank-you page is found by the search; that of a mail,
// which nobody has seen, is not.
func TestReferenceIsSearchable(t *testing.T) {
	t.Parallel()
	m := desk.Message{Channel: desk.ChannelForm, Direction: desk.Inbound, RawID: desk.NewID[desk.RawID](), Subject: "Invoice", TextBody: "It is wrong."}
	reference := textindex.Fold(desk.Reference(m.RawID))
	if lines := strings.Split(searchable(&m, "Invoice", nil).text, "\n"); !slices.Contains(lines, reference) {
		t.Errorf("the text for the search is %q, without %q", lines, reference)
	}
	if m.Channel = desk.ChannelEmail; strings.Contains(searchable(&m, "Invoice", nil).text, reference) {
		t.Error("a mail is found by a reference")
	}
	if got := desk.Reference(desk.RawID{}); got != "0000-0000" {
		t.Errorf("the form of a reference is %q", got)
	}
}
