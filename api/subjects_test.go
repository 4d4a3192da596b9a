package api

import (
	"testing"

	"switchboard/desk"
)

// Events about other subjects than conversations are for admins only, in the
// event list and on the socket. Creating the four agents of newDesk and their
// API keys causes some.
func TestEventsWithoutConversationAreForAdmins(t *testing.T) {
	d := newDesk(t)
	for _, who := range []string{"ana", "ben", "sam", "root"} {
		wantEvents, wantFirst := 0, desk.SubjectConversation
		if who == "root" {
			wantEvents, wantFirst = 8, desk.SubjectAgent
		}
		var page EventPage
		d.as(who, "GET", "/events", nil).want(t, 200).json(t, &page)
		got := 0
		for _, e := range page.Data {
			if e.Subject.Kind != desk.SubjectConversation {
				got++
			}
		}
		if got != wantEvents {
			t.Errorf("%s gets %d events about other subjects, want %d", who, got, wantEvents)
		}
		f := d.follow(who, "0-0").next()
		if f.Type != "event" || f.Event.Subject.Kind != wantFirst {
			t.Errorf("%s: first frame %+v, want an event about %s", who, f, wantFirst)
		}
		if who == "root" && (!f.Event.ConversationID.IsZero() || f.Event.Seq != 0 || f.Event.Kind != desk.EventAgentCreated) {
			t.Errorf("event %+v, want agent.created without a conversation", f.Event)
		}
	}
}
