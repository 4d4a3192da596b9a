// Package responder carries out what package autoreply decides: it answers messages and
// asks customers how it was, each in a transaction of its own, on any number of nodes.
package responder

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/autoreply"
	"switchboard/internal/survey"
	"switchboard/lifecycle"
	"switchboard/router"
	"switchboard/router/sla"
)

// Store runs the transactions.
type Store interface {
	// AnswerNext takes what is due first, if anything is, and runs fn for it in a
	// transaction that holds the lock of its conversation.
	AnswerNext(ctx context.Context, fn func(Tx, desk.AutomaticDue) error) (found bool, err error)
}

// Tx is one decision's view of the database.
type Tx interface {
	Articles
	// Now returns the transaction's instant.
	Now() time.Time
	State(id desk.ConversationID) lifecycle.State
	// Timezone returns that of an account; "" if it is not known.
	Timezone(ctx context.Context, id desk.AccountID) (string, error)
	// Used returns what was sent before. From then on until the end of the transaction no
	// other one can send.
	Used(ctx context.Context, q Question) (autoreply.Used, autoreply.Traffic, error)
	// Customer returns what is known about the customer of a conversation who would be
	// asked about it.
	Customer(ctx context.Context, id desk.ConversationID) (desk.AutomaticFacts, error)
	// Ask records a survey whose mail is saved.
	Ask(ctx context.Context, s *desk.Survey) error
	// Sent records a mail for the budgets.
	Sent(ctx context.Context, m Sent) error
	// Stop stops all automatic mail until an instant.
	Stop(ctx context.Context, until time.Time, reason string) error
	// Save writes the changes.
	Save(ctx context.Context, c *desk.Changes) error
}

// Question is what the budgets of a mail are about.
type Question struct {
	Kind         desk.AutomaticKind
	Conversation desk.ConversationID
	Contact      desk.ContactID // a survey counts for all their addresses
	Address      string
	Organization string
	Fingerprint  string
	Interval     time.Duration // for mails of the kind to the address
}

// Sent is an automatic mail that is sent.
type Sent struct {
	Question
	Message  desk.MessageID
	Verified bool
}

// Options configures a Responder.
type Options struct {
	// Policy returns what lifecycle needs to know, as it is now. Required.
	Policy    func() lifecycle.Policy
	MessageID func(desk.MessageID) string // required
	// Mail is set if mail can be sent at all.
	Mail bool
	// Links makes the links of surveys.
	Links *survey.Links
	// ArticleURL returns the public page of an article; nil: there are no public pages.
	ArticleURL func(language, slug string) string
	Log        *slog.Logger // required
	// Committed is called after a commit; may be nil.
	Committed func()
	// Decided is called after the commit with what came of a decision: "sent", or the rule
	// that withheld the mail; may be nil.
	Decided func(kind desk.AutomaticKind, result string)
}

// poll bounds how long a message waits whose wake-up was lost.
const poll = 2 * time.Second

// Responder decides about what is due.
type Responder struct {
	store Store
	opt   Options
	wake  chan struct{}
}

// New returns a Responder; Run starts it.
func New(s Store, opt Options) *Responder {
	if opt.Committed == nil {
		opt.Committed = func() {}
	}
	if opt.Decided == nil {
		opt.Decided = func(desk.AutomaticKind, string) {}
	}
	return &Responder{store: s, opt: opt, wake: make(chan struct{}, 1)}
}

// Wake says that something may be due. It never blocks.
func (r *Responder) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run decides about what is due until ctx ends. Errors are logged, and tried again.
func (r *Responder) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		case <-timer.C:
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = r.Next(ctx); err != nil && ctx.Err() == nil {
				r.opt.Log.WarnContext(ctx, "AnswerFailed", "error", err)
			}
		}
		timer.Reset(poll)
	}
}

// Next decides about what is due first. It returns false if nothing was.
func (r *Responder) Next(ctx context.Context) (found bool, err error) {
	var w work
	found, err = r.store.AnswerNext(ctx, func(tx Tx, due desk.AutomaticDue) error {
		w = work{Responder: r, tx: tx, due: due, policy: r.opt.Policy()}
		return w.do(ctx)
	})
	if err == nil && w.done != "" {
		r.opt.Committed()
		r.opt.Decided(w.kind, w.done)
		r.opt.Log.InfoContext(ctx, "AnswerDecided", "conversation", w.due.ConversationID, "kind", w.kind, "result", w.done, "reason", w.reason)
	}
	return found, err
}

