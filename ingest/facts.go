package ingest

import (
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/language"
	"switchboard/router"
	"switchboard/threading"
)

// facts returns what a policy may look at when a message opens a conversation.
func (b *batch) facts(policy *router.Policy, p *parsed, m *desk.Message, s sender, who person, d threading.Decision) router.Facts {
	_, domain, _ := strings.Cut(s.email, "@")
	return router.Facts{
		Channel: string(p.Raw.Channel), Endpoint: p.Raw.Endpoint,
		Message: router.MessageFacts{
			Subject: m.Subject, NewText: m.NewText, From: s.email,
			To:            joined(slices.Concat(m.To, envelope(p.Raw.EnvelopeTo)), b.rules),
			CC:            joined(m.CC, b.rules),
			Desk:          joined(b.own(slices.Concat(m.To, m.CC, envelope(p.Raw.EnvelopeTo))), b.rules),
			Attachments:   attachmentFacts(m.Attachments),
			Language:      textLanguage(policy, m),
			AutoSubmitted: string(m.AutoSubmitted), Trust: string(s.trust), List: m.ListID,
		},
		Contact: router.ContactFacts{Name: firstOf(who.contact.Name, s.name), Address: s.email, Domain: domain, Known: s.known},
		Account: router.FactsOf(&who.account),
		History: b.history(who),
		Conversation: router.ConversationFacts{Subject: m.Subject, Status: string(desk.StatusOpen), Priority: string(desk.PriorityNormal),
			FollowUp: !d.FollowUpOf.IsZero()},
		Messages: counts(automatic(m)),
		Calendar: b.calendars(policy),
	}
}

// counts counts the message that opens a conversation.
func counts(automatic bool) router.CountFacts {
	if automatic {
		return router.CountFacts{}
	}
	return router.CountFacts{Inbound: 1}
}

// textLanguage returns the language of a message's new text, if the policy looks at it.
func textLanguage(policy *router.Policy, m *desk.Message) string {
	if !policy.Reads("message.language") {
		return ""
	}
	return language.Detect(m.NewText)
}

// history returns what is known of a person's and their account's conversations.
func (b *batch) history(who person) router.HistoryFacts {
	f := router.HistoryFacts{Open: b.snap.Open[who.account.ID], Total: b.snap.Total[who.account.ID], LastTier: -1}
	if past, ok := b.snap.Past[who.contact.ID]; ok {
		f.LastTier, f.Reopened = past.LastTier, past.Reopened
	}
	return f
}

// calendars returns for each calendar of a policy whether it is open now.
func (b *batch) calendars(policy *router.Policy) map[string]bool {
	open := map[string]bool{}
	for _, c := range policy.Calendars() {
		open[c.Name] = c.Open(b.now)
	}
	return open
}

// own returns those of the addresses that are the desk's.
func (b *batch) own(list []desk.Address) []desk.Address {
	return slices.DeleteFunc(list, func(a desk.Address) bool { return !b.rules.Own(a.Email) })
}

// joined returns addresses in lower case, without duplicates, separated by commas.
// The desk's own have no subaddress, so that a rule on support@ matches a reply
// address too.
func joined(list []desk.Address, rules *Rules) string {
	seen := map[string]bool{}
	var out []string
	for _, a := range list {
		email := strings.ToLower(a.Email)
		if rules.Own(email) {
			email = rules.Base(email)
		}
		if !seen[email] {
			seen[email] = true
			out = append(out, email)
		}
	}
	return strings.Join(out, ", ")
}

func envelope(forwardPaths []string) []desk.Address {
	out := make([]desk.Address, len(forwardPaths))
	for i, f := range forwardPaths {
		out[i].Email = f
	}
	return out
}

func attachmentFacts(parts []desk.Part) []router.AttachmentFact {
	out := make([]router.AttachmentFact, len(parts))
	for i, p := range parts {
		out[i] = router.AttachmentFact{Name: p.Name, Type: p.Type, Size: p.Size}
	}
	return out
}
