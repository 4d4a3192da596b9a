package desk

// Authentication is what was found out of a mail's origin when it was received
// (RFC 8601): by ourselves, or by a relay that we were told to believe.
type Authentication struct {
	By    string `json:"by" doc:"Who looked: an authserv-id (RFC 8601)"`
	SPF   string `json:"spf" doc:"pass, fail, softfail, neutral, none, temperror or permerror; empty: not looked at"`
	DKIM  string `json:"dkim" doc:"Of the best signature: pass, fail, none, temperror or permerror; empty: not looked at"`
	DMARC string `json:"dmarc" doc:"pass, fail, none, temperror or permerror; empty: not looked at"`
	// Domain is the author's, as DMARC took it from the From field.
	Domain string `json:"domain" doc:"The author's domain that DMARC looked at"`
	Policy string `json:"policy" doc:"What that domain wants done with mail that fails: none, quarantine or reject; empty: not known"`
	Trust  Trust  `json:"trust" enum:"claimed,aligned,forged" doc:"What follows for the sender's address"`
	Reason string `json:"reason" doc:"Why, for a person"`
	Spam   string `json:"spam" doc:"What the spam filter wants: no action, add header, ...; unavailable; empty: not asked"`
	Virus  string `json:"virus" doc:"none, found: NAME or unavailable; empty: not asked"`
	// Results is the whole value of the field.
	Results string `json:"results" doc:"The whole Authentication-Results value"`
}
