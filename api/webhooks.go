package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/api/repeat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/webhook"
)

// Webhooks reads and changes webhooks.
type Webhooks interface {
	Webhooks(ctx context.Context) ([]view.Webhook, error)
	Webhook(ctx context.Context, id desk.WebhookID) (view.Webhook, error)
	CreateWebhook(ctx context.Context, by desk.Actor, w webhook.Webhook, secret string) error
	// EditWebhook lets change edit a webhook and return the names of the changed fields.
	// With catchUp, one that is enabled again is told of what it has missed.
	EditWebhook(ctx context.Context, by desk.Actor, id desk.WebhookID, catchUp bool, change func(*webhook.Webhook) (fields []string, err error)) error
}

// WebhookCare looks after webhooks and what is sent to them.
type WebhookCare interface {
	DeleteWebhook(ctx context.Context, by desk.Actor, id desk.WebhookID) error
	// RotateWebhook sets another secret; the former one signs, too, during the grace period.
	RotateWebhook(ctx context.Context, by desk.Actor, id desk.WebhookID, secret string, grace time.Duration) error
}

// WebhookDeliveries reads and repeats what is sent to webhooks.
type WebhookDeliveries interface {
	// WebhookDeliveries lists messages, newest first; state is empty for all.
	WebhookDeliveries(ctx context.Context, id desk.WebhookID, state string, after view.WebhookPosition, limit int) ([]view.WebhookDelivery, error)
	TestWebhook(ctx context.Context, id desk.WebhookID) (desk.WebhookSendID, error)
	// ReplayWebhook sends messages again and returns how many.
	ReplayWebhook(ctx context.Context, by desk.Actor, id desk.WebhookID, r view.WebhookReplay) (int64, error)
}

// NewWebhook is a webhook with its secret, which no later response repeats.
type NewWebhook struct {
	view.Webhook
	Secret string `json:"secret" doc:"Verifies the signatures; shown only once"`
}

// WebhookFields are the properties that a request sets; absent ones stay as they are. It is
// exported because huma reads only exported embedded fields.
type WebhookFields struct {
	URL         *string   `json:"url,omitempty" doc:"Receives the events; https, unless the operator permits http"`
	Description *string   `json:"description,omitempty"`
	Types       *[]string `json:"types,omitempty" maxItems:"100" doc:"Types of messages, see GET /webhooks/types; empty: all"`
	Inboxes     *[]string `json:"inboxes,omitempty" maxItems:"500" doc:"Keys of inboxes; empty: all"`
	Restricted  *bool     `json:"restricted,omitempty" doc:"Send events of restricted conversations, too"`
	Enabled     *bool     `json:"enabled,omitempty"`
}

type createWebhookInput struct{ Body WebhookFields }

type patchWebhookInput struct {
	ID   string `path:"id"`
	Body struct {
		WebhookFields
		CatchUp bool `json:"catch_up,omitempty" doc:"With enabled: also send what has happened since the webhook was disabled"`
	}
}

type webhookPath struct {
	ID string `path:"id"`
}

type rotateInput struct {
	ID   string `path:"id"`
	Body struct {
		GraceHours *float64 `json:"grace_hours,omitempty" minimum:"0" maximum:"720" doc:"For how long the former secret signs, too; 24 if absent"`
	}
}

type deliveriesInput struct {
	ID string `path:"id"`
	ListInput
	State string `query:"state" enum:"pending,delivered,failed" doc:"Only those in this state"`
}

type webhookReplayInput struct {
	ID   string `path:"id"`
	Body struct {
		Since      *time.Time `json:"since,omitempty" doc:"The first message is not older"`
		Until      *time.Time `json:"until,omitempty" doc:"The last message is older; now if absent"`
		Deliveries []string   `json:"deliveries,omitempty" maxItems:"500" doc:"Identifiers of deliveries, instead of since"`
		FailedOnly bool       `json:"failed_only,omitempty" doc:"Leave out what was delivered"`
	}
}

// WebhookReplayed says how many messages are sent again.
type WebhookReplayed struct {
	Replayed int64 `json:"replayed"`
}

// WebhookTested identifies the delivery of a test.
type WebhookTested struct {
	ID desk.WebhookSendID `json:"id"`
}

// WebhookType is a type of message.
type WebhookType struct {
	Type  string `json:"type"`
	Event string `json:"event" doc:"The kind of event whose data is in data.details of the message"`
}

