package ingest

import (
	"slices"
	"testing"
	"time"

	"switchboard/desk"
)

// delivered returns a conversation whose reply went to Jo and, in copy, to Sam.
func delivered(t *testing.T, r *Rules, status desk.Status, state desk.DeliveryState) (*Snapshot, *desk.Conversation) {
	t.Helper()
	snap, c := stored(t, r, status)
	id := desk.NewID[desk.MessageID]()
	snap.SentAs = map[string]desk.MessageID{"out.1@desk.example": id}
	snap.Deliveries = map[desk.MessageID][]SentDelivery{}
	for _, to := range []string{"jo@acme.example", "sam@acme.example"} {
		snap.Deliveries[id] = append(snap.Deliveries[id], SentDelivery{Personal: true, Subject: "Re: Lamp", Cites: []string{"1@a"}, Placed: c.ID, Delivery: desk.Delivery{ID: desk.NewID[desk.DeliveryID](),
			MessageID: id, ConversationID: c.ID, Channel: desk.ChannelEmail, Recipient: to, State: state, Attempts: 1, CreatedAt: noon.Add(-time.Hour)}})
	}
	return snap, c
}

// deliveryStatus returns a delivery status (RFC 3464) for one recipient of the reply.
func deliveryStatus(t *testing.T, n int, recipient desk.ReportRecipient) parsed {
	t.Helper()
	p := item(t, n, "From: MAILER-DAEMON@acme.example", "To: support@desk.example", "Subject: Undelivered", "Message-ID: <dsn@acme.example>", refers("out.1@desk.example"))
	p.message.AutoSubmitted = desk.AutoBounce
	p.message.Report = &desk.Report{Kind: "delivery-status", OriginalMessageID: "out.1@desk.example", Recipients: []desk.ReportRecipient{recipient}}
	return p
}

func TestReports(t *testing.T) {
	t.Parallel()
	r := rules(t)
	failed := desk.ReportRecipient{Recipient: "JO@acme.example", Action: "failed", Status: "5.1.1", Diagnostic: "550 no such user"}
	for name, x := range map[string]struct {
		status  desk.Status
		state   desk.DeliveryState
		report  desk.ReportRecipient
		results int
		want    desk.DeliveryState
		after   desk.Status
	}{
		"failed, pending":    {desk.StatusPending, desk.DeliverySent, failed, 1, desk.DeliveryFailed, desk.StatusOpen},
		"failed, snoozed":    {desk.StatusSnoozed, desk.DeliverySent, failed, 1, desk.DeliveryFailed, desk.StatusOpen},
		"failed, resolved":   {desk.StatusResolved, desk.DeliveryDelivered, failed, 1, desk.DeliveryFailed, desk.StatusOpen},
		"failed, unknown":    {desk.StatusPending, desk.DeliveryUnknown, failed, 1, desk.DeliveryFailed, desk.StatusOpen},
		"failed, not sent":   {desk.StatusPending, desk.DeliveryQueued, failed, 0, "", desk.StatusPending},
		"failed by alias":    {desk.StatusPending, desk.DeliverySent, desk.ReportRecipient{Recipient: "jd@host.acme.example", Original: "jo@acme.example", Action: "failed"}, 1, desk.DeliveryFailed, desk.StatusOpen},
		"failed for another": {desk.StatusPending, desk.DeliverySent, desk.ReportRecipient{Recipient: "kim@acme.example", Action: "failed"}, 0, "", desk.StatusPending},
		"delayed":            {desk.StatusPending, desk.DeliverySent, desk.ReportRecipient{Recipient: "jo@acme.example", Action: "delayed"}, 1, desk.DeliverySent, desk.StatusPending},
		"delivered":          {desk.StatusPending, desk.DeliverySent, desk.ReportRecipient{Recipient: "jo@acme.example", Action: "delivered"}, 1, desk.DeliveryDelivered, desk.StatusPending},
		"relayed":            {desk.StatusPending, desk.DeliverySent, desk.ReportRecipient{Recipient: "jo@acme.example", Action: "relayed"}, 1, desk.DeliverySent, desk.StatusPending},
		"an unknown action":  {desk.StatusPending, desk.DeliverySent, desk.ReportRecipient{Recipient: "jo@acme.example", Action: "lost"}, 0, "", desk.StatusPending},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snap, c := delivered(t, r, x.status, x.state)
			jo := snap.Deliveries[snap.SentAs["out.1@desk.example"]][0]
			out := decide([]parsed{deliveryStatus(t, 1, x.report)}, snap, r, noon.Add(2*time.Hour))
			if len(out.Results) != x.results || c.Status != x.after {
				t.Fatalf("%d results, status %s; want %d, %s", len(out.Results), c.Status, x.results, x.after)
			}
			changed := slices.DeleteFunc(slices.Clone(out.Events), func(e desk.Event) bool { return e.Kind != desk.EventDeliveryChanged })
			if len(changed) != x.results {
				t.Errorf("%d events, want %d", len(changed), x.results)
			}
			if x.results == 0 {
				return
			}
			got := out.Results[0]
			if got.Delivery != jo.ID || got.State != x.want || got.Source != desk.SourceDSN || got.Fence != 0 || got.EnhancedCode != x.report.Status || got.Detail != x.report.Diagnostic || !got.At.Equal(noon.Add(2*time.Hour)) {
				t.Errorf("result %+v", got)
			}
			if waits := snap.Stints[c.ID].WaitingOn == desk.WaitingUs; waits != (x.after == desk.StatusOpen) || waits == c.WaitingSince.IsZero() {
				t.Errorf("waiting on %s since %s", snap.Stints[c.ID].WaitingOn, c.WaitingSince)
			}
		})
	}
}

