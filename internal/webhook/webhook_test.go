package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// TestSign uses the example of the Standard Webhooks specification.
func TestSign(t *testing.T) {
	t.Parallel()
	m := Message{ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Body: []byte(`{"test": 2432232314}`)}
	at := time.Unix(1614265330, 0)
	const secret, want = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	for name, c := range map[string]struct {
		secrets Secrets
		n       int
		has     bool
	}{
		"one":                {Secrets{Current: secret}, 1, true},
		"former":             {Secrets{Current: NewSecret(), Former: secret, Until: at.Add(time.Second)}, 2, true},
		"former, over":       {Secrets{Current: NewSecret(), Former: secret, Until: at}, 1, false},
		"both, newest first": {Secrets{Current: secret, Former: NewSecret(), Until: at.Add(time.Hour)}, 2, true},
	} {
		h, err := Sign(c.secrets, &m, at)
		if err != nil {
			t.Fatal(err)
		}
		list := strings.Split(h.Get("webhook-signature"), " ")
		if strings.Contains(h.Get("webhook-signature"), want) != c.has || len(list) != c.n || h.Get("webhook-id") != m.ID || h.Get("webhook-timestamp") != "1614265330" {
			t.Errorf("%s: %v", name, h)
		}
	}
	if _, err := Sign(Secrets{}, &m, at); err == nil {
		t.Error("signed without a secret")
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	failure := Attempt{Status: 500, Error: "500"}
	for name, c := range map[string]struct {
		attempt  Attempt
		attempts int
		age      time.Duration
		want     Verdict
	}{
		"accepted":            {Attempt{Status: 204}, 1, 0, Verdict{State: Delivered}},
		"first":               {failure, 1, 0, Verdict{State: Pending, Again: 5 * time.Second}},
		"fifth":               {failure, 5, time.Minute, Verdict{State: Pending, Again: 80 * time.Second}},
		"hundredth":           {failure, 100, time.Hour, Verdict{State: Pending, Again: 2 * time.Hour}},
		"the end is near":     {failure, 20, Window - time.Minute, Verdict{State: Pending, Again: time.Minute}},
		"the end":             {failure, 20, Window, Verdict{State: Failed}},
		"accepted at the end": {Attempt{Status: 200}, 20, 2 * Window, Verdict{State: Delivered}},
		"gone":                {Attempt{Status: 410, Error: "410"}, 1, 0, Verdict{State: Failed, Gone: true}},
		"asked to wait":       {Attempt{Status: 429, Error: "429", RetryAfter: time.Minute}, 1, 0, Verdict{State: Pending, Again: time.Minute, Pause: time.Minute}},
		"asked for too long":  {Attempt{Status: 503, Error: "503", RetryAfter: 9 * Window}, 1, time.Hour, Verdict{State: Pending, Again: 23 * time.Hour, Pause: Window}},
		"restricted":          {Attempt{Withheld: true, Error: "restricted"}, 1, 0, Verdict{State: Failed}},
	} {
		if got := Decide(c.attempt, c.attempts, c.age, 0.5); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if low, high := Decide(failure, 1, 0, 0).Again, Decide(failure, 1, 0, 1).Again; low != 4*time.Second || high != 6*time.Second {
		t.Errorf("spread from %v to %v", low, high)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	c := &Conversation{ID: desk.NewID[desk.ConversationID](), Number: 7, Inbox: "billing"}
	of := func(data desk.EventData) *desk.Event {
		e := desk.NewConversationEvent(time.Unix(0, 0), &desk.Conversation{ID: c.ID}, 3, desk.ActorSystem, data)
		return &e
	}
	received, moved := of(desk.MessageReceived{}), of(desk.ConversationMoved{From: "frontline", To: "billing"})
	secret := *c
	secret.Restricted = true
	for name, test := range map[string]struct {
		w    Webhook
		e    *desk.Event
		c    *Conversation
		want string
	}{
		"everything":                {Webhook{}, received, c, "message.received"},
		"its type":                  {Webhook{Types: []string{"message.received"}}, received, c, "message.received"},
		"another type":              {Webhook{Types: []string{"message.sent"}}, received, c, ""},
		"its inbox":                 {Webhook{Inboxes: []string{"billing"}}, received, c, "message.received"},
		"another inbox":             {Webhook{Inboxes: []string{"frontline"}}, received, c, ""},
		"moved out of its inbox":    {Webhook{Inboxes: []string{"frontline"}}, moved, c, "conversation.moved"},
		"restricted":                {Webhook{}, received, &secret, ""},
		"restricted, and allowed":   {Webhook{Restricted: true}, received, &secret, "message.received"},
		"delivered":                 {Webhook{}, of(desk.DeliveryChanged{State: desk.DeliverySent}), c, ""},
		"not delivered":             {Webhook{}, of(desk.DeliveryChanged{State: desk.DeliveryFailed}), c, "delivery.failed"},
		"forwarded":                 {Webhook{Types: []string{"third-party.sent"}}, of(desk.ThirdPartySent{}), c, "third-party.sent"},
		"a third party answered":    {Webhook{}, of(desk.ThirdPartyReceived{}), c, "third-party.received"},
		"no customer's message":     {Webhook{Types: []string{"message.sent", "message.received"}}, of(desk.ThirdPartyReceived{}), c, ""},
		"forwarded, restricted":     {Webhook{}, of(desk.ThirdPartySent{}), &secret, ""},
		"nothing for other systems": {Webhook{}, of(desk.GapFound{}), c, ""},
	} {
		m, ok := Select(&test.w, test.e, test.c)
		if ok != (test.want != "") || m.Type != test.want {
			t.Errorf("%s: %q, want %q", name, m.Type, test.want)
		}
	}
	m, _ := Select(&Webhook{}, moved, c)
	again, _ := Select(&Webhook{URL: "another"}, moved, c)
	other, _ := Select(&Webhook{}, received, c)
	var body struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			Conversation struct{ Number int64 }
			Seq          int64
			Details      desk.ConversationMoved
		}
	}
	if err := json.Unmarshal(m.Body, &body); err != nil || body.Type != "conversation.moved" || body.Data.Conversation.Number != 7 || body.Data.Seq != 3 || body.Data.Details.From != "frontline" {
		t.Errorf("%v in %s", err, m.Body)
	}
	if m.ID != again.ID || m.ID == other.ID {
		t.Errorf("identifiers %s, %s, %s", m.ID, again.ID, other.ID)
	}
}

// TestTypesAreKnown: every type reports an event that exists, once.
func TestTypesAreKnown(t *testing.T) {
	t.Parallel()
	known := map[desk.EventKind]bool{}
	for _, p := range desk.EventPayloads() {
		known[p.EventKind()] = true
	}
	seen := map[string]bool{}
	for name, kind := range Kinds() {
		if !known[kind] || seen[name] {
			t.Errorf("%s reports %s", name, kind)
		}
		seen[name] = true
	}
}
