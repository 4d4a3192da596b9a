package demo

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/internal/article"
)

// articles are what the demo's knowledge base says; one of them is for agents only, and one
// is a draft.
var articles = []struct {
	title, text  string
	tags         []string
	agents, open bool
	routes       []string // of the policy: the article is their runbook
}{
	{title: "Where is my order?", tags: []string{"Orders"},
		text: "We send you a mail with a tracking number as soon as the parcel has left.\n\n1. Open the link in that mail.\n2. If the parcel has not moved for **three working days**, write to us with the order number.\n\nOrders of the weekend leave on Monday."},
	{title: "Change the address of an order", tags: []string{"Orders"},
		text: "You can change the address until the parcel leaves, usually for two hours.\n\nReply to the confirmation of the order with the new address. If the parcel has left already, ask the carrier to redirect it."},
	{title: "Send something back", tags: []string{"Orders", "Refunds"},
		text: "You have 30 days to send goods back.\n\n- Put the note from the parcel inside.\n- Use the label that we mailed you; you do not pay for it.\n\nThe money is back on your card within five working days after we have received the parcel."},
	{title: "You cannot sign in", tags: []string{"Account"},
		text: "## After a change of your password\n\nSign out on all devices, then sign in with the new one.\n\n## With a code\n\nCodes are valid for 30 seconds. If yours is refused, set the clock of your phone to automatic."},
	{title: "Find and correct an invoice", tags: []string{"Billing"},
		text: "Invoices are on the page *Billing* of your account. To have the address or the VAT number corrected, reply to the mail with the invoice; the old one is cancelled, and you get another number."},
	{title: "Verify webhook signatures", tags: []string{"API"},
		text: "Each request has the header `X-Shop-Signature`: the HMAC-SHA256 of the body, in hexadecimal.\n\n```\nexpected = hmac_sha256(secret, body)\n```\n\nCompare in constant time, and refuse requests that are older than five minutes."},
	{title: "When we refund without asking", tags: []string{"Refunds"}, agents: true,
		text: "Up to 50 € at first contact, once a year for each customer. Above that, ask a lead."},
	{title: "Webhooks and tokens that fail", tags: []string{"API"}, agents: true, routes: []string{"api"},
		text: "Before you hand it over:\n\n- Ask for the time of one failure, with its time zone.\n- Look for the request in the log of the gateway.\n- Compare the clock of their server with ours: signatures are valid for five minutes.\n- Check in *Settings, API keys* when the secret was changed last.\n\nWhen the log has the request and the secret is current, it is for Engineering."},
	{title: "Pay in instalments", tags: []string{"Billing"}, open: true, text: "From spring on, orders above 200 € can be paid in three parts."},
}

// addArticles writes the knowledge base.
func (d *demo) addArticles(ctx context.Context, admin desk.Agent) error {
	for i := range articles {
		one := &articles[i]
		public, language := !one.agents, "en"
		a := article.Article{ID: desk.NewID[desk.ArticleID](), Owner: admin.ID}
		change := article.Change{Title: &one.title, Text: &one.text, Tags: &one.tags, Public: &public, Language: &language, Attach: &article.Attach{Routes: one.routes}}
		if _, err := change.Apply(&a, func(string) bool { return true }, time.Now()); err != nil {
			return err
		}
		err := d.gate.Store().CreateArticle(ctx, admin, a)
		if desk.KindOf(err) == desk.KindConflict && err != nil { // from an earlier start
			continue
		}
		if err == nil && !one.open {
			err = d.gate.Store().PublishArticle(ctx, admin, a.ID, 0, func(*article.Article) error { return nil })
		}
		if err != nil {
			return err
		}
	}
	return nil
}