// A report about a message of another conversation, or that a person did not
// write, changes no status.
func TestReportsThatChangeNothing(t *testing.T) {
	t.Parallel()
	r := rules(t)
	failed := desk.ReportRecipient{Recipient: "jo@acme.example", Action: "failed"}
	snap, c := delivered(t, r, desk.StatusPending, desk.DeliverySent)
	snap.Deliveries[snap.SentAs["out.1@desk.example"]][0].Personal = false
	if out := decide([]parsed{deliveryStatus(t, 1, failed)}, snap, r, noon.Add(time.Hour)); len(out.Results) != 1 || c.Status != desk.StatusPending {
		t.Errorf("an automatic reply: %d results, status %s", len(out.Results), c.Status)
	}
	snap, c = delivered(t, r, desk.StatusPending, desk.DeliverySent)
	for _, list := range snap.Deliveries {
		for i := range list {
			list[i].Placed = desk.NewID[desk.ConversationID]()
		}
	}
	if out := decide([]parsed{deliveryStatus(t, 1, failed)}, snap, r, noon.Add(time.Hour)); len(out.Results) != 0 || c.Status != desk.StatusPending {
		t.Errorf("another conversation's message: %d results, status %s", len(out.Results), c.Status)
	}
	receipt := deliveryStatus(t, 1, failed)
	receipt.message.Report.Kind = "disposition-notification"
	snap, c = delivered(t, r, desk.StatusPending, desk.DeliverySent)
	if out := decide([]parsed{receipt}, snap, r, noon.Add(time.Hour)); len(out.Results) != 0 || c.Status != desk.StatusPending {
		t.Errorf("a read receipt: %d results, status %s", len(out.Results), c.Status)
	}
}

func TestQueryIncludesReports(t *testing.T) {
	t.Parallel()
	p := deliveryStatus(t, 1, desk.ReportRecipient{})
	if q := query([]parsed{p}, rules(t)); !slices.Equal(q.Reported, []string{"out.1@desk.example"}) || !slices.Contains(q.MessageIDs, "out.1@desk.example") {
		t.Errorf("query %+v", q)
	}
}
