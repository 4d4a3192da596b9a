package ingest

import (
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

const (
	// returnTime is how long after its message a bounce without proof is believed: mail
	// systems give up after four to five days (RFC 5321 §4.5.4.1).
	returnTime = 7 * 24 * time.Hour
	// clockSkew is how far the clocks of this node and the database may differ.
	clockSkew = time.Minute
)

// isBounce reports whether a mail reports the fate of a delivery (RFC 3464, or prose).
func isBounce(m *desk.Message) bool { return m.Report != nil && m.Report.Kind == "delivery-status" }

// returned is the mail that a bounce is about.
type returned struct {
	message      desk.MessageID
	conversation desk.ConversationID
	evidence     string
}

// bounce compares a bounce with the deliveries it may be about.
type bounce struct {
	b         *batch
	m         *desk.Message
	arrived   time.Time
	paths     []string              // where it was sent: the reverse-path is each recipient's own
	tokens    []desk.ConversationID // from reply tokens, in the bounce or in the mail it returns
	believed  bool                  // it may be believed without proof
	delivered []*SentDelivery
}

// findReturned returns the mail that a bounce is about. What only a recipient of the mail
// can know is proof: its Message-ID, its envelope id, its reply token, or the messages
// that it cites. Recipient and subject can be guessed, so they count only in what looks
// like a mail system's report, and only when they identify one conversation.
func (b *batch) findReturned(p *parsed, m *desk.Message) (returned, bool) {
	if !isBounce(m) || trust(m) == desk.TrustForged {
		return returned{}, false
	}
	r := bounce{b: b, m: m, arrived: p.Raw.ReceivedAt, paths: p.Raw.EnvelopeTo,
		believed: m.AutoSubmitted == desk.AutoBounce && m.Report.Returned.MailSystem}
	for _, address := range slices.Concat(recipients(&p.Raw, m), m.Report.Returned.ReplyTo) {
		if id, _, ok := b.rules.Tokens.Parse(address); ok {
			r.tokens = append(r.tokens, id)
		}
	}
	for _, list := range b.snap.Deliveries {
		for i := range list {
			if d := &list[i]; d.left() && !d.CreatedAt.After(r.arrived.Add(clockSkew)) && r.names(d) {
				r.delivered = append(r.delivered, d)
			}
		}
	}
	slices.SortFunc(r.delivered, r.compare)
	return r.find()
}

// find tries the kinds of evidence, the strongest first.
func (r *bounce) find() (returned, bool) {
	rep := r.m.Report
	for _, kind := range []struct {
		evidence string
		proves   func(d *SentDelivery) bool
	}{
		{"names it", func(d *SentDelivery) bool { return d.MessageID == r.b.snap.SentAs[rep.OriginalMessageID] }},
		{"names its envelope id", func(d *SentDelivery) bool { return rep.EnvelopeID != "" && d.EnvelopeID == rep.EnvelopeID }},
		{"contains its reply address", func(d *SentDelivery) bool { return slices.Contains(r.tokens, d.ConversationID) }},
		{"returns a mail that cites the same message", r.cites},
	} {
		if i := slices.IndexFunc(r.delivered, kind.proves); i >= 0 {
			return r.about(r.delivered[i], kind.evidence), true
		}
	}
	return r.guess()
}

// guess finds the mail by recipient and subject.
func (r *bounce) guess() (returned, bool) {
	if !r.believed {
		return returned{}, false
	}
	possible := slices.DeleteFunc(slices.Clone(r.delivered), func(d *SentDelivery) bool {
		return !r.titled(d) || d.State == desk.DeliveryDelivered || r.arrived.Sub(d.CreatedAt) > returnTime
	})
	if len(possible) == 0 || slices.ContainsFunc(possible, func(d *SentDelivery) bool { return d.Placed != possible[0].Placed }) {
		return returned{}, false
	}
	return r.about(possible[0], "names its recipient and its subject"), true
}

func (r *bounce) about(d *SentDelivery, evidence string) returned {
	return returned{d.MessageID, d.Placed, "a report about our mail to " + d.Recipient + ": it " + evidence}
}

// compare sorts the likeliest delivery first: one whose fate is open, with the returned
// subject and citations, and the newest of those.
func (r *bounce) compare(a, b *SentDelivery) int {
	for _, likely := range []func(d *SentDelivery) bool{func(d *SentDelivery) bool { return handedOver(d.State) }, r.titled, r.cites} {
		if x, y := likely(a), likely(b); x != y {
			if x {
				return -1
			}
			return 1
		}
	}
	if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
		return c
	}
	return strings.Compare(a.ID.String(), b.ID.String())
}

// names reports whether the bounce is about the recipient of a delivery.
func (r *bounce) names(d *SentDelivery) bool {
	return len(r.b.fates(r.m, r.paths, d)) > 0
}

func (r *bounce) cites(d *SentDelivery) bool {
	return slices.ContainsFunc(r.m.Report.Returned.Cites, func(id string) bool { return slices.Contains(d.Cites, id) })
}

func (r *bounce) titled(d *SentDelivery) bool {
	base := strings.ToLower(imf.BaseSubject(d.Subject))
	return base != "" && slices.ContainsFunc(r.m.Report.Returned.Subjects, func(s string) bool { return strings.ToLower(imf.BaseSubject(s)) == base })
}

// left reports whether a delivery was attempted, so that a report about it can exist.
func (d *SentDelivery) left() bool {
	return d.Channel == desk.ChannelEmail && (handedOver(d.State) || d.State == desk.DeliveryFailed || d.State == desk.DeliverySending)
}

// fates returns what a bounce says about the recipient of a delivery. A bounce that names
// the delivery, or that is sent to the recipient's own reverse-path, is about them whatever
// addresses it names: those may be what theirs is forwarded to (RFC 3464 §2.3.1), and some
// mail systems name none.
func (b *batch) fates(m *desk.Message, paths []string, d *SentDelivery) []desk.ReportRecipient {
	var out []desk.ReportRecipient
	for _, r := range m.Report.Recipients {
		if concerns(r, d.Recipient) {
			out = append(out, r)
		}
	}
	if len(out) > 0 || len(m.Report.Recipients) > 1 || m.AutoSubmitted != desk.AutoBounce {
		return out
	}
	own := b.identifies(m.Report, d) || slices.ContainsFunc(paths, func(path string) bool {
		id, issuedTo, ok := b.rules.Tokens.Parse(path)
		return ok && id == d.ConversationID && issuedTo(d.Recipient)
	})
	switch {
	case !own:
		return nil
	case len(m.Report.Recipients) == 1:
		return m.Report.Recipients
	}
	return []desk.ReportRecipient{{Recipient: d.Recipient, Action: m.Report.Returned.Action}}
}

// identifies reports whether a bounce names the envelope of a delivery, or the mail of
// which it is the only one.
func (b *batch) identifies(r *desk.Report, d *SentDelivery) bool {
	return r.EnvelopeID != "" && r.EnvelopeID == d.EnvelopeID || len(b.snap.Deliveries[d.MessageID]) == 1 && b.snap.SentAs[r.OriginalMessageID] == d.MessageID
}
