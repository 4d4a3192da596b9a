package router

// The facts that quick conditions read, by kind. A test compares them with the struct.
var (
	textFacts = map[string]func(*Facts) string{
		"channel":                func(f *Facts) string { return f.Channel },
		"endpoint":               func(f *Facts) string { return f.Endpoint },
		"message.subject":        func(f *Facts) string { return f.Message.Subject },
		"message.new_text":       func(f *Facts) string { return f.Message.NewText },
		"message.from":           func(f *Facts) string { return f.Message.From },
		"message.to":             func(f *Facts) string { return f.Message.To },
		"message.cc":             func(f *Facts) string { return f.Message.CC },
		"message.desk":           func(f *Facts) string { return f.Message.Desk },
		"message.language":       func(f *Facts) string { return f.Message.Language },
		"message.auto_submitted": func(f *Facts) string { return f.Message.AutoSubmitted },
		"message.trust":          func(f *Facts) string { return f.Message.Trust },
		"message.list":           func(f *Facts) string { return f.Message.List },
		"contact.name":           func(f *Facts) string { return f.Contact.Name },
		"contact.address":        func(f *Facts) string { return f.Contact.Address },
		"contact.domain":         func(f *Facts) string { return f.Contact.Domain },
		"account.name":           func(f *Facts) string { return f.Account.Name },
		"account.plan":           func(f *Facts) string { return f.Account.Plan },
		"segment":                func(f *Facts) string { return f.Segment },
		"inbox":                  func(f *Facts) string { return f.Inbox },
		"conversation.subject":   func(f *Facts) string { return f.Conversation.Subject },
		"conversation.status":    func(f *Facts) string { return f.Conversation.Status },
		"conversation.priority":  func(f *Facts) string { return f.Conversation.Priority },
		"stint.waiting_on":       func(f *Facts) string { return f.Stint.WaitingOn },
		"stint.assignee":         func(f *Facts) string { return f.Stint.Assignee },
		"gap":                    func(f *Facts) string { return f.Gap },
	}
	numberFacts = map[string]func(*Facts) int64{
		"tier":                func(f *Facts) int64 { return int64(f.Tier) },
		"history.open":        func(f *Facts) int64 { return int64(f.History.Open) },
		"history.total":       func(f *Facts) int64 { return int64(f.History.Total) },
		"history.last_tier":   func(f *Facts) int64 { return int64(f.History.LastTier) },
		"history.reopened":    func(f *Facts) int64 { return int64(f.History.Reopened) },
		"conversation.number": func(f *Facts) int64 { return f.Conversation.Number },
		"messages.inbound":    func(f *Facts) int64 { return int64(f.Messages.Inbound) },
		"messages.outbound":   func(f *Facts) int64 { return int64(f.Messages.Outbound) },
	}
	boolFacts = map[string]func(*Facts) bool{
		"contact.known":               func(f *Facts) bool { return f.Contact.Known },
		"conversation.restricted":     func(f *Facts) bool { return f.Conversation.Restricted },
		"conversation.assigned":       func(f *Facts) bool { return f.Conversation.Assigned },
		"conversation.follow_up":      func(f *Facts) bool { return f.Conversation.FollowUp },
		"sla.first_response.running":  func(f *Facts) bool { return f.SLA.FirstResponse.Running },
		"sla.first_response.breached": func(f *Facts) bool { return f.SLA.FirstResponse.Breached },
		"sla.next_response.running":   func(f *Facts) bool { return f.SLA.NextResponse.Running },
		"sla.next_response.breached":  func(f *Facts) bool { return f.SLA.NextResponse.Breached },
		"sla.resolution.running":      func(f *Facts) bool { return f.SLA.Resolution.Running },
		"sla.resolution.breached":     func(f *Facts) bool { return f.SLA.Resolution.Breached },
		"sla.update.running":          func(f *Facts) bool { return f.SLA.Update.Running },
		"sla.update.breached":         func(f *Facts) bool { return f.SLA.Update.Breached },
		"sla.update_every.running":    func(f *Facts) bool { return f.SLA.UpdateEvery.Running },
		"sla.update_every.breached":   func(f *Facts) bool { return f.SLA.UpdateEvery.Breached },
		"handoff.pending":             func(f *Facts) bool { return f.Handoff.Pending },
		"handoff.accept.running":      func(f *Facts) bool { return f.Handoff.Accept.Running },
		"handoff.accept.breached":     func(f *Facts) bool { return f.Handoff.Accept.Breached },
	}
	listFacts = map[string]func(*Facts) []string{
		"account.domains":   func(f *Facts) []string { return f.Account.Domains },
		"account.tags":      func(f *Facts) []string { return f.Account.Tags },
		"conversation.tags": func(f *Facts) []string { return f.Conversation.Tags },
	}
)
