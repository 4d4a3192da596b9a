package store

import (
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
)

type viewMessageQueries struct {
	List       *sqlx.Stmt `query:"view-messages"`
	Get        *sqlx.Stmt `query:"view-message"`
	Trail      *sqlx.Stmt `query:"view-trail"`
	Bytes      *sqlx.Stmt `query:"view-message-bytes"`
	Attachment *sqlx.Stmt `query:"view-attachment"`
}

// messageView is a view.Message as the driver reads it.
type messageView struct {
	view.Message
	InReplyTo      pq.StringArray
	References     pq.StringArray
	Addresses      []byte
	Attachments    []byte
	Report         []byte
	Problems       []byte
	Authentication []byte
	Signature      []byte
	Deliveries     []byte
}

func (r *messageView) view() (view.Message, error) {
	v := r.Message
	v.InReplyTo, v.References = list(r.InReplyTo), list(r.References)
	v.Author = named(v.Author)
	var who struct {
		From    []desk.Address `json:"from"`
		To      []desk.Address `json:"to"`
		CC      []desk.Address `json:"cc"`
		BCC     []desk.Address `json:"bcc"`
		ReplyTo []desk.Address `json:"reply_to"`
	}
	var parts []desk.Part
	for _, j := range []struct {
		from []byte
		to   any
	}{{r.Addresses, &who}, {r.Attachments, &parts}, {r.Report, &v.Report}, {r.Problems, &v.Problems}, {r.Authentication, &v.Authentication}, {r.Signature, &v.Signature},
		{r.Deliveries, &v.Deliveries}} {
		if len(j.from) == 0 {
			continue
		}
		if err := json.Unmarshal(j.from, j.to); err != nil {
			return v, desk.Errorf(desk.KindInternal, "message %s in the database: %w", v.ID, err)
		}
	}
	v.From, v.To, v.CC, v.BCC, v.ReplyTo = list(who.From), list(who.To), list(who.CC), list(who.BCC), list(who.ReplyTo)
	v.Problems, v.Deliveries, v.Attachments = list(v.Problems), list(v.Deliveries), make([]view.Attachment, len(parts))
	for i, p := range parts {
		v.Attachments[i] = view.Attachment{PartID: p.PartID, Name: p.Name, Type: p.Type, Size: p.Size, Disposition: p.Disposition, CID: p.CID, BlobID: p.BlobID,
			Location: p.Location, Picture: p.Picture}
	}
	if v.Report != nil {
		v.Report.Recipients = list(v.Report.Recipients)
	}
	utc(&v.SentAt, &v.ReceivedAt)
	for i := range v.Deliveries {
		utc(&v.Deliveries[i].UpdatedAt, v.Deliveries[i].NextAttemptAt)
	}
	return v, nil
}

// Messages lists a conversation's messages with numbers above after, oldest first;
// none if the agent may not see the conversation.
func (s *Store) Messages(ctx context.Context, as desk.Agent, id desk.ConversationID, after int64, limit int) ([]view.Message, error) {
	limits, tiers := viewer(as)
	var rows []messageView
	if err := s.q.viewMessage.List.SelectContext(ctx, &rows, limits, tiers, id, after, limit); err != nil {
		return nil, wrap("list messages", err)
	}
	out := make([]view.Message, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].view(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Message returns a message; KindNotFound if the agent may not see it. Of several
// conversations with the message, it is in the oldest that the agent may see.
func (s *Store) Message(ctx context.Context, as desk.Agent, id desk.MessageID) (view.Message, error) {
	limits, tiers := viewer(as)
	var row messageView
	if err := s.q.viewMessage.Get.GetContext(ctx, &row, limits, tiers, id); err != nil {
		return view.Message{}, missing("message", err)
	}
	return row.view()
}

// Trail returns what happened to each recipient's copy of a message, which the caller has
// read: whoever may see it may see that.
func (s *Store) Trail(ctx context.Context, id desk.MessageID) ([]view.Trail, error) {
	var rows []struct {
		view.Trail
		Tries []byte
	}
	if err := s.q.viewMessage.Trail.SelectContext(ctx, &rows, id); err != nil {
		return nil, wrap("read a delivery trail", err)
	}
	out := make([]view.Trail, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.Tries, &r.Trail.Attempts); err != nil {
			return nil, desk.Errorf(desk.KindInternal, "attempts of delivery %s in the database: %w", r.ID, err)
		}
		utc(&r.CreatedAt, r.NextAttemptAt)
		for k := range r.Trail.Attempts {
			utc(&r.Trail.Attempts[k].At)
		}
		out[i] = r.Trail
	}
	return out, nil
}

// MessageBytes returns the original of a message, as it was received or sent: a
// mail, or a chat line or form submission as JSON. KindNotFound if there is none.
func (s *Store) MessageBytes(ctx context.Context, as desk.Agent, id desk.MessageID) (view.File, error) {
	limits, tiers := viewer(as)
	var row struct {
		Channel desk.Channel
		Bytes   []byte
	}
	if err := s.q.viewMessage.Bytes.GetContext(ctx, &row, limits, tiers, id); err != nil {
		return view.File{}, missing("original", err)
	}
	f := view.File{Name: id.String() + ".eml", Type: "message/rfc822", Bytes: row.Bytes}
	if len(row.Bytes) > 0 && row.Bytes[0] == '{' && row.Channel != desk.ChannelEmail {
		f.Name, f.Type = id.String()+".json", "application/json"
	}
	return f, nil
}

// Attachment returns a file of a message; KindNotFound if the agent may not see
// the message or it has no such part.
func (s *Store) Attachment(ctx context.Context, as desk.Agent, id desk.MessageID, part string) (view.File, error) {
	limits, tiers := viewer(as)
	var f view.File
	if err := s.q.viewMessage.Attachment.GetContext(ctx, &f, limits, tiers, id, clean(part)); err != nil {
		return view.File{}, missing("attachment", err)
	}
	return f, nil
}

// missing returns a readable KindNotFound, or the database's error.
func missing(what string, err error) error {
	if kindOf(err) == desk.KindNotFound {
		return desk.Errorf(desk.KindNotFound, "no such %s", what)
	}
	return wrap("read "+what, err)
}
