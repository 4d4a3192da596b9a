package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/outbound/operate"
)

// maxAtOnce bounds how many deliveries one request retries.
const maxAtOnce = 200

type outboxInput struct {
	ListInput
	State  string `query:"state" enum:"waiting,sending,delayed,on_hold,unknown,failed,sent,cancelled" doc:"A part of the outbox; absent: all that has not been sent or cancelled"`
	Inbox  string `query:"inbox" maxLength:"200" doc:"An inbox's key"`
	Domain string `query:"domain" maxLength:"255" doc:"Of the recipient"`
}

// Outbox is a page of the outbox, and how much there is.
type Outbox struct {
	Page[view.Queued]
	Counts view.OutboxCounts `json:"counts"`
}

type outboxOutput struct {
	Link string `header:"Link" doc:"rel=next: the next page (RFC 8288)"`
	Body Outbox
}

// DeliveryPath identifies a delivery in a path.
type DeliveryPath struct {
	ID string `path:"id"`
}

type operateInput struct {
	DeliveryPath
	Body *OperationBody
}

// OperationBody may be left out.
type OperationBody struct {
	Reason  string `json:"reason,omitempty" maxLength:"500" doc:"Shown in the history of the conversation"`
	Confirm bool   `json:"confirm,omitempty" doc:"With retry: accept that the customer may get the message twice, if the state is unknown, or that it goes to this address as well, if the delivery was cancelled"`
}

type redirectInput struct {
	DeliveryPath
	Body struct {
		To      string `json:"to" minLength:"3" maxLength:"320" doc:"The address that gets the message instead: jo@acme.example"`
		Reason  string `json:"reason" minLength:"1" maxLength:"500" doc:"Why; shown in the history of the conversation"`
		Confirm bool   `json:"confirm,omitempty" doc:"Accept that the customer may get the message twice, if the state is unknown"`
	}
}

type retryAllInput struct {
	Body struct {
		Domain string `json:"domain" minLength:"1" maxLength:"255" doc:"Of the recipients"`
		State  string `json:"state,omitempty" enum:"delayed,failed,on_hold" doc:"delayed by default"`
		Inbox  string `json:"inbox,omitempty" maxLength:"200" doc:"An inbox's key; absent: all"`
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Shown in the history of the conversations"`
	}
}

// RetriedAll says what came of retrying many deliveries.
type RetriedAll struct {
	Retried int               `json:"retried"`
	Refused []RefusedDelivery `json:"refused" doc:"Those that could not be retried"`
	More    bool              `json:"more" doc:"There are more; repeat the request"`
}

// RefusedDelivery is a delivery that could not be retried.
type RefusedDelivery struct {
	ID        desk.DeliveryID `json:"id"`
	Recipient string          `json:"recipient"`
	Reason    string          `json:"reason"`
}

type queuedOutput struct{ Body view.Queued }

func (s *server) outboxRoutes() {
	tags := []string{"Outbox"}
	handle(s, huma.Operation{
		OperationID: "list-outbox", Method: http.MethodGet, Path: "/outbox", Tags: tags, Summary: "List outgoing mail",
		Description: "The deliveries of mail, one per recipient, newest first, with how many there are in each state and to each domain. Admins only.",
	}, s.listOutbox)
	handle(s, huma.Operation{
		OperationID: "read-delivery", Method: http.MethodGet, Path: "/outbox/{id}", Tags: tags, Summary: "Get a delivery",
		Description: "For everyone who may read its conversation. message-trail has all attempts.",
	}, func(ctx context.Context, in *DeliveryPath) (*queuedOutput, error) {
		q, err := s.queued(ctx, in.ID)
		return &queuedOutput{q}, err
	})
	for _, a := range []struct {
		action            desk.DeliveryAction
		summary, describe string
	}{
		{desk.DeliveryHold, "Stop a delivery", "There are no attempts until it is released. Admins only."},
		{desk.DeliveryRelease, "Release a delivery", "Ends a hold. Admins only."},
		{desk.DeliveryRetry, "Try to deliver now", "Also after a failure; a new retry period begins. An unknown result needs confirm, because the customer may get the message twice, and so does a delivery that was cancelled, because the message may have gone to another address instead."},
		{desk.DeliveryCancel, "Give a delivery up", "There are no further attempts, and the conversation is open again. A retry takes it back."},
	} {
		handle(s, huma.Operation{
			OperationID: string(a.action) + "-delivery", Method: http.MethodPost, Path: "/outbox/{id}/" + string(a.action), Tags: tags, Summary: a.summary,
			Description: a.describe + " 409, with the reason, when the delivery is not in a state for it, as while an attempt is running.",
		}, func(ctx context.Context, in *operateInput) (*queuedOutput, error) {
			r := operate.Request{Action: a.action}
			if in.Body != nil {
				r.Reason, r.Confirm = in.Body.Reason, in.Body.Confirm
			}
			return s.operate(ctx, in.ID, r)
		})
	}
	handle(s, huma.Operation{
		OperationID: "redirect-delivery", Method: http.MethodPost, Path: "/outbox/{id}/redirect", Tags: tags, Summary: "Send to another address",
		Description: "The same message goes to another address, and no more to this one; the response is the new delivery. 409, with the reason, when the delivery is not in a state for it.",
	}, func(ctx context.Context, in *redirectInput) (*queuedOutput, error) {
		return s.operate(ctx, in.ID, operate.Request{Action: desk.DeliveryRedirect, To: strings.TrimSpace(in.Body.To), Reason: in.Body.Reason, Confirm: in.Body.Confirm})
	})
	handle(s, huma.Operation{
		OperationID: "retry-outbox", Method: http.MethodPost, Path: "/outbox/retry", Tags: tags, Summary: "Try to deliver to a domain now",
		Description: "Retries the deliveries to one domain, at most 200 with each request. Admins only.",
	}, s.retryAll)
}

