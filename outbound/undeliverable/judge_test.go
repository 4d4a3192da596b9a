package undeliverable

import "testing"

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		code     int
		enhanced string
		detail   string
		want     Verdict
	}{
		{550, "5.1.1", "<jo@acme.example>: Recipient address rejected: User unknown in virtual mailbox table", Permanent},
		{550, "5.1.1", "The email account that you tried to reach does not exist. Please try double-checking the recipient's email address", Permanent},
		{550, "5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", Permanent},
		{550, "5.4.1", "Recipient address rejected: Access denied", Permanent},
		{0, "5.1.1", "", Permanent},
		{0, "5.1.2", "Host unknown", Permanent},
		{0, "5.4.4", "Host or domain name not found. Name service error for name=acme.example type=A: Host not found", Permanent},
		{0, "5.1.0", "Address unknown", Permanent},
		{550, "", "No such user here", Permanent},
		{550, "", "sorry, no mailbox here by that name. (#5.7.17)", Permanent},
		{550, "5.2.1", "The email account that you tried to reach is disabled", Permanent},
		{553, "5.0.0", "unknown recipient", Permanent},

		{552, "5.2.2", "Over quota", Temporary},
		{550, "5.1.1", "mailbox is full", Temporary},
		{452, "4.2.2", "The email account that you tried to reach is over quota", Temporary},
		{0, "4.4.7", "delivery temporarily suspended: connect to mx.acme.example: Connection timed out", Temporary},
		{0, "5.4.7", "Delivery expired", Temporary},
		{0, "4.4.1", "connect to mx.acme.example[192.0.2.1]:25: Connection refused", Temporary},
		{450, "4.2.1", "mailbox temporarily unavailable", Temporary},

		{550, "5.7.1", "Message rejected as spam", Nothing},
		{554, "5.7.1", "Service unavailable; Client host blocked using zen.spamhaus.org", Nothing},
		{550, "5.7.26", "This message does not pass authentication checks (SPF and DKIM both do not pass)", Nothing},
		{550, "", "Your message was blocked by our policy", Nothing},
		{553, "5.1.8", "Sender address rejected: Domain not found", Nothing},
		{553, "5.1.7", "Invalid sender address", Nothing},
		{550, "", "Sender unknown, no such user", Nothing},
		{554, "5.7.1", "Relay access denied", Nothing},
		{552, "5.3.4", "Message size exceeds fixed limit", Nothing},
		{554, "5.6.0", "Malformed", Nothing},
		{451, "4.3.0", "Temporary lookup failure", Nothing},
		{450, "4.7.1", "Greylisted, please try again", Nothing},
		{421, "", "Try again later", Nothing},
		{0, "", "connection refused", Nothing},
		{554, "5.0.0", "Transaction failed", Nothing},
	} {
		if got := Judge(c.code, c.enhanced, c.detail); got != c.want {
			t.Errorf("%d %s %s: %d, want %d", c.code, c.enhanced, c.detail, got, c.want)
		}
	}
}
