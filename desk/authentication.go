package desk

// Authentication is the result of checking a mail's origin at reception (RFC 8601):
// by this gateway, or by a relay that is configured as trusted.
type Authentication struct {
	By    string `json:"by" doc:"Who checked: an authserv-id (RFC 8601)"`
	SPF   string `json:"spf" doc:"pass, fail, softfail, neutral, none, temperror or permerror; empty: not checked"`
	DKIM  string `json:"dkim" doc:"Of the best signature: pass, fail, none, temperror or permerror; empty: not checked"`
	DMARC string `json:"dmarc" doc:"pass, fail, none, temperror or permerror; empty: not checked"`
	// Domain is the author's domain, which DMARC takes from the From field.
	Domain string `json:"domain" doc:"The author's domain that DMARC checked"`
	Policy string `json:"policy" doc:"What the domain asks to do with mail that fails: none, quarantine or reject; empty: not known"`
	Trust  Trust  `json:"trust" enum:"claimed,aligned,forged" doc:"How far the sender's address can be trusted"`
	Reason string `json:"reason" doc:"Explanation of trust"`
	Spam   string `json:"spam" doc:"The spam filter's action: no action, add header, ...; unavailable; empty: not scanned"`
	Virus  string `json:"virus" doc:"none, found: NAME or unavailable; empty: not scanned"`
	// Results is the whole value of the Authentication-Results field.
	Results string `json:"results" doc:"The whole Authentication-Results value"`
}
