package gateway

import (
	"context"
	"errors"
	"time"

	"switchboard/channels"
	"switchboard/channels/livechat"
	"switchboard/desk"
	"switchboard/internal/health"
	"switchboard/internal/responder"
	"switchboard/internal/survey"
	"switchboard/internal/survey/page"
	"switchboard/router"
	"switchboard/store"
)

// automaticMail is the name of the circuit breaker among the channels.
const automaticMail = "automatic mail"

// stoppedInterval is how often the circuit breaker is looked at.
const stoppedInterval = 10 * time.Second

// usesAutomatic reports whether the policy has automatic mail in any inbox.
func usesAutomatic(p *router.Policy) bool {
	for _, in := range p.Inboxes() {
		if in.Automatic.Answers() || in.Automatic.Survey != nil {
			return true
		}
	}
	return false
}

// automaticStopped is the check of the circuit breaker.
func (g *Gateway) automaticStopped(ctx context.Context, _ channels.Sink) (hint, fault error) {
	until, reason, err := g.store.AutomaticStopped(ctx)
	switch {
	case err != nil:
		return nil, err
	case !until.IsZero():
		return nil, &channels.Fault{Err: errors.New("automatic mail to customers is stopped until " + until.Format("15:04 MST") + ": " + reason),
			Advice: "Look for a loop or an attack in the latest conversations; it continues by itself."}
	}
	return nil, nil
}

// buildResponder builds what sends automatic mail to customers. Without a smarthost it
// records why nothing is sent.
func (g *Gateway) buildResponder(messageID func(desk.MessageID) string, links *survey.Links) {
	opt := responder.Options{Policy: g.policy, MessageID: messageID, Mail: g.cfg.Sends(), Links: links, Log: g.log,
		Committed: func() { g.tail.Wake(); g.outbox.Wake() }}
	if g.metrics != nil {
		opt.Decided = g.metrics.Automatic
	}
	g.responder = responder.New(g.store, opt)
	if usesAutomatic(g.rules.Load().Policy) {
		g.group.Add(automaticMail, &health.Probe{Interval: stoppedInterval, Check: g.automaticStopped})
	}
	stored := livechat.Publisher{Hub: g.hub}.Received
	g.processor.Stored = func(raw *desk.Raw, m *desk.Message, events []desk.Event) {
		stored(raw, m, events)
		if m.Channel != desk.ChannelChat {
			g.responder.Wake()
		}
	}
}

// addSurveys adds the public pages of surveys.
func (g *Gateway) addSurveys() error {
	opt := page.Options{Links: g.surveys, PublicURL: g.cfg.PublicURL, Log: g.log}
	if g.metrics != nil {
		opt.Answered = g.metrics.Survey
	}
	pages, err := page.New(surveys{g.store, g.tail.Wake}, opt)
	if err == nil {
		g.mux.Handle("/survey/", pages)
	}
	return err
}

// surveys wakes the event tail after an answer.
type surveys struct {
	*store.Store
	committed func()
}

// AnswerSurvey implements page.Store.
func (s surveys) AnswerSurvey(ctx context.Context, id desk.SurveyID, score int, comment string) error {
	defer s.committed()
	return s.Store.AnswerSurvey(ctx, id, score, comment)
}
