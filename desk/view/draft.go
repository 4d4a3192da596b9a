package view

import (
	"time"

	"switchboard/desk"
)

// DraftKind says what a draft will become.
type DraftKind string

const (
	DraftReply DraftKind = "reply"
	DraftNote  DraftKind = "note"

	DraftForward DraftKind = "forward" // a mail to a third party
)

// Draft is a text that an agent has begun to write. Only its author sees it.
type Draft struct {
	ConversationID desk.ConversationID `json:"conversation_id"`
	Kind           DraftKind           `json:"kind" enum:"reply,note,forward"`
	Text           string              `json:"text"`
	To             []string            `json:"to" nullable:"true" doc:"Null: the recipients that list-recipients names"`
	CC             []string            `json:"cc" nullable:"true"`
	BCC            []string            `json:"bcc" nullable:"true"`
	Attachments    []Upload            `json:"attachments" doc:"Its files: your uploads, which are kept as long as the draft"`
	Seen           int64               `json:"seen" doc:"Number of the newest message the author had seen"`
	UpdatedAt      time.Time           `json:"updated_at" doc:"Names this version; send it as based_on"`
}

// DraftBase is the version that a draft continues: the one of At, none if At is zero,
// or with Any whatever is stored.
type DraftBase struct {
	Any bool
	At  time.Time
}
