package desk

import "time"

// Channel is the medium over which a message travels.
type Channel string

const (
	ChannelEmail Channel = "email" // IMAP pull, SMTP and LMTP receive, outbound SMTP
	ChannelChat  Channel = "chat"  // WebSocket live chat
	ChannelForm  Channel = "form"  // web form; replies are sent by mail
	ChannelNote  Channel = "note"  // never leaves the desk
)

// RawState is the state of a raw item in the pipeline.
type RawState string

const (
	RawPending     RawState = "pending"     // journaled, to be processed (again)
	RawProcessed   RawState = "processed"   // became a message, or was linked to an existing one
	RawQuarantined RawState = "quarantined" // could not be processed; Problem says why; replayable
)

// Raw is what a channel received, byte for byte, before it was interpreted.
// It is immutable apart from State, Attempts and Problem.
type Raw struct {
	ID      RawID
	Channel Channel
	// Endpoint names the configured endpoint: the mailbox's name, "smtp", the
	// widget's key, the form's key. Never empty.
	Endpoint string
	// SourceKey makes acceptance idempotent: unique per (Channel, Endpoint).
	// IMAP "folder/UIDVALIDITY/UID", SMTP a hash over recipients and content,
	// chat "session/client message id", form the submission key.
	SourceKey    string
	EnvelopeFrom string   // reverse-path without angle brackets; "" is the null path
	EnvelopeTo   []string // forward-paths without angle brackets; may be empty (IMAP)
	RemoteAddr   string   // host:port of the peer; may be empty
	AuthResults  string   // an Authentication-Results value (RFC 8601), computed here or from a trusted relay; may be empty
	// Outgoing is set for mail from a mailbox's Sent folder, where only the owner of
	// the mailbox can put mail.
	Outgoing bool
	// History is set for mail from before the mailbox was connected: its conversation is
	// closed from the beginning.
	History bool
	// Stream is the source stream within which rows are processed in order of
	// acceptance (ingest.Stream). The journal sets it.
	Stream     string
	ReceivedAt time.Time
	Size       int64
	Kept       int64 // octets in the journal; less than Size when only the header was available
	// Bytes is the mail (RFC 5322), a ChatLine as JSON, or a FormSubmission as JSON.
	Bytes    []byte
	State    RawState
	Attempts int
	Problem  string // why it is pending again or quarantined; empty otherwise
}

// Receipt is the answer to an accepted Raw. The bytes are durable when it is returned.
type Receipt struct {
	ID RawID
	// Duplicate is set when the source key was known: ID is then the first one's.
	Duplicate bool
	// First has the bytes of the first one, when the source key of a chat line was known.
	First string
}

// ChatLine is the raw form of one line of a visitor's chat, as JSON.
type ChatLine struct {
	Session  SessionID `json:"session"`
	ClientID string    `json:"id"`             // the client's message id, unique in its session
	Name     string    `json:"name,omitempty"` // claimed, unverified
	Email    string    `json:"email,omitempty"`
	Text     string    `json:"text"`
	Page     string    `json:"page,omitempty"` // URL of the page that shows the widget
}

// FormSubmission is the raw form of a web form, as JSON.
type FormSubmission struct {
	Form    string            `json:"form"` // the form's key
	Email   string            `json:"email"`
	Name    string            `json:"name,omitempty"`
	Subject string            `json:"subject,omitempty"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"` // every other field
	Files   []FormFile        `json:"files,omitempty"`
}

// FormFile is an uploaded file of a FormSubmission.
type FormFile struct {
	Name string `json:"name"`
	Type string `json:"type"` // as the browser said; may be empty
	Data []byte `json:"data"`
}
