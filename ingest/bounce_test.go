package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize"
)

// bounced returns a bounce with an envelope, received an hour after noon.
func bounced(t *testing.T, reversePath, forwardPath, text string) parsed {
	t.Helper()
	raw := desk.Raw{ID: desk.NewID[desk.RawID](), Channel: desk.ChannelEmail, Endpoint: "smtp", SourceKey: "bounce", EnvelopeFrom: reversePath,
		EnvelopeTo: []string{forwardPath}, ReceivedAt: noon.Add(time.Hour), Bytes: []byte(strings.ReplaceAll(text, "\n", "\r\n"))}
	m, err := normalize.Message(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed{Claimed: Claimed{Raw: raw, Fence: 1}, message: m}
}

const support = "support@desk.example"

func report(from, subject, text string) string {
	return "From: " + from + "\nTo: support@desk.example\nSubject: " + subject + "\nMessage-ID: <b1@relay.example>\nDate: Fri, 20 Nov 2026 13:00:00 +0000\n\n" + text
}

// dsn is a delivery status (RFC 3464) about jo that returns a header.
func dsn(extra, returned string) string {
	return "From: MAILER-DAEMON@relay.example\nTo: support@desk.example\nSubject: Delivery Status Notification (Failure)\nMessage-ID: <b1@relay.example>\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\nContent-Type: text/plain\n\nIt failed.\n" +
		"--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n" + extra +
		"\nFinal-Recipient: rfc822; jo@acme.example\nAction: failed\nStatus: 5.1.1\n\n--r\nContent-Type: text/rfc822-headers\n\n" + returned + "\n--r--\n"
}

// TestBouncesFindTheirDelivery: none of these names our Message-ID. Sam, who got the
// same mail, is not concerned.
func TestBouncesFindTheirDelivery(t *testing.T) {
	t.Parallel()
	r := rules(t)
	snap, c := delivered(t, r, desk.StatusPending, desk.DeliverySent)
	token := r.Tokens.Address(support, c.ID, "jo@acme.example")
	envelope := snap.Deliveries[snap.SentAs["out.1@desk.example"]][0].ID
	hmail := "Your message did not reach some or all of the intended recipients.\n\n   Sent: Fri, 20 Nov 2026 11:00:00 +0000\n   Subject: Re: Lamp\n\nThe following recipient(s) could not be reached:\n\njo@acme.example\n   Remote server replied: 550 5.5.0 mailbox unavailable\n"
	for name, x := range map[string]struct{ reverse, forward, text string }{
		"prose with recipient and subject": {"", support, report("mailer-daemon@relay.example", "Message undeliverable: Re: Lamp", hmail)},
		"subject in its own only":          {"", support, report("mailer-daemon@relay.example", "Undeliverable: Re: Lamp", "Your message couldn't be delivered to jo@acme.example: 550 5.1.10 not found\n")},
		"Exchange":                         {"", support, report("Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@acme.example>", "Undeliverable: Lamp", "Delivery has failed to these recipients or groups:\n\njo@acme.example\nThe email address you entered couldn't be found.\n\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n")},
		"German":                           {"", support, report("Mail Delivery System <postmaster@relay.example>", "Unzustellbar", "Ihre Nachricht konnte nicht zugestellt werden.\n\nEmpfänger: jo@acme.example\nBetreff: Re: Lamp\n550 5.1.1 unbekannt\n")},
		"a language nobody listed":         {"", support, report("mailer-daemon@relay.example", "Mezua ezin izan da bidali", "Hartzailea: jo@acme.example\nGaia: Re: Lamp\nErantzuna: 550 5.1.1 ezezaguna\n")},
		"X-Failed-Recipients":              {"", support, "X-Failed-Recipients: jo@acme.example\n" + report("Mail Delivery System <mailer-daemon@relay.example>", "Mail delivery failed", "A message that you sent could not be delivered.\n\nSubject: Re: Lamp\n")},
		"reply token in a returned header": {"x@relay.example", support, dsn("", "Message-ID: <new@relay.example>\nReply-To: "+token+"\nTo: jo@acme.example\nSubject: Other")},
		"reply token in returned text":     {"x@relay.example", support, report("mailer-daemon@relay.example", "failure notice", "Sorry, I couldn't deliver to\n<jo@acme.example>: user unknown\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <"+token+">\nSubject: Other\n")},
		"reply token in the envelope":      {"", token, report("mailer-daemon@relay.example", "failure notice", "Your message could not be delivered.\n")},
		"to the token, for a forwarder":    {"", token, report("mailer-daemon@relay.example", "failure notice", "Your message could not be delivered to jd@host.example: 550 5.1.1\n")},
		"envelope id":                      {"x@relay.example", support, dsn("Original-Envelope-Id: "+envelope.String()+"\n", "Message-ID: <new@relay.example>\nSubject: Other")},
		"returned In-Reply-To":             {"x@relay.example", support, dsn("", "Message-ID: <new@relay.example>\nIn-Reply-To: <1@a>\nSubject: Other")},
	} {
		t.Run(name, func(t *testing.T) {
			snap, conv := delivered(t, r, desk.StatusPending, desk.DeliverySent)
			about := snap.SentAs["out.1@desk.example"]
			if conv != c { // every run has its own conversation; the tokens name the first
				conv.ID, snap.Conversations[c.ID], snap.Stints[c.ID] = c.ID, conv, snap.Stints[conv.ID]
			}
			for i := range snap.Deliveries[about] {
				d := &snap.Deliveries[about][i]
				d.ConversationID, d.Placed = c.ID, c.ID
			}
			jo := &snap.Deliveries[about][0]
			jo.ID, jo.EnvelopeID = envelope, envelope.String()
			out := decide([]parsed{bounced(t, x.reverse, x.forward, x.text)}, snap, r, noon.Add(2*time.Hour))
			if len(out.Opened) != 0 || len(out.Results) != 1 || out.Results[0].Delivery != envelope || out.Results[0].State != desk.DeliveryFailed || conv.Status != desk.StatusOpen {
				t.Errorf("%d opened, results %+v, status %s", len(out.Opened), out.Results, conv.Status)
			}
			if len(out.Contacts)+len(out.Accounts) != 0 || slices.ContainsFunc(conv.Participants, imf.IsDaemon) || conv.ReplyTo != "jo@acme.example" {
				t.Errorf("contacts %+v, participants %v, replies go to %q", out.Contacts, conv.Participants, conv.ReplyTo)
			}
		})
	}
}

// TestBouncesWithoutProof: anyone can write a mail that says that something failed.
func TestBouncesWithoutProof(t *testing.T) {
	t.Parallel()
	r := rules(t)
	prose := "Your message could not be delivered to jo@acme.example: 550 5.1.1 unknown\nSubject: Re: Lamp\n"
	daemon := report("mailer-daemon@relay.example", "Undeliverable", prose)
	stranger := r.Tokens.Address(support, desk.NewID[desk.ConversationID](), "jo@acme.example")
	for name, x := range map[string]struct {
		reverse, forward, text string
		change                 func(d *SentDelivery)
	}{
		"a reverse-path":           {"eve@evil.example", support, daemon, nil},
		"a person's address":       {"", support, report("Eve <eve@evil.example>", "Undeliverable", prose), nil},
		"another subject":          {"", support, strings.ReplaceAll(daemon, "Re: Lamp", "Re: Chair"), nil},
		"another recipient":        {"", support, strings.ReplaceAll(daemon, "jo@", "kim@"), nil},
		"no recipient":             {"", support, strings.ReplaceAll(daemon, "to jo@acme.example", "to them"), nil},
		"sent after the bounce":    {"", support, daemon, func(d *SentDelivery) { d.CreatedAt = noon.Add(3 * time.Hour) }},
		"sent long ago":            {"", support, daemon, func(d *SentDelivery) { d.CreatedAt = noon.Add(-8 * 24 * time.Hour) }},
		"delivery was confirmed":   {"", support, daemon, func(d *SentDelivery) { d.State = desk.DeliveryDelivered }},
		"not sent yet":             {"", support, daemon, func(d *SentDelivery) { d.State = desk.DeliveryQueued }},
		"cancelled":                {"", support, daemon, func(d *SentDelivery) { d.State = desk.DeliveryCancelled }},
		"a chat line":              {"", support, daemon, func(d *SentDelivery) { d.Channel = desk.ChannelChat }},
		"an unknown token":         {"", stranger, report("mailer-daemon@relay.example", "failure", "Your message could not be delivered.\n"), nil},
		"an unknown cited message": {"x@relay.example", support, dsn("", "Message-ID: <n@relay.example>\nIn-Reply-To: <9@z>\nSubject: Re: Lamp"), nil},
		"two possible conversations": {"", support, daemon, func(d *SentDelivery) {
			if d.Recipient == "sam@acme.example" {
				d.Recipient, d.Placed = "jo@acme.example", desk.NewID[desk.ConversationID]()
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snap, c := delivered(t, r, desk.StatusPending, desk.DeliverySent)
			for _, list := range snap.Deliveries {
				for i := range list {
					if x.change != nil {
						x.change(&list[i])
					}
				}
			}
			out := decide([]parsed{bounced(t, x.reverse, x.forward, x.text)}, snap, r, noon.Add(2*time.Hour))
			if len(out.Results) != 0 || c.Status != desk.StatusPending || len(out.Opened) != 1 {
				t.Errorf("results %+v, status %s, %d opened", out.Results, c.Status, len(out.Opened))
			}
		})
	}
}

// TestMailSystemsAreNobodysCustomers: a report that belongs nowhere opens a
// conversation without a customer, an account and an address to reply to.
func TestMailSystemsAreNobodysCustomers(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, from := range []string{"mailer-daemon@relay.example", "MAILER-DAEMON", "Mail Delivery System <postmaster@relay.example>", "Mail Delivery Subsystem <noreply@relay.example>"} {
		first := bounced(t, "", support, report(from, "Undelivered mail", "Your message could not be delivered to kim@other.example: 550 5.1.1\n"))
		second := first
		second.Raw.ID = desk.NewID[desk.RawID]()
		snap := nothing()
		out := decide([]parsed{first, second}, snap, r, noon.Add(time.Hour))
		if len(out.Opened) != 1 || len(out.Processed) != 2 || !out.Processed[1].Duplicate {
			t.Fatalf("%s: %d opened, processed %+v", from, len(out.Opened), out.Processed)
		}
		c := out.Opened[0]
		if c.ReplyTo != "" || len(c.Participants) != 0 || len(out.Domains) != 0 || len(out.Identities) != 1 || out.Identities[0].Address != mailSystem {
			t.Errorf("%s: replies go to %q, participants %v, domains %v, identities %+v", from, c.ReplyTo, c.Participants, out.Domains, out.Identities)
		}
	}
	human := decide([]parsed{item(t, 1, from("Pat <postmaster@acme.example>", "7@a")...)}, nothing(), r, noon.Add(time.Hour))
	if got := human.Identities[0].Address; got != "postmaster@acme.example" {
		t.Errorf("a postmaster's own mail comes from %s", got)
	}
	astray := decide([]parsed{item(t, 1, from("jo@acme.example", "8@a", "Reply-To: mailer-daemon@acme.example")...)}, nothing(), r, noon.Add(time.Hour))
	if c := astray.Opened[0]; c.ReplyTo != "jo@acme.example" {
		t.Errorf("replies go to %q", c.ReplyTo)
	}
}
