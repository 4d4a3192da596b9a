package view

import (
	"time"

	"switchboard/desk"
)

// Attachment is a file of a message. URL is set by the API.
type Attachment struct {
	PartID      string `json:"part_id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Size        int64  `json:"size" doc:"Decoded size in bytes"`
	Disposition string `json:"disposition" enum:"attachment,inline" doc:"inline: drawn in the message as it is shown first. attachment: not drawn there, so list it as a file, whatever the sender called it"`
	CID         string `json:"cid" doc:"Content-ID without angle brackets"`
	URL         string `json:"url"`
	BlobID      string `json:"-"`
	Location    string `json:"-"`
	Picture     string `json:"-"` // see desk.Part
}

// Thread is the reason why a message is in its conversation.
type Thread struct {
	Method   string `json:"method"`
	Evidence string `json:"evidence"`
}

// Delivery is the delivery status for one recipient.
type Delivery struct {
	ID            desk.DeliveryID    `json:"id"`
	Recipient     string             `json:"recipient"`
	State         desk.DeliveryState `json:"state" enum:"scheduled,held,queued,sending,sent,delivered,delayed,unknown,failed,cancelled"`
	Attempts      int                `json:"attempts"`
	Code          int                `json:"code" doc:"SMTP reply code of the last attempt, 0 if none"`
	EnhancedCode  string             `json:"enhanced_code" doc:"RFC 3463"`
	Detail        string             `json:"detail"`
	NextAttemptAt *time.Time         `json:"next_attempt_at" doc:"Null when no attempt is scheduled"`
	OnHold        bool               `json:"on_hold" doc:"A person has stopped it: there are no attempts until it is released"`
	UpdatedAt     time.Time          `json:"updated_at"`
}

// Trail is what happened to one recipient's copy of a message.
type Trail struct {
	ID            desk.DeliveryID    `json:"id"`
	Recipient     string             `json:"recipient"`
	State         desk.DeliveryState `json:"state" enum:"scheduled,held,queued,sending,sent,delivered,delayed,unknown,failed,cancelled"`
	NextAttemptAt *time.Time         `json:"next_attempt_at" doc:"Null when no attempt is scheduled"`
	OnHold        bool               `json:"on_hold" doc:"A person has stopped it: there are no attempts until it is released"`
	CreatedAt     time.Time          `json:"created_at"`
	Attempts      []Attempt          `json:"attempts" doc:"Oldest first"`
}

// Attempt is one attempt to deliver, a report about it, or what a person did to the delivery.
type Attempt struct {
	Attempt      int                `json:"attempt" doc:"The number of the attempt, from 1"`
	At           time.Time          `json:"at"`
	Source       desk.AttemptSource `json:"source" enum:"attempt,dsn,copy,client,person" doc:"What reported it: the answer to our own attempt, a delivery status notification, a copy in a Sent folder, the visitor's chat client, or a person, who did action"`
	State        desk.DeliveryState `json:"state" enum:"held,queued,sent,delivered,delayed,unknown,failed,cancelled"`
	Server       string             `json:"server" doc:"The server that the message was sent to; may be empty"`
	Code         int                `json:"code" doc:"SMTP reply code, 0 if none"`
	EnhancedCode string             `json:"enhanced_code" doc:"RFC 3463"`
	Detail       string             `json:"detail" doc:"What the server answered, what went wrong, or the reason that a person gave"`
	Action       string             `json:"action" enum:",hold,release,retry,cancel,redirect" doc:"What a person did; empty: this is a result"`
	By           string             `json:"by" doc:"Who did it; empty: nobody"`
}

// Display is the version of a message that is shown first.
type Display string

const (
	DisplayHTML      Display = "html"
	DisplayText      Display = "text"
	DisplayReplyText Display = "reply_text" // the rest is quoted text, a signature or a disclaimer
)

// Message is a message of a thread. Display, HTMLURL and RawURL are set by the API; the
// URLs are empty if there is nothing to serve.
type Message struct {
	ID             desk.MessageID       `json:"id"`
	ConversationID desk.ConversationID  `json:"-"`
	Seq            int64                `json:"seq"`
	Direction      desk.Direction       `json:"direction" enum:"inbound,outbound,note"`
	Channel        desk.Channel         `json:"channel" enum:"email,chat,form,note"`
	MessageID      string               `json:"message_id" doc:"Without angle brackets"`
	InReplyTo      []string             `json:"in_reply_to"`
	References     []string             `json:"references"`
	From           []desk.Address       `json:"from"`
	To             []desk.Address       `json:"to"`
	CC             []desk.Address       `json:"cc"`
	BCC            []desk.Address       `json:"bcc" doc:"Who got a copy that no other recipient sees"`
	ReplyTo        []desk.Address       `json:"reply_to"`
	Subject        string               `json:"subject"`
	Text           string               `json:"text" doc:"The complete text"`
	HTML           string               `json:"html" doc:"Unsanitized, as received: never insert it into a page"`
	ReplyText      string               `json:"reply_text" doc:"The new part, without quoted text"`
	Preview        string               `json:"preview"`
	Display        Display              `json:"display" enum:"html,text,reply_text" doc:"What is shown first: the page of html_url, or one of the texts"`
	Attachments    []Attachment         `json:"attachments"`
	AutoSubmitted  desk.AutoSubmitted   `json:"auto_submitted" enum:"none,auto-reply,bounce,complaint,list,auto-generated"`
	Report         *desk.Report         `json:"report"`
	Problems       []desk.Problem       `json:"problems"`
	Authentication *desk.Authentication `json:"authentication" doc:"Null for other channels than email, and for mail that was not checked"`
	Signature      *desk.Signature      `json:"signature" doc:"Null if the message is not signed"`
	Author         *AgentName           `json:"author" doc:"The agent who wrote it"`
	ThirdParty     bool                 `json:"third_party" doc:"It was exchanged with a third party: the customer never sees it"`
	Thread         Thread               `json:"thread"`
	Deliveries     []Delivery           `json:"deliveries"`
	RemoteImages   bool                 `json:"remote_images" doc:"The HTML refers to remote images, which are loaded only on request"`
	HTMLURL        string               `json:"html_url" doc:"URL of the sanitized page, for a sandboxed frame; empty if there is no HTML"`
	RawURL         string               `json:"raw_url" doc:"URL of the original message; empty if there is none"`
	SentAt         time.Time            `json:"sent_at"`
	ReceivedAt     time.Time            `json:"received_at"`
	HasRaw         bool                 `json:"-"`
}

// File is the content of a download.
type File struct {
	Name  string
	Type  string // media type without parameters
	Bytes []byte
}

// Upload is a file that an agent has uploaded to send with a reply.
type Upload struct {
	ID        desk.UploadID `json:"id"`
	Name      string        `json:"name" doc:"Without path"`
	Type      string        `json:"type" doc:"Media type without parameters"`
	Size      int64         `json:"size" doc:"In bytes"`
	Picture   string        `json:"picture" doc:"The media type of an image that every browser shows; none for another image; otherwise empty"`
	CreatedAt time.Time     `json:"created_at"`
}
