package store

import (
	"testing"
	"time"

	"switchboard/desk"
)

// TestWriteRaisesTrust: a known address keeps its contact and its trust is only
// raised, also when nothing else is written.
func TestWriteRaisesTrust(t *testing.T) {
	t.Parallel()
	f := openFixture(t)
	f.exec(t, "insert into identities (channel, address, contact_id) values ('email', 'jo@acme.example', $1)", f.contact)
	at := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	other := desk.NewID[desk.ContactID]()
	for _, step := range []struct {
		trust desk.Trust
		at    time.Time
		want  string
	}{
		{desk.TrustClaimed, time.Time{}, "claimed"}, {desk.TrustAligned, time.Time{}, "aligned"}, {desk.TrustClaimed, time.Time{}, "aligned"},
		{desk.TrustVerified, at, "verified 2026-11-28"}, {desk.TrustAligned, time.Time{}, "verified 2026-11-28"},
		{desk.TrustClaimed, at.AddDate(0, 0, 1), "verified 2026-11-29"},
	} {
		address := desk.Identity{Channel: desk.ChannelEmail, Address: "jo@acme.example", Trust: step.trust, VerifiedAt: step.at}
		twice := desk.Identity{Channel: desk.ChannelEmail, Address: "jo@acme.example", Trust: desk.TrustClaimed}
		if err := f.write(t, &desk.Changes{Identities: []desk.ContactIdentity{{Contact: other, Identity: twice}, {Contact: other, Identity: address}}}); err != nil {
			t.Fatal(err)
		}
		var got string
		if err := f.db.GetContext(t.Context(), &got, "select concat_ws(' ', trust, verified_at::date) from identities where contact_id = $1", f.contact); err != nil || got != step.want {
			t.Errorf("after %s the identity is %q (%v), want %q", step.trust, got, err, step.want)
		}
	}
}

// TestWriteResults: the answer to an attempt needs the claim, and later reports
// change what was handed over only.
func TestWriteResults(t *testing.T) {
	t.Parallel()
	f := openFixture(t)
	at := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name     string
		delivery desk.DeliveryID
		result   desk.DeliveryResult
		want     string // state, code, enhanced code, detail, settled, attempts
	}{
		{"DSN for a sent one", f.sent, desk.DeliveryResult{Source: desk.SourceDSN, Result: desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.1.1", Detail: "unknown"}},
			"failed 250 5.1.1 unknown true dsn"},
		{"client for a sent one", f.confirmed, desk.DeliveryResult{Source: desk.SourceClient, Result: desk.Result{State: desk.DeliveryDelivered}},
			"delivered 250 2.0.0 queued true client"},
		{"DSN for one being sent", f.claimed, desk.DeliveryResult{Source: desk.SourceDSN, Result: desk.Result{State: desk.DeliveryFailed}},
			"sending 250 2.0.0 queued false dsn"}, // kept until the attempt ends
		{"a copy of a sent one", f.sent, desk.DeliveryResult{Source: desk.SourceCopy, Result: desk.Result{State: desk.DeliverySent}},
			"failed 250 5.1.1 unknown true dsn"},
		{"DSN for a cancelled one", f.ended, desk.DeliveryResult{Source: desk.SourceDSN, Result: desk.Result{State: desk.DeliveryFailed}},
			"cancelled 250 2.0.0 queued true"},
		{"client for a failed one", f.seen, desk.DeliveryResult{Source: desk.SourceClient, Result: desk.Result{State: desk.DeliveryDelivered}},
			"failed 250 2.0.0 queued true"},
		{"final answer", f.claimed, desk.DeliveryResult{Fence: 9, Source: desk.SourceAttempt, Result: desk.Result{State: desk.DeliverySent, Code: 251}},
			"sent 251   true dsn attempt"},
	} {
		test.result.Delivery, test.result.At = test.delivery, at
		if err := f.write(t, &desk.Changes{Results: []desk.DeliveryResult{test.result}}); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var got string
		err := f.db.GetContext(t.Context(), &got, `select d.state || ' ' || d.code || ' ' || d.enhanced_code || ' ' || d.detail || ' ' || d.settled
			|| coalesce((select string_agg(' ' || a.source, '' order by a.id) from delivery_attempts a where a.delivery_id = d.id), '') from deliveries d where id = $1`, test.delivery)
		if err != nil || got != test.want {
			t.Errorf("%s: %q (%v), want %q", test.name, got, err, test.want)
		}
	}
}

// TestWriteConflicts: what another transaction has taken undoes everything.
func TestWriteConflicts(t *testing.T) {
	t.Parallel()
	f := openFixture(t)
	at := time.Now()
	placed := desk.Placement{MessageID: f.message, ConversationID: f.updated, Seq: 1, Since: at}
	for name, c := range map[string]*desk.Changes{
		"a raw row of another claim":       {Processed: []desk.ProcessedRaw{{Raw: f.raws[0], Fence: 7}, {Raw: f.raws[1], Fence: 6}}},
		"a delivery of another claim":      {Results: []desk.DeliveryResult{{Delivery: f.claimed, Fence: 8, Source: desk.SourceAttempt, At: at, Result: desk.Result{State: desk.DeliverySent}}}},
		"a number that is taken":           {Placements: []desk.Placement{placed}},
		"another message's placement":      {Placements: []desk.Placement{{MessageID: desk.NewID[desk.MessageID](), ConversationID: f.updated, Seq: 1, Since: at, Until: at}}},
		"a stint while another is running": {Begun: []desk.Stint{{ID: desk.NewID[desk.StintID](), ConversationID: f.updated, InboxID: f.inbox, WaitingOn: desk.WaitingUs, StartedAt: at}}},
	} {
		c.Sessions = []desk.SessionLink{{Session: f.session, Contact: f.contact}}
		if err := f.write(t, c); desk.KindOf(err) != desk.KindConflict || err == nil {
			t.Errorf("%s: %v, want a conflict", name, err)
		}
	}
	var touched bool
	if err := f.db.GetContext(t.Context(), &touched, "select exists (select from raws where state <> 'pending') or exists (select from chat_sessions where contact_id is not null)"); err != nil || touched {
		t.Errorf("something was written (%v)", err)
	}
	if err := f.write(t, &desk.Changes{}); err != nil {
		t.Errorf("empty changes: %v", err)
	}
}
