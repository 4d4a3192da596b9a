package desk

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// ID is a UUIDv7 (RFC 9562) whose type says what it identifies. The zero ID means
// "none": it is the empty string in text and NULL in the database.
//
// In text an ID is its kind's prefix, an underscore and 32 lower-case hex
// digits: "cv_0199f0c2a4e47c3e8f6d2b1a90e4c7d5". Text sorts as time does.
type ID[K kind] uuid.UUID

type kind interface{ prefix() string }

type (
	rawKind          struct{}
	messageKind      struct{}
	conversationKind struct{}
	accountKind      struct{}
	contactKind      struct{}
	inboxKind        struct{}
	agentKind        struct{}
	deliveryKind     struct{}
	stintKind        struct{}
	sessionKind      struct{}
	keyKind          struct{}
	clockKind        struct{}
	noticeKind       struct{}
	taskKind         struct{}
	uploadKind       struct{}
	webhookKind      struct{}
	webhookSendKind  struct{}
	macroKind        struct{}
	surveyKind       struct{}
	articleKind      struct{}
	rootCauseKind    struct{}
	updateKind       struct{}
	savedReportKind  struct{}
	savedViewKind    struct{}
	undoKind         struct{}
	advisoryKind     struct{}
	reviewKind       struct{}
)

func (rawKind) prefix() string          { return "rw" }
func (messageKind) prefix() string      { return "ms" }
func (conversationKind) prefix() string { return "cv" }
func (accountKind) prefix() string      { return "ac" }
func (contactKind) prefix() string      { return "ct" }
func (inboxKind) prefix() string        { return "ib" }
func (agentKind) prefix() string        { return "ag" }
func (deliveryKind) prefix() string     { return "dl" }
func (stintKind) prefix() string        { return "st" }
func (sessionKind) prefix() string      { return "vs" }
func (keyKind) prefix() string          { return "ak" }
func (clockKind) prefix() string        { return "ck" }
func (noticeKind) prefix() string       { return "nt" }
func (taskKind) prefix() string         { return "tk" }
func (uploadKind) prefix() string       { return "up" }
func (webhookKind) prefix() string      { return "wh" }
func (webhookSendKind) prefix() string  { return "wd" }
func (macroKind) prefix() string        { return "mc" }
func (surveyKind) prefix() string       { return "sv" }
func (articleKind) prefix() string      { return "ar" }
func (rootCauseKind) prefix() string    { return "rc" }
func (updateKind) prefix() string       { return "ru" }
func (savedReportKind) prefix() string  { return "sr" }
func (savedViewKind) prefix() string    { return "vw" }
func (undoKind) prefix() string         { return "un" }
func (advisoryKind) prefix() string     { return "av" }
func (reviewKind) prefix() string       { return "rv" }

// The identifiers of the model.
type (
	RawID          = ID[rawKind]
	MessageID      = ID[messageKind]
	ConversationID = ID[conversationKind]
	AccountID      = ID[accountKind]
	ContactID      = ID[contactKind]
	InboxID        = ID[inboxKind]
	AgentID        = ID[agentKind]
	DeliveryID     = ID[deliveryKind]
	StintID        = ID[stintKind]
	SessionID      = ID[sessionKind] // a visitor's chat session
	KeyID          = ID[keyKind]     // an API key
	ClockID        = ID[clockKind]
	NoticeID       = ID[noticeKind]
	TaskID         = ID[taskKind]
	UploadID       = ID[uploadKind]
	WebhookID      = ID[webhookKind]
	WebhookSendID  = ID[webhookSendKind] // one event that goes to a webhook
	MacroID        = ID[macroKind]
	SurveyID       = ID[surveyKind]
	ArticleID      = ID[articleKind]
	RootCauseID    = ID[rootCauseKind]
	UpdateID       = ID[updateKind] // an update about a root cause
	SavedReportID  = ID[savedReportKind]
	SavedViewID    = ID[savedViewKind]
	UndoID         = ID[undoKind] // what an agent did and can take back
	AdvisoryID     = ID[advisoryKind]
	ReviewID       = ID[reviewKind] // of the answers in a conversation
)

// NewID returns a fresh, time-ordered ID.
func NewID[T ID[K], K kind]() T { return T(uuid.Must(uuid.NewV7())) }

// IsZero reports whether the ID means "none".
func (id ID[K]) IsZero() bool { return id == ID[K]{} }

// String returns the prefixed text form, or "" for the zero ID.
func (id ID[K]) String() string {
	if id.IsZero() {
		return ""
	}
	var k K
	return k.prefix() + "_" + hex.EncodeToString(id[:])
}

// ParseID reads the text form. The empty string is the zero ID. A wrong prefix
// or length is KindInvalid.
func ParseID[T ID[K], K kind](s string) (T, error) {
	var id ID[K]
	err := id.UnmarshalText([]byte(s))
	return T(id), err
}

// MarshalText implements encoding.TextMarshaler with the prefixed form.
func (id ID[K]) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; see ParseID.
func (id *ID[K]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID[K]{}
		return nil
	}
	var k K
	digits, ok := strings.CutPrefix(string(text), k.prefix()+"_")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(id) {
		return Errorf(KindInvalid, "%q is not an identifier of the form %s_ and 32 hex digits", string(text), k.prefix())
	}
	copy(id[:], raw)
	return nil
}

// Value implements driver.Valuer: a UUID, or NULL for the zero ID.
func (id ID[K]) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil
	}
	return uuid.UUID(id).String(), nil
}

// Scan implements sql.Scanner for uuid and NULL columns.
func (id *ID[K]) Scan(src any) error {
	var u uuid.UUID
	if src != nil {
		if err := u.Scan(src); err != nil {
			return fmt.Errorf("scan %T into an identifier: %w", src, err)
		}
	}
	*id = ID[K](u)
	return nil
}
