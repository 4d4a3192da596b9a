package desk

// EventWebhookChanged is the kind of WebhookChanged.
const EventWebhookChanged EventKind = "webhook.changed"

// WebhookChanged is what a person or the desk did to a webhook. Secrets are never included.
type WebhookChanged struct {
	URL    string   `json:"url"`
	What   string   `json:"what" enum:"created,changed,removed,rotated,replayed,disabled" doc:"disabled: by the desk; a person's change is changed"`
	Fields []string `json:"fields,omitempty" doc:"With changed: the names of the changed fields"`
	Reason string   `json:"reason,omitempty" doc:"With disabled: why"`
}

func (WebhookChanged) EventKind() EventKind { return EventWebhookChanged }
func (WebhookChanged) EventVersion() int    { return 1 }
