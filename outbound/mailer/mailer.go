// Package mailer is the sender for email. It renders a message, stores the bytes
// so that every attempt sends the same ones, and submits them.
package mailer

import (
	"context"
	"errors"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/outbound"
	"switchboard/outbound/render"
	"switchboard/outbound/smtpclient"
)

// Archive stores rendered messages, provides the content of attachments and records
// how far attempts got.
type Archive interface {
	// Rendering returns the bytes a message was rendered to; false: not yet.
	Rendering(ctx context.Context, id desk.MessageID) ([]byte, bool, error)
	// Blob returns an attachment's content by its BlobID.
	Blob(ctx context.Context, id string) ([]byte, error)
	// BeginContent records durably that the attempt of d's claim is about to send the
	// content, which it stores unless it is nil or some is stored already, and returns what
	// has to be sent: the stored one. An error, for example KindConflict if the claim has
	// passed to another node, means that it must not.
	BeginContent(ctx context.Context, d desk.Delivery, rendering []byte) ([]byte, error)
}

// Submitter makes one attempt to submit a mail: a *smtpclient.Client to a smarthost.
type Submitter interface {
	Submit(ctx context.Context, m smtpclient.Mail) desk.Result
}

// ReplyAddress adds a reply token to base, one of the configured addresses. The
// token identifies the conversation and the recipient.
type ReplyAddress func(base string, c desk.ConversationID, recipient string) string

// Sign adds signatures to the bytes of a mail from an address.
type Sign func(from string, message []byte) ([]byte, error)

// Complete adds to a message what is not stored with it.
type Complete func(ctx context.Context, m *desk.Message) error

// Options are what a Mailer adds to mail. All may be nil.
type Options struct {
	ReplyAddress ReplyAddress
	Complete     Complete
	Sign         Sign
}

// Mailer is the outbound.Sender for desk.ChannelEmail. It is safe for concurrent
// use.
type Mailer struct {
	client       Submitter
	archive      Archive
	replyAddress ReplyAddress
	complete     Complete
	sign         Sign
}

var _ outbound.Sender = (*Mailer)(nil)

// New returns a Mailer. All recipients receive the same bytes, so the token in Reply-To
// is that of the primary recipient; the one in the reverse-path is each recipient's own,
// so that a bounce identifies them.
func New(client Submitter, archive Archive, opt Options) *Mailer {
	m := &Mailer{client: client, archive: archive, replyAddress: opt.ReplyAddress, complete: opt.Complete, sign: opt.Sign}
	if m.replyAddress == nil {
		m.replyAddress = func(base string, _ desk.ConversationID, _ string) string { return base }
	}
	if m.sign == nil {
		m.sign = func(_ string, message []byte) ([]byte, error) { return message, nil }
	}
	return m
}

// Send implements outbound.Sender.
func (m *Mailer) Send(ctx context.Context, msg desk.Message, d desk.Delivery) (desk.Result, error) {
	data, stored, err := m.rendering(ctx, msg)
	if err != nil && desk.KindOf(err) == desk.KindInvalid {
		return desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.6.0", Detail: err.Error()}, nil
	}
	if err != nil {
		return desk.Result{}, err
	}
	if !imf.ValidAddr(d.Recipient) {
		return desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.1.3", Detail: "the recipient's address is not a valid email address"}, nil
	}
	mail := smtpclient.Mail{To: d.Recipient, EnvelopeID: d.EnvelopeID, Data: data}
	if len(msg.From) > 0 {
		mail.Author = imf.NormalizeAddr(msg.From[0].Email)
	}
	if d.ReturnPath != "" { // automatic responses use the null reverse-path (RFC 3834 §3.3)
		mail.From = m.replyAddress(d.ReturnPath, d.ConversationID, d.Recipient)
	}
	var refused error
	mail.Begin = func(ctx context.Context) (content []byte, err error) {
		if stored {
			_, refused = m.archive.BeginContent(ctx, d, nil)
			return data, refused
		}
		content, refused = m.archive.BeginContent(ctx, d, data)
		return content, refused
	}
	r := m.client.Submit(ctx, mail)
	if errors.Is(refused, outbound.ErrArrived) { // what was reported takes the place of this result
		return desk.Result{State: desk.DeliveryUnknown, Server: r.Server, Detail: "not sent again"}, nil
	}
	return r, refused
}

// rendering returns the message's bytes, and whether they are stored. They are rendered and
// signed at the first attempt, and do not change after one has sent them.
func (m *Mailer) rendering(ctx context.Context, msg desk.Message) (b []byte, stored bool, err error) {
	if b, stored, err = m.archive.Rendering(ctx, msg.ID); err != nil || stored {
		return b, stored, err
	}
	if m.complete != nil {
		if err := m.complete(ctx, &msg); err != nil {
			return nil, false, err
		}
	}
	for i := range msg.Attachments {
		p := &msg.Attachments[i]
		if p.Data != nil {
			continue
		}
		if p.Data, err = m.archive.Blob(ctx, p.BlobID); err != nil {
			return nil, false, err
		}
	}
	var replyTo string
	if len(msg.From) > 0 && len(msg.To) > 0 {
		replyTo = m.replyAddress(msg.From[0].Email, msg.ConversationID, msg.To[0].Email)
		if replyTo == msg.From[0].Email {
			replyTo = ""
		}
	}
	if b, err = render.Message(msg, replyTo); err != nil {
		return nil, false, err
	}
	b, err = m.sign(imf.ASCIIAddr(msg.From[0].Email), b)
	return b, false, err
}