// webhookCursor is a cursor in the list of deliveries.
type webhookCursor struct {
	At time.Time          `json:"at"`
	ID desk.WebhookSendID `json:"id"`
}

const defaultGrace = 24 * time.Hour

func (s *server) webhookRoutes() {
	op := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/webhooks" + path, Summary: summary, Description: description + " For admins.",
			Tags: []string{"Webhooks"}, DefaultStatus: status}
	}
	secret := func(op huma.Operation) huma.Operation {
		op.Metadata = map[string]any{repeat.Secret: true}
		return op
	}
	handle(s, op("list-webhooks", http.MethodGet, "", "List webhooks", "In the order of their creation.", 0), s.listWebhooks)
	handle(s, op("list-webhook-types", http.MethodGet, "/types", "List the types of messages", "What a webhook can be told of.", 0), s.listWebhookTypes)
	handle(s, secret(op("create-webhook", http.MethodPost, "", "Create a webhook", "It is told of what happens from now on. Only this response contains the secret. Requests and signatures are described in doc/webhooks.md.", http.StatusCreated)), s.createWebhook)
	handle(s, op("get-webhook", http.MethodGet, "/{id}", "Read a webhook", "", 0), s.getWebhook)
	handle(s, op("change-webhook", http.MethodPatch, "/{id}", "Change a webhook", "Absent properties stay unchanged. Disabling gives up what is pending; enabling starts with what happens from now on, unless catch_up is set.", 0), s.changeWebhook)
	handle(s, op("delete-webhook", http.MethodDelete, "/{id}", "Remove a webhook", "Its deliveries are removed, too.", http.StatusNoContent), s.deleteWebhook)
	handle(s, secret(op("rotate-webhook", http.MethodPost, "/{id}/rotate", "Change the secret of a webhook", "The former secret signs, too, for a grace period. Only this response contains the new one.", 0)), s.rotateWebhook)
	handle(s, op("list-webhook-deliveries", http.MethodGet, "/{id}/deliveries", "List what is sent to a webhook", "Newest first; kept for 30 days.", 0), s.listWebhookDeliveries)
	handle(s, op("replay-webhook", http.MethodPost, "/{id}/replay", "Send messages again", "With the same webhook-id, so that receivers can recognize those that they have. 409 if the webhook is disabled.", 0), s.replayWebhook)
	handle(s, op("test-webhook", http.MethodPost, "/{id}/test", "Send a test message", "409 if the webhook is disabled.", http.StatusAccepted), s.testWebhook)
}

// webhookID checks that the agent is an admin, and reads an identifier.
func webhookID(ctx context.Context, text string) (desk.WebhookID, error) {
	if err := webhookAdmin(ctx); err != nil {
		return desk.WebhookID{}, err
	}
	return pathID(text, "webhook", desk.ParseID[desk.WebhookID])
}

func webhookAdmin(ctx context.Context) error {
	if !auth.AgentOf(ctx).Admin {
		return errAdminsOnly("see and change webhooks")
	}
	return nil
}

func (s *server) listWebhooks(ctx context.Context, _ *struct{}) (*listOutput[view.Webhook], error) {
	if err := webhookAdmin(ctx); err != nil {
		return nil, err
	}
	list, err := s.Webhooks.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}

func (s *server) listWebhookTypes(ctx context.Context, _ *struct{}) (*listOutput[WebhookType], error) {
	if err := webhookAdmin(ctx); err != nil {
		return nil, err
	}
	var list []WebhookType
	for name, kind := range webhook.Kinds() {
		list = append(list, WebhookType{name, string(kind)})
	}
	return whole(list), nil
}

func (s *server) createWebhook(ctx context.Context, in *createWebhookInput) (*struct{ Body NewWebhook }, error) {
	if err := webhookAdmin(ctx); err != nil {
		return nil, err
	}
	w := webhook.Webhook{ID: desk.NewID[desk.WebhookID](), Enabled: true}
	if in.Body.URL == nil {
		in.Body.URL = new(string) // which is refused
	}
	if _, err := s.applyWebhook(ctx, &in.Body, &w); err != nil {
		return nil, err
	}
	secret := webhook.NewSecret()
	if err := s.Webhooks.CreateWebhook(ctx, actorOf(ctx), w, secret); err != nil {
		return nil, err
	}
	made, err := s.Webhooks.Webhook(ctx, w.ID)
	return &struct{ Body NewWebhook }{NewWebhook{made, secret}}, err
}