// work is one transaction.
type work struct {
	*Responder
	tx     Tx
	due    desk.AutomaticDue
	policy lifecycle.Policy
	kind   desk.AutomaticKind

	state    lifecycle.State
	inbox    router.Inbox
	calendar *sla.Calendar
	template router.Template
	article  *view.HelpArticle // that answers; nil: none does

	done, reason string // what came of it
}

// do decides, and writes the result.
func (w *work) do(ctx context.Context) error {
	w.state = w.tx.State(w.due.ConversationID)
	var changes desk.Changes
	if err := w.chooseArticle(ctx, &changes); err != nil {
		return err
	}
	if !w.choose() { // the policy has changed, or its article is not there
		if w.done == "" {
			return nil
		}
		w.kind = desk.AutomaticArticle
		return w.tx.Save(ctx, &changes)
	}
	if w.kind == desk.AutomaticSurvey {
		if err := w.customer(ctx); err != nil {
			return err
		}
	}
	in := w.input()
	if w.kind == desk.AutomaticArticle && in.Facts.Channel == desk.ChannelChat {
		in.Facts.Address = w.state.Conversation.ReplyTo // the session
	}
	w.due.Facts.Address = in.Facts.Address
	q := Question{Kind: w.kind, Conversation: w.due.ConversationID, Contact: w.state.Conversation.ContactID, Address: in.Facts.Address, Organization: autoreply.Organization(in.Facts.Address),
		Fingerprint: in.Facts.Fingerprint, Interval: in.Interval()}
	d := w.decide(&in)
	var traffic autoreply.Traffic
	if d.Send { // the budgets are only asked, and locked, if nothing else objects
		var err error
		if in.Used, traffic, err = w.tx.Used(ctx, q); err != nil {
			return err
		}
		d = w.decide(&in)
	}
	if d.Send {
		if why := traffic.Trips(); why != "" {
			if err := w.stop(ctx, why, &changes); err != nil {
				return err
			}
			in.Used.Stopped = w.tx.Now().Add(autoreply.BreakerPause)
			d = w.decide(&in)
		}
	}
	if !d.Send {
		w.done, w.reason = d.Rule, d.Reason
		return w.record(ctx, &changes, lifecycle.Record{By: desk.ActorSystem, Data: desk.AutomaticWithheld{Automatic: w.kind, MessageID: w.due.MessageID,
			Rule: d.Rule, Reason: d.Reason}})
	}
	return w.send(ctx, &changes, Sent{Question: q, Verified: in.Verified()})
}

// choose finds the inbox, what is sent and its template. It returns false if nothing is.
func (w *work) choose() bool {
	if w.policy.Rules == nil {
		return false
	}
	rules, policy, ok := w.policy.InboxFor(&w.state.Conversation)
	if !ok {
		return false
	}
	w.inbox = rules
	if w.due.Kind == desk.AutomaticSurvey {
		return w.chooseSurvey()
	}
	w.calendar, _ = policy.Calendar(rules.Calendar)
	if w.article != nil {
		w.kind = desk.AutomaticArticle
		return true
	}
	if w.due.Facts.Channel == desk.ChannelChat {
		return false // what else there is, is mail
	}
	w.kind, w.template, ok = autoreply.Choose(rules, w.calendar, w.tx.Now())
	return ok
}

// decide asks the gate.
func (w *work) decide(in *autoreply.Input) autoreply.Decision {
	if !w.opt.Mail && (w.kind != desk.AutomaticArticle || in.Facts.Channel != desk.ChannelChat) {
		return autoreply.Decision{Rule: "no-smarthost", Reason: "no mail server is configured that mail can be sent over"}
	}
	if w.kind == desk.AutomaticSurvey && !w.opt.Links.Usable() {
		return autoreply.Decision{Rule: "no-public-url", Reason: "public_url is not configured, below which the customer would answer"}
	}
	return autoreply.Decide(*in)
}

