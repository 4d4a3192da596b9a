// Package noticemail sends agents the notices that they have not seen in the console.
package noticemail

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// Notice is a notice to be sent by mail.
type Notice struct {
	ID           desk.NoticeID
	To           desk.Agent
	Kind         desk.NoticeKind
	Text         string
	At           time.Time
	Attempts     int // with this one
	Conversation desk.ConversationID
	Number       int64
	Subject      string
	Restricted   bool
	Tier         desk.Tier
	InboxID      desk.InboxID
}

// Queue has the notices that are to be sent.
type Queue interface {
	// ClaimNotices returns notices that have not been acknowledged for some time, for one
	// attempt, which no other node makes meanwhile.
	ClaimNotices(ctx context.Context, age time.Duration, limit int) ([]Notice, error)
	// NoticeMailed records the result of an attempt: why it failed, and when to try
	// again; the zero time: never.
	NoticeMailed(ctx context.Context, n Notice, failure string, again time.Time) error
}

// Submitter submits automatic mail.
type Submitter interface {
	// SubmitAutomatic makes one attempt to submit a message of the given author with the null
	// reverse-path: a report about it would only open a conversation (RFC 3834 §3.3).
	SubmitAutomatic(ctx context.Context, from, to string, data []byte) desk.Result
}

// Options configures a Sender. Own and URL may be nil.
type Options struct {
	From   string        // the sender's address
	Domain string        // the domain of the Message-IDs
	Age    time.Duration // how long a notice waits to be acknowledged
	// Own reports whether an address belongs to the desk: a mail to it would come back.
	Own func(address string) bool
	// PublicURL is where agents reach the console, without a slash at its end; may be empty.
	PublicURL string
	// Render turns a message into bytes, as outbound/render does. Required.
	Render func(m desk.Message, replyTo string) ([]byte, error)
	Log    *slog.Logger
}

// Sender sends notices.
type Sender struct {
	queue Queue
	smtp  Submitter
	opt   Options
}

// New returns a Sender.
func New(queue Queue, smtp Submitter, opt Options) *Sender { return &Sender{queue, smtp, opt} }

const (
	// batch is how many notices are claimed at once: one, because the lease of a claim
	// begins for all of them, and a slow server may take minutes for each.
	batch    = 1
	attempts = 6 // within about an hour and a half
)

// Send sends what is due, and returns whether there may be more.
func (s *Sender) Send(ctx context.Context) (more bool, err error) {
	due, err := s.queue.ClaimNotices(ctx, s.opt.Age, batch)
	if err != nil {
		return false, err
	}
	for _, n := range due {
		failure, again := s.send(ctx, n)
		if ctx.Err() != nil {
			return false, ctx.Err() // its lease ends by itself
		}
		if failure != "" {
			s.opt.Log.WarnContext(ctx, "NoticeNotSent", "notice", n.ID, "agent", n.To.ID, "conversation", n.Conversation, "error", failure, "again", again)
		}
		if err := s.queue.NoticeMailed(ctx, n, failure, again); err != nil {
			return false, err
		}
	}
	return len(due) == batch, nil
}

// send makes one attempt. It returns why it failed, and when to try again.
func (s *Sender) send(ctx context.Context, n Notice) (failure string, again time.Time) {
	if why := s.withheld(&n); why != "" {
		return why, time.Time{}
	}
	// Programs that answer even automatic mail answer to Reply-To: not to the desk, where that
	// would be a new conversation.
	data, err := s.opt.Render(Compose(&n, &s.opt), n.To.Email)
	if err != nil {
		return err.Error(), time.Time{}
	}
	r := s.smtp.SubmitAutomatic(ctx, s.opt.From, n.To.Email, data)
	switch {
	case r.State == desk.DeliverySent || r.State == desk.DeliveryDelivered:
		s.opt.Log.InfoContext(ctx, "NoticeSent", "notice", n.ID, "agent", n.To.ID, "conversation", n.Conversation)
		return "", time.Time{}
	case r.State == desk.DeliveryDelayed && n.Attempts < attempts:
		return r.Detail, time.Now().Add(time.Minute << n.Attempts)
	}
	// Refused, or its fate is not known: a second copy would not help anybody.
	if r.Code != 0 {
		return strconv.Itoa(r.Code) + " " + r.Detail, time.Time{}
	}
	return r.Detail, time.Time{}
}

// withheld returns why a notice is not sent at all, or an empty text.
func (s *Sender) withheld(n *Notice) string {
	switch {
	case n.To.Disabled:
		return "the agent can no longer sign in"
	case n.Conversation.IsZero() && !n.To.Admin:
		return "the agent is no longer an admin"
	case !n.Conversation.IsZero() && !n.To.CanRead(&desk.Conversation{Restricted: n.Restricted, Tier: n.Tier, InboxID: n.InboxID}):
		return "the agent may not read the conversation"
	case !imf.ValidAddr(n.To.Email):
		return "the agent's address is not a valid email address"
	case s.opt.Own != nil && s.opt.Own(n.To.Email):
		return "the agent's address is one of the desk's own"
	}
	return ""
}

// Compose returns the mail of a notice. A mail is kept and forwarded in places that the
// desk does not know, so it has nothing of a restricted conversation, and nothing that
// customers wrote for agents who may not see addresses.
func Compose(n *Notice, opt *Options) desk.Message {
	number := "#" + strconv.FormatInt(n.Number, 10)
	about, text := number+" "+imf.OneLine(n.Subject), n.Text
	switch {
	case n.Restricted:
		about, text = number, "A restricted conversation needs your attention."
	case n.Conversation.IsZero(): // something about the desk, for admins
		about = imf.OneLine(text)
	case n.To.Masked():
		about = number
	}
	what := "Notice"
	if n.Kind == desk.NoticePage {
		what = "Page"
	}
	var b strings.Builder
	b.WriteString(text + "\n\n")
	if !n.Conversation.IsZero() {
		b.WriteString("Conversation " + about + "\n")
	}
	switch {
	case opt.PublicURL == "":
	case n.Conversation.IsZero():
		b.WriteString(opt.PublicURL + "/#/webhooks\n")
	default:
		b.WriteString(opt.PublicURL + "/#/c/" + n.Conversation.String() + "\n")
	}
	if n.Kind == desk.NoticePage {
		b.WriteString("\nAcknowledge the page in the console: it is repeated until somebody does.\n")
	}
	b.WriteString("\nYou get this mail because you have not acknowledged the notice in the console. Answers to it are not sent to the customer.\n")
	return desk.Message{
		MessageID: "notice." + n.ID.String() + "." + n.To.ID.String() + "@" + opt.Domain, SentAt: n.At,
		From: []desk.Address{{Name: "Switchboard", Email: opt.From}}, To: []desk.Address{{Name: n.To.Name, Email: n.To.Email}},
		Subject: what + ": " + about, TextBody: b.String(), AutoSubmitted: desk.AutoGenerated,
	}
}