// applyWebhook applies a request to a webhook.
func (s *server) applyWebhook(ctx context.Context, in *WebhookFields, w *webhook.Webhook) (fields []string, err error) {
	names, err := s.Names.Names(ctx)
	if err != nil {
		return nil, err
	}
	c := webhook.Change{URL: in.URL, Description: in.Description, Types: in.Types, Inboxes: in.Inboxes, Restricted: in.Restricted, Enabled: in.Enabled}
	fields, err = c.Apply(w, webhook.Allowed{Inboxes: names.Inboxes, Plain: s.PlainWebhooks})
	var invalid webhook.Invalid
	if !errors.As(err, &invalid) {
		return fields, err
	}
	d := problem.New(http.StatusUnprocessableEntity, invalid.Error())
	for _, p := range invalid {
		d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Reason})
	}
	return nil, d
}

func (s *server) getWebhook(ctx context.Context, in *webhookPath) (*struct{ Body view.Webhook }, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	w, err := s.Webhooks.Webhook(ctx, id)
	return &struct{ Body view.Webhook }{w}, err
}

func (s *server) changeWebhook(ctx context.Context, in *patchWebhookInput) (*struct{ Body view.Webhook }, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = s.Webhooks.EditWebhook(ctx, actorOf(ctx), id, in.Body.CatchUp, func(w *webhook.Webhook) ([]string, error) {
		return s.applyWebhook(ctx, &in.Body.WebhookFields, w)
	})
	if err != nil {
		return nil, err
	}
	w, err := s.Webhooks.Webhook(ctx, id)
	return &struct{ Body view.Webhook }{w}, err
}

func (s *server) deleteWebhook(ctx context.Context, in *webhookPath) (*struct{}, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.WebhookCare.DeleteWebhook(ctx, actorOf(ctx), id)
}

func (s *server) rotateWebhook(ctx context.Context, in *rotateInput) (*struct{ Body NewWebhook }, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	grace := defaultGrace
	if hours := in.Body.GraceHours; hours != nil {
		grace = time.Duration(*hours * float64(time.Hour))
	}
	secret := webhook.NewSecret()
	if err := s.WebhookCare.RotateWebhook(ctx, actorOf(ctx), id, secret, grace); err != nil {
		return nil, err
	}
	w, err := s.Webhooks.Webhook(ctx, id)
	return &struct{ Body NewWebhook }{NewWebhook{w, secret}}, err
}

func (s *server) listWebhookDeliveries(ctx context.Context, in *deliveriesInput) (*listOutput[view.WebhookDelivery], error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := s.Webhooks.Webhook(ctx, id); err != nil {
		return nil, err
	}
	var at webhookCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	rows, err := s.WebhookDeliveries.WebhookDeliveries(ctx, id, in.State, view.WebhookPosition(at), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(d view.WebhookDelivery) webhookCursor { return webhookCursor{d.CreatedAt, d.ID} })
}

func (s *server) replayWebhook(ctx context.Context, in *webhookReplayInput) (*struct{ Body WebhookReplayed }, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	r := view.WebhookReplay{Until: time.Now().Add(time.Minute), FailedOnly: in.Body.FailedOnly}
	switch {
	case (in.Body.Since == nil) == (len(in.Body.Deliveries) == 0):
		return nil, problem.Invalid("body.since", "set either since or deliveries", nil)
	case in.Body.Since != nil:
		r.Since = *in.Body.Since
		if in.Body.Until != nil {
			r.Until = *in.Body.Until
		}
	}
	for _, text := range in.Body.Deliveries {
		one, err := desk.ParseID[desk.WebhookSendID](text)
		if err != nil {
			return nil, problem.Invalid("body.deliveries", err.Error(), text)
		}
		r.IDs = append(r.IDs, one)
	}
	n, err := s.WebhookDeliveries.ReplayWebhook(ctx, actorOf(ctx), id, r)
	return &struct{ Body WebhookReplayed }{WebhookReplayed{n}}, err
}

func (s *server) testWebhook(ctx context.Context, in *webhookPath) (*struct{ Body WebhookTested }, error) {
	id, err := webhookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	send, err := s.WebhookDeliveries.TestWebhook(ctx, id)
	return &struct{ Body WebhookTested }{WebhookTested{send}}, err
}
