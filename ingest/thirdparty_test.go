package ingest

import (
	"encoding/json"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/threading"
)

// forwarded returns waiting's conversation, of which mail was forwarded to lab@partner.example.
func forwarded(t *testing.T, r *Rules, status desk.Status) (*Snapshot, *desk.Conversation) {
	t.Helper()
	snap, c := waiting(t, r, status)
	c.Service = json.RawMessage(`{"third_parties": ["lab@partner.example"]}`)
	snap.Sent["fwd.1@desk.example"], snap.Forwarded = c.ID, map[string]bool{"fwd.1@desk.example": true}
	snap.Known = append(snap.Known, threading.Known{MessageID: "fwd.1@desk.example", Conversation: c.ID, Own: true})
	return snap, c
}

// An agent who writes to a third party in a mail program answers nobody.
func TestOutgoingToThirdParty(t *testing.T) {
	r := rules(t)
	for name, c := range map[string]struct {
		to    string
		third bool
		after desk.Status
	}{
		"to the third party":                  {"lab@partner.example", true, desk.StatusOpen},
		"to the third party and the customer": {"lab@partner.example, jo@acme.example", false, desk.StatusPending},
		"to the customer":                     {"jo@acme.example", false, desk.StatusPending},
	} {
		snap, conversation := forwarded(t, r, desk.StatusOpen)
		out := decide([]parsed{sent(t, 5, "Ana <ana@desk.example>", c.to, "s1@mua", refers("fwd.1@desk.example"))}, snap, r, noon.Add(time.Hour))
		if len(out.Messages) != 1 || out.Messages[0].ThirdParty != c.third || conversation.Status != c.after || conversation.WaitingSince.IsZero() == c.third {
			t.Errorf("%s: %d messages, %s, waiting since %s", name, len(out.Messages), conversation.Status, conversation.WaitingSince)
		}
		for _, p := range conversation.Participants {
			if p == "lab@partner.example" {
				t.Errorf("%s: participants %v", name, conversation.Participants)
			}
		}
	}
}

// A third party's answer makes no contact and no account, changes nothing, and is recognized
// when it arrives again.
func TestThirdPartyAnswers(t *testing.T) {
	r := rules(t)
	for _, status := range []desk.Status{desk.StatusOpen, desk.StatusResolved, desk.StatusClosed} {
		snap, conversation := forwarded(t, r, status)
		before := *conversation
		answer := func() parsed {
			return item(t, 5, "From: Lab <lab@partner.example>", "To: support@desk.example", "Cc: jo@acme.example", "Subject: Re: Lamp", "Message-ID: <l1@partner.example>", refers("fwd.1@desk.example"))
		}
		out := decide([]parsed{answer(), answer()}, snap, r, noon.Add(time.Hour))
		if len(out.Contacts)+len(out.Accounts)+len(out.Opened) != 0 || len(out.Messages) != 1 || len(out.Processed) != 2 || !out.Processed[1].Duplicate {
			t.Fatalf("%s: %d contacts, %d accounts, %d opened, %d messages, processed %+v", status, len(out.Contacts), len(out.Accounts), len(out.Opened), len(out.Messages), out.Processed)
		}
		m := out.Messages[0]
		if !m.ThirdParty || m.Account != conversation.AccountID || m.Problems[len(m.Problems)-1].Code != desk.ProblemCopied {
			t.Errorf("%s: third party %t, account %s, problems %+v", status, m.ThirdParty, m.Account, m.Problems)
		}
		if c := conversation; c.Status != before.Status || c.ReplyTo != before.ReplyTo || len(c.Participants) != len(before.Participants) || c.WaitingSince != before.WaitingSince || c.LastInboundAt != before.LastInboundAt {
			t.Errorf("%s: the conversation is %+v", status, c)
		}
	}
}
