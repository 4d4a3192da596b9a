package store

import (
	"context"
	"strings"

	"switchboard/desk"
	"switchboard/ingest"
)

// Save implements ingest.Tx.
func (t *ingestTx) Save(ctx context.Context, c *ingest.Changes) error {
	out := &desk.Changes{Accounts: c.Accounts, Contacts: c.Contacts, Opened: c.Opened, Updated: c.Updated, Begun: c.Stints}
	for _, d := range c.Domains {
		out.Domains = append(out.Domains, desk.AccountDomain(d))
	}
	for _, i := range c.Identities {
		out.Identities = append(out.Identities, desk.ContactIdentity{Contact: i.Contact,
			Identity: desk.Identity{Channel: i.Channel, Address: i.Address, Trust: i.Trust}})
	}
	for i := range c.Messages {
		m := &c.Messages[i]
		out.AddMessage(&m.Message, m.Account, m.Content, t.now)
	}
	for _, r := range c.Refs {
		out.Refs = append(out.Refs, desk.ThreadRef(r))
	}
	for _, s := range c.EndStints {
		out.EndStint(s)
	}
	on := map[desk.ConversationID]desk.WaitingOn{}
	for _, s := range out.Begun {
		if s.EndedAt.IsZero() {
			on[s.ConversationID] = s.WaitingOn
		}
	}
	for _, list := range [][]*desk.Conversation{out.Opened, out.Updated} {
		for _, v := range list {
			if w := on[v.ID]; w != "" {
				v.WaitingOn = w
			}
		}
	}
	out.Events = c.Events
	for _, s := range c.Sessions {
		out.Sessions = append(out.Sessions, desk.SessionLink(s))
	}
	for _, d := range c.Done {
		out.Processed = append(out.Processed, desk.ProcessedRaw{Raw: d.Raw, Fence: d.Fence, Message: d.Message, Duplicate: d.Again})
	}
	if err := t.s.write(ctx, t.tx, out); err != nil {
		return err
	}
	return t.saveReports(ctx, c)
}

// reportStates says what a DSN's action (RFC 3464 §2.3.3) makes of a delivery. A
// delay is the next hop's: for us it stays sent, or we would send it again.
var reportStates = map[string]desk.DeliveryState{
	"failed": desk.DeliveryFailed, "delayed": desk.DeliverySent, "delivered": desk.DeliveryDelivered,
	"relayed": desk.DeliverySent, "expanded": desk.DeliverySent,
}

func (t *ingestTx) saveReports(ctx context.Context, c *ingest.Changes) error {
	for _, r := range c.Reports {
		state, ok := reportStates[r.Recipient.Action]
		if !ok {
			continue
		}
		for _, recipient := range []string{r.Recipient.Recipient, r.Recipient.Original} {
			_, err := t.tx.StmtxContext(ctx, t.s.q.ingest.Report).ExecContext(ctx, r.Conversation, clean(r.MessageID),
				strings.ToLower(clean(recipient)), state, clean(r.Recipient.Status), clean(r.Recipient.Diagnostic))
			if err != nil {
				return wrap("record a delivery report", err)
			}
		}
	}
	return nil
}