// input returns what the decision depends on, without the budgets.
func (w *work) input() autoreply.Input {
	c := &w.state.Conversation
	in := autoreply.Input{Facts: w.due.Facts, Limits: autoreply.Default, At: w.tx.Now(),
		Settings: settings(w.kind, &w.inbox.Automatic),
		Conversation: autoreply.Conversation{Closed: c.Status == desk.StatusClosed || !c.MergedInto.IsZero(), Restricted: c.Restricted,
			Answered: !c.LastReplyAt.IsZero(), Spam: autoreply.MarkedSpam(c)}}
	if w.policy.Own != nil && w.policy.Own(in.Facts.Address) {
		in.Facts.Own = true
	}
	ours := autoreply.Answered()
	for _, t := range []*router.Template{w.inbox.Automatic.Acknowledge, w.inbox.Automatic.OutOfHours} {
		if t != nil {
			ours = append(ours, *t)
		}
	}
	values := autoreply.Values(c, w.inbox)
	in.Echoes = slices.ContainsFunc(ours, func(t router.Template) bool {
		return autoreply.Echoes(in.Facts.Subject, router.Fill(t.Subject, values))
	})
	return in
}

// send writes the mail as a message of the conversation that changes nothing else about it.
func (w *work) send(ctx context.Context, changes *desk.Changes, sent Sent) error {
	c := &w.state.Conversation
	values := autoreply.Values(c, w.inbox)
	if w.kind == desk.AutomaticOutOfHours {
		zone, err := w.tx.Timezone(ctx, c.AccountID)
		if err != nil {
			return err
		}
		autoreply.AddOpening(values, w.calendar, zone, w.tx.Now())
	}
	var ask desk.Survey
	if w.kind == desk.AutomaticSurvey {
		ask = w.survey()
		values["links"] = w.opt.Links.Text(&ask)
	}
	mail := autoreply.Mail{Kind: w.kind, Conversation: c, Inbox: w.inbox, Facts: w.due.Facts, Template: w.template, Values: values, At: w.tx.Now(), MessageID: w.opt.MessageID}
	if err := w.addArticles(ctx, &mail); err != nil {
		return err
	}
	m, delivery := mail.Compose()
	out, err := lifecycle.Apply(w.state, lifecycle.Reply{Automatic: true, Data: desk.MessageSent{MessageSummary: m.Summary(), To: m.To, Automatic: w.kind}}, w.policy, w.tx.Now())
	if err != nil {
		return err
	}
	out.AddTo(changes)
	m.Seq = out.Announced
	changes.AddMessage(&m, c.AccountID, [32]byte{}, w.tx.Now())
	changes.Refs = append(changes.Refs, desk.ThreadRef{MessageID: m.MessageID, Conversation: c.ID, Account: c.AccountID, Own: true})
	changes.Deliveries = append(changes.Deliveries, delivery)
	if err := w.tx.Save(ctx, changes); err != nil {
		return err
	}
	if w.kind == desk.AutomaticSurvey {
		ask.MessageID = m.ID
		if err := w.tx.Ask(ctx, &ask); err != nil {
			return err
		}
	}
	sent.Message = m.ID
	w.done = "sent"
	return w.tx.Sent(ctx, sent)
}

// record writes an entry of the history.
func (w *work) record(ctx context.Context, changes *desk.Changes, e lifecycle.Event) error {
	out, err := lifecycle.Apply(w.state, e, w.policy, w.tx.Now())
	if err != nil {
		return err
	}
	out.AddTo(changes)
	return w.tx.Save(ctx, changes)
}

// stop opens the circuit breaker, and tells the admins.
func (w *work) stop(ctx context.Context, why string, changes *desk.Changes) error {
	until := w.tx.Now().Add(autoreply.BreakerPause)
	w.opt.Log.ErrorContext(ctx, "AutomaticMailStopped", "until", until, "reason", why)
	changes.Notices = append(changes.Notices, desk.Notice{ID: desk.NewID[desk.NoticeID](), ConversationID: w.due.ConversationID, InboxID: w.state.Conversation.InboxID,
		To: "admins", Kind: desk.NoticeEscalation, Rule: "automatic mail", At: w.tx.Now(),
		Text: "Automatic mail to customers is stopped until " + until.UTC().Format("15:04 MST") + ": " + why + ". Look for a loop or an attack; this conversation was the last one."})
	return w.tx.Stop(ctx, until, why)
}