// runsOutbox returns nil for admins.
func runsOutbox(ctx context.Context) error {
	if !auth.AgentOf(ctx).Admin {
		return desk.Errorf(desk.KindDenied, "only admins can list outgoing mail and retry much of it; the conversation has the buttons for a single message")
	}
	return nil
}

// queuedCursor is a cursor in the outbox.
type queuedCursor struct {
	Before desk.DeliveryID `json:"before_delivery"`
}

func (s *server) listOutbox(ctx context.Context, in *outboxInput) (*outboxOutput, error) {
	if err := runsOutbox(ctx); err != nil {
		return nil, err
	}
	var at queuedCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	as, f := auth.AgentOf(ctx), view.OutboxFilter{Part: view.OutboxPart(in.State), Inbox: in.Inbox, Domain: in.Domain}
	rows, err := s.Outbox.Queued(ctx, as, f, at.Before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page, err := paged(ctx, rows, in.Limit, func(q view.Queued) queuedCursor { return queuedCursor{q.ID} })
	if err != nil {
		return nil, err
	}
	counts, err := s.Outbox.OutboxCounts(ctx, as, f)
	return &outboxOutput{Link: page.Link, Body: Outbox{page.Body, counts}}, err
}

// queued returns the delivery of a path.
func (s *server) queued(ctx context.Context, text string) (view.Queued, error) {
	id, err := pathID(text, "delivery", desk.ParseID[desk.DeliveryID])
	if err != nil {
		return view.Queued{}, err
	}
	q, err := s.Outbox.QueuedOne(ctx, auth.AgentOf(ctx), id)
	if desk.KindOf(err) == desk.KindNotFound && err != nil {
		return q, problem.NotFound("delivery")
	}
	return q, err
}

func (s *server) operate(ctx context.Context, text string, r operate.Request) (*queuedOutput, error) {
	if r.Action == desk.DeliveryRedirect {
		if _, err := addresses("to", []string{r.To}); err != nil {
			return nil, err
		}
	}
	q, err := s.queued(ctx, text)
	if err != nil {
		return nil, err
	}
	id, err := s.Operations.Operate(ctx, auth.AgentOf(ctx), q.Conversation.ID, q.MessageID, q.ID, r)
	if err != nil {
		return nil, err
	}
	q, err = s.Outbox.QueuedOne(ctx, auth.AgentOf(ctx), id)
	return &queuedOutput{q}, err
}

func (s *server) retryAll(ctx context.Context, in *retryAllInput) (*struct{ Body RetriedAll }, error) {
	if err := runsOutbox(ctx); err != nil {
		return nil, err
	}
	as, f := auth.AgentOf(ctx), view.OutboxFilter{Part: "delayed", Inbox: in.Body.Inbox, Domain: in.Body.Domain}
	if in.Body.State != "" {
		f.Part = view.OutboxPart(in.Body.State)
	}
	rows, err := s.Outbox.Queued(ctx, as, f, desk.DeliveryID{}, maxAtOnce+1)
	if err != nil {
		return nil, err
	}
	out := RetriedAll{Refused: []RefusedDelivery{}, More: len(rows) > maxAtOnce}
	for _, q := range rows[:min(len(rows), maxAtOnce)] {
		_, err := s.Operations.Operate(ctx, as, q.Conversation.ID, q.MessageID, q.ID, operate.Request{Action: desk.DeliveryRetry, Reason: in.Body.Reason})
		switch kind := desk.KindOf(err); {
		case err == nil:
			out.Retried++
		case kind == desk.KindConflict || kind == desk.KindNotFound || kind == desk.KindDenied || kind == desk.KindInvalid:
			out.Refused = append(out.Refused, RefusedDelivery{ID: q.ID, Recipient: q.Recipient, Reason: err.Error()})
		default:
			return nil, err
		}
	}
	return &struct{ Body RetriedAll }{out}, nil
}
