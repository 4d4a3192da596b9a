package agent

import (
	"context"
	"testing"

	"switchboard/desk"
	"switchboard/internal/macro"
)

func (s *memory) Names(context.Context, desk.ConversationID) (macro.Names, error) {
	return macro.Names{}, errDown
}

func (s *memory) LinkRootCause(context.Context, desk.RootCauseID, desk.ConversationID, desk.AgentID) (string, bool, error) {
	return "", false, errDown
}

func (s *memory) UnlinkRootCause(context.Context, desk.RootCauseID, desk.ConversationID) (string, error) {
	return "", errDown
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for kind, want := range map[desk.Kind]string{desk.KindInvalid: "it is odd", desk.KindConflict: "it is odd", desk.KindDenied: "it is odd",
		desk.KindNotFound: "the author of the update may not read it", desk.KindTemporary: "", desk.KindInternal: ""} {
		if got := refused(desk.Errorf(kind, "it is odd")); got != want {
			t.Errorf("%v: %q, want %q", kind, got, want)
		}
	}
}

func TestCheckUpdate(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"Fixed.": true, "Hi {{contact.first_name|there}}": true, " \n": false, "Hi {{contact.fist_name}}": false, "a\x00": false} {
		if err := CheckUpdate(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
