package store_test

import (
	"testing"
	"time"

	"switchboard/desk/view"
)

// TestChannelsOutliveTheirNode: after a restart the last success of the previous
// node is still shown, with the state from the running node.
func TestChannelsOutliveTheirNode(t *testing.T) {
	t.Parallel()
	f := open(t)
	worked := time.Now().Add(-time.Hour).Truncate(time.Second)
	before := view.Channel{Name: "imap support", State: "stopped", Since: worked, LastSuccess: &worked}
	now := view.Channel{Name: "imap support", State: "failing", Since: time.Now(), LastError: "nothing listens on imap.example.com:993", Advice: "Check host and port."}
	for node, c := range map[string]view.Channel{"old": before, "new": now} {
		if err := f.SaveChannels(t.Context(), node, []view.Channel{c}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := f.Channels(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if c := list[0]; c.Node != "new" || c.State != "failing" || c.LastError != now.LastError || c.LastSuccess == nil || !c.LastSuccess.Equal(worked) {
		t.Errorf("%+v", c)
	}
}
