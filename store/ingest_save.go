package store

import (
	"context"
	"strings"

	"switchboard/desk"
	"switchboard/ingest"
)

// Save implements ingest.Tx. Order matters for foreign keys only.
func (t *ingestTx) Save(ctx context.Context, c *ingest.Changes) error {
	for _, step := range []func(context.Context, *ingest.Changes) error{
		t.savePeople, t.saveConversations, t.saveBlobs, t.saveMessages, t.saveRefs, t.saveStints, t.saveReports, t.saveEvents,
		t.saveSessions, t.saveDone,
	} {
		if err := step(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (t *ingestTx) savePeople(ctx context.Context, c *ingest.Changes) error {
	if len(c.Accounts) > 0 {
		var id, name, at, domain, account column
		for _, a := range c.Accounts {
			id.uuid(a.ID)
			name.text(a.Name)
			at.instant(a.CreatedAt)
		}
		for _, d := range c.Domains {
			domain.text(d.Domain)
			account.uuid(d.Account)
		}
		if err := t.exec(ctx, "save accounts", t.q.SaveAccounts, &id, &name, &at); err != nil {
			return err
		}
		if err := t.exec(ctx, "save domains", t.q.SaveDomains, &domain, &account); err != nil {
			return err
		}
	}
	if len(c.Contacts) == 0 {
		return nil
	}
	var id, account, name, at column
	for _, p := range c.Contacts {
		id.uuid(p.ID)
		account.uuid(p.AccountID)
		name.text(p.Name)
		at.instant(p.CreatedAt)
	}
	if err := t.exec(ctx, "save contacts", t.q.SaveContacts, &id, &account, &name, &at); err != nil {
		return err
	}
	var channel, address, contact, trust column
	for _, i := range c.Identities {
		channel.text(string(i.Channel))
		address.text(i.Address)
		contact.uuid(i.Contact)
		trust.text(string(i.Trust))
	}
	return t.exec(ctx, "save identities", t.q.SaveIdentities, &channel, &address, &contact, &trust)
}

func (t *ingestTx) saveConversations(ctx context.Context, c *ingest.Changes) error {
	if len(c.Opened) > 0 {
		if err := t.saveOpened(ctx, c.Opened); err != nil {
			return err
		}
	}
	if len(c.Updated) == 0 {
		return nil
	}
	var id, status, replyTo, participants, preview, inbound, waiting, snoozed, resolved, seq, updated, replied, assignee column
	for _, v := range c.Updated {
		id.uuid(v.ID)
		status.text(string(v.Status))
		replyTo.text(v.ReplyTo)
		participants.list(v.Participants)
		preview.text(v.Preview)
		inbound.instant(v.LastInboundAt)
		waiting.instant(v.WaitingSince)
		snoozed.instant(v.SnoozedUntil)
		resolved.instant(v.ResolvedAt)
		seq.number(v.LastSeq)
		updated.instant(v.UpdatedAt)
		replied.instant(v.LastReplyAt)
		assignee.uuid(v.AssigneeID)
	}
	return t.exec(ctx, "update conversations", t.q.SaveUpdated, &id, &status, &replyTo, &participants, &preview, &inbound,
		&waiting, &snoozed, &resolved, &seq, &updated, &replied, &assignee)
}

func (t *ingestTx) saveOpened(ctx context.Context, opened []*desk.Conversation) error {
	var id, account, contact, subject, channel, status, priority, inbox, tier, tags, restricted, path, version column
	var replyChannel, replyTo, replyFrom, participants, preview, inbound, waiting, seq, created, updated, replied, assignee column
	for _, v := range opened {
		id.uuid(v.ID)
		account.uuid(v.AccountID)
		contact.uuid(v.ContactID)
		subject.text(v.Subject)
		channel.text(string(v.Channel))
		status.text(string(v.Status))
		priority.text(string(v.Priority))
		inbox.uuid(v.InboxID)
		tier.number(int64(v.Tier))
		tags.list(v.Tags)
		restricted.boolean(v.Restricted)
		path.list(v.Path)
		version.number(v.PolicyVersion)
		replyChannel.text(string(v.ReplyChannel))
		replyTo.text(v.ReplyTo)
		replyFrom.text(v.ReplyFrom)
		participants.list(v.Participants)
		preview.text(v.Preview)
		inbound.instant(v.LastInboundAt)
		waiting.instant(v.WaitingSince)
		seq.number(v.LastSeq)
		created.instant(v.CreatedAt)
		updated.instant(v.UpdatedAt)
		replied.instant(v.LastReplyAt)
		assignee.uuid(v.AssigneeID)
	}
	return t.exec(ctx, "open conversations", t.q.SaveOpened, &id, &account, &contact, &subject, &channel, &status, &priority,
		&inbox, &tier, &tags, &restricted, &path, &version, &replyChannel, &replyTo, &replyFrom, &participants, &preview,
		&inbound, &waiting, &seq, &created, &updated, &replied, &assignee)
}

// saveBlobs writes each attachment's body once: a statement may not touch a row twice.
func (t *ingestTx) saveBlobs(ctx context.Context, c *ingest.Changes) error {
	blobs, total := map[string][]byte{}, int64(0)
	for _, m := range c.Messages {
		for _, a := range m.Attachments {
			if _, have := blobs[a.BlobID]; !have {
				total += int64(len(a.Data))
			}
			blobs[a.BlobID] = a.Data
		}
	}
	if len(blobs) == 0 {
		return nil
	}
	var sha, size, bytes column
	bytes.grow(oidBytea, len(blobs), total)
	for id, data := range blobs {
		sha.text(id)
		size.number(int64(len(data)))
		bytes.bytes(data)
	}
	return t.exec(ctx, "save attachments", t.q.SaveBlobs, &sha, &size, &bytes)
}

func (t *ingestTx) saveMessages(ctx context.Context, c *ingest.Changes) error {
	if len(c.Messages) == 0 {
		return nil
	}
	var id, account, channel, raw, messageID, inReplyTo, refs, addrs, from, subject, sent, received column
	var preview, text, html, newText, attachments, auto, list, report, problems, content, direction, author, authentication, signature column
	for i := range c.Messages {
		m := &c.Messages[i]
		id.uuid(m.ID)
		account.uuid(m.Account)
		channel.text(string(m.Channel))
		raw.uuid(m.RawID)
		messageID.text(m.MessageID)
		inReplyTo.list(m.InReplyTo)
		refs.list(m.References)
		addrs.json(addresses{m.Sender, m.From, m.ReplyTo, m.To, m.CC, m.BCC})
		from.text(firstAddress(m.From))
		subject.text(m.Subject)
		sent.instant(m.SentAt)
		received.instant(m.ReceivedAt)
		preview.text(m.Preview)
		text.text(m.TextBody)
		html.text(m.HTMLBody)
		newText.text(m.NewText)
		attachments.json(emptyNotNull(m.Attachments))
		auto.text(string(m.AutoSubmitted))
		list.text(m.ListID)
		if m.Report != nil {
			report.json(m.Report)
		} else {
			report.text("")
		}
		if m.Authentication != nil {
			authentication.json(m.Authentication)
		} else {
			authentication.text("")
		}
		if m.Signature != nil {
			signature.json(m.Signature)
		} else {
			signature.text("")
		}
		problems.json(emptyNotNull(m.Problems))
		content.bytes(m.Content[:])
		direction.text(string(m.Direction))
		author.uuid(m.AuthorID)
	}
	err := t.exec(ctx, "save messages", t.q.SaveMessages, &id, &account, &channel, &raw, &messageID, &inReplyTo, &refs, &addrs, &from,
		&subject, &sent, &received, &preview, &text, &html, &newText, &attachments, &auto, &list, &report, &problems, &content,
		&direction, &author, &authentication, &signature)
	if err != nil {
		return err
	}
	return t.savePlacements(ctx, c)
}

func (t *ingestTx) savePlacements(ctx context.Context, c *ingest.Changes) error {
	var message, conversation, seq, method, evidence column
	for i := range c.Messages {
		m := &c.Messages[i]
		message.uuid(m.ID)
		conversation.uuid(m.ConversationID)
		seq.number(m.Seq)
		method.text(m.ThreadMethod)
		evidence.text(m.ThreadEvidence)
	}
	return t.exec(ctx, "save placements", t.q.SavePlacements, &message, &conversation, &seq, &method, &evidence)
}

// emptyNotNull makes a nil slice the empty JSON array.
func emptyNotNull[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// saveRefs writes each (id, conversation) once: a statement may not touch a row twice.
func (t *ingestTx) saveRefs(ctx context.Context, c *ingest.Changes) error {
	type key struct {
		id           string
		conversation desk.ConversationID
	}
	at := map[key]int{}
	var refs []ingest.Ref
	for _, r := range c.Refs {
		k := key{clean(r.MessageID), r.Conversation}
		if i, ok := at[k]; ok {
			refs[i].Own = refs[i].Own || r.Own
			continue
		}
		at[k] = len(refs)
		refs = append(refs, r)
	}
	if len(refs) == 0 {
		return nil
	}
	var id, conversation, account, own column
	for _, r := range refs {
		id.text(r.MessageID)
		conversation.uuid(r.Conversation)
		account.uuid(r.Account)
		own.boolean(r.Own)
	}
	return t.exec(ctx, "save references", t.q.SaveRefs, &id, &conversation, &account, &own)
}

func (t *ingestTx) saveStints(ctx context.Context, c *ingest.Changes) error {
	if len(c.EndStints) > 0 {
		var id, at column
		for _, s := range c.EndStints {
			id.uuid(s.ID)
			at.instant(s.EndedAt)
		}
		if err := t.exec(ctx, "end stints", t.q.EndStints, &id, &at); err != nil {
			return err
		}
	}
	if len(c.Stints) == 0 {
		return nil
	}
	// A stint that began and ended within the batch is written ended, and last
	// things last: the one running stint of a conversation is unique.
	ended := map[desk.StintID]desk.Stint{}
	for _, s := range c.EndStints {
		ended[s.ID] = s
	}
	var id, conversation, inbox, tier, assignee, on, started, end, reason column
	for _, s := range c.Stints {
		id.uuid(s.ID)
		conversation.uuid(s.ConversationID)
		inbox.uuid(s.InboxID)
		tier.number(int64(s.Tier))
		assignee.uuid(s.AssigneeID)
		on.text(string(s.WaitingOn))
		started.instant(s.StartedAt)
		end.instant(ended[s.ID].EndedAt)
		reason.text(s.Reason)
	}
	return t.exec(ctx, "save stints", t.q.SaveStints, &id, &conversation, &inbox, &tier, &assignee, &on, &started, &end, &reason)
}

func (t *ingestTx) saveEvents(ctx context.Context, c *ingest.Changes) error {
	if len(c.Events) == 0 {
		return nil
	}
	var at, conversation, account, seq, kind, actor, data column
	for _, e := range c.Events {
		at.instant(e.At)
		conversation.uuid(e.ConversationID)
		account.uuid(e.AccountID)
		seq.number(e.Seq)
		kind.text(string(e.Kind))
		actor.text(string(e.Actor))
		data.json(e.Data)
	}
	return t.exec(ctx, "save events", t.q.SaveEvents, &at, &conversation, &account, &seq, &kind, &actor, &data)
}

func (t *ingestTx) saveSessions(ctx context.Context, c *ingest.Changes) error {
	if len(c.Sessions) == 0 {
		return nil
	}
	var id, contact, conversation column
	for _, s := range c.Sessions {
		id.uuid(s.Session)
		contact.uuid(s.Contact)
		conversation.uuid(s.Conversation)
	}
	return t.exec(ctx, "link sessions", t.q.SaveSessions, &id, &contact, &conversation)
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
			err := t.exec(ctx, "record a delivery report", t.q.Report, r.Conversation, clean(r.MessageID),
				strings.ToLower(clean(recipient)), state, clean(r.Recipient.Status), clean(r.Recipient.Diagnostic))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// saveDone marks the raw rows processed. Each must still be ours: a row whose
// lease was lost to another node undoes the whole batch.
func (t *ingestTx) saveDone(ctx context.Context, c *ingest.Changes) error {
	var id, fence, message, again column
	for _, d := range c.Done {
		if d.Again {
			again.uuid(d.Raw)
		}
		id.uuid(d.Raw)
		fence.number(d.Fence)
		message.uuid(d.Message)
	}
	result, err := t.tx.StmtxContext(ctx, t.s.q.raw.Done).ExecContext(ctx, &id, &fence, &message)
	if err != nil {
		return wrap("mark processed", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(len(c.Done)) {
		return desk.Errorf(desk.KindConflict, "%d of %d raw items were taken over by another node", int64(len(c.Done))-n, len(c.Done))
	}
	if again.length == 0 {
		return nil
	}
	return t.exec(ctx, "keep octets once", t.s.q.raw.Share, &again)
}
