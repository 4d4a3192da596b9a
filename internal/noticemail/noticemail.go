// Package noticemail sends agents the notices that they have not seen in the console.
package noticemail

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/agentmail"
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
	mail  *agentmail.Mailer
	opt   Options
}

// New returns a Sender.
func New(queue Queue, smtp agentmail.Submitter, opt Options) *Sender {
	return &Sender{queue, agentmail.New(smtp, agentmail.Options{From: opt.From, Own: opt.Own, Render: opt.Render}), opt}
}

// batch is how many notices are claimed at once: one, because the lease of a claim begins for
// all of them, and a slow server may take minutes for each.
const batch = 1

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
	if failure, again = s.mail.Send(ctx, &n.To, Compose(&n, &s.opt), n.Attempts); failure == "" {
		s.opt.Log.InfoContext(ctx, "NoticeSent", "notice", n.ID, "agent", n.To.ID, "conversation", n.Conversation)
	}
	return failure, again
}

// withheld returns why a notice is not sent at all, or an empty text.
func (s *Sender) withheld(n *Notice) string {
	if why := s.mail.Withheld(&n.To); why != "" {
		return why
	}
	switch {
	case n.Kind == desk.NoticeTargets && !n.To.Admin && len(n.To.Leads) == 0:
		return "the agent is neither an admin nor a lead any more"
	case n.Kind != desk.NoticeTargets && n.Conversation.IsZero() && !n.To.Admin:
		return "the agent is no longer an admin"
	case !n.Conversation.IsZero() && !n.To.CanRead(&desk.Conversation{Restricted: n.Restricted, Tier: n.Tier, InboxID: n.InboxID}):
		return "the agent may not read the conversation"
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
	case n.Conversation.IsZero(): // something about the desk
		about, _, _ = strings.Cut(text, "\n")
		about = imf.OneLine(about)
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
		b.WriteString(opt.PublicURL + "/#/" + pageOf(n) + "\n")
	default:
		b.WriteString(opt.PublicURL + "/#/c/" + n.Conversation.String() + "\n")
	}
	if n.Kind == desk.NoticePage {
		b.WriteString("\nAcknowledge the page in the console: it is repeated until somebody does.\n")
	}
	b.WriteString("\nYou get this mail because you have not acknowledged the notice in the console. Answers to it are not sent to the customer.\n")
	m := agentmail.Letter(opt.From, &n.To)
	m.MessageID, m.SentAt = "notice."+n.ID.String()+"."+n.To.ID.String()+"@"+opt.Domain, n.At
	m.Subject, m.TextBody = what+": "+about, b.String()
	return m
}

// pageOf is the page of the console that a notice about the desk leads to.
func pageOf(n *Notice) string {
	switch {
	case n.Kind != desk.NoticeTargets:
		return "webhooks"
	case n.To.Admin:
		return "policy"
	}
	return "reports"
}
