package view

import "time"

// Channel is the status of a channel or of a service it depends on, over all nodes.
type Channel struct {
	Name  string `json:"name" doc:"chat, forms, smtp, smtps or lmtp; imap followed by the mailbox's name; smarthost, for outgoing mail; certificate, rspamd or clamd, which mail depends on"`
	Node  string `json:"node" doc:"The node that runs it"`
	State string `json:"state" enum:"starting,running,failing,unauthorised,standby,stopped,silent" doc:"silent: its node has stopped reporting"`
	// Alarm is set if the channel has been failing or silent for too long.
	Alarm       bool        `json:"alarm" doc:"It has been failing or silent for too long"`
	Since       time.Time   `json:"since" doc:"When it entered the state"`
	LastSuccess *time.Time  `json:"last_success" doc:"Last successful check on any node, within the last day"`
	LastItem    *time.Time  `json:"last_item" doc:"When it last received something; null if never"`
	LastError   string      `json:"last_error" doc:"A readable explanation of the error; in the state running: why it is degraded"`
	Advice      string      `json:"advice" doc:"What to do about the error"`
	Skipped     int64       `json:"skipped" doc:"Older messages of the mailbox that are not imported: they had been read before it was connected"`
	Progress    *Progress   `json:"progress" doc:"Null when there is no backlog"`
	Reconciled  *Reconciled `json:"reconciled" doc:"The last comparison of the mailbox with the journal; null before the first one"`
}

// Progress is how much of a backlog has been read.
type Progress struct {
	Done  int64   `json:"done"`
	Total int64   `json:"total"`
	Rate  float64 `json:"rate" doc:"Messages per second"`
	ETA   float64 `json:"eta" doc:"Seconds left; 0 while unknown"`
}

// Reconciled is the last comparison of a mailbox with the journal.
type Reconciled struct {
	At      time.Time          `json:"at"`
	Folders []ReconciledFolder `json:"folders"`
}

// ReconciledFolder counts the messages of one folder.
type ReconciledFolder struct {
	Folder    string `json:"folder"`
	Server    int    `json:"server" doc:"Messages on the server"`
	Journaled int    `json:"journaled" doc:"Of these, in the journal"`
	Waiting   int    `json:"waiting" doc:"Of these, not fetched yet"`
	Missing   int    `json:"missing" doc:"Of these, skipped"`
	Fetched   int    `json:"fetched" doc:"Skipped messages that were then fetched"`
	Skipped   int    `json:"skipped" doc:"Of these, not imported: read, and older than the connection of the mailbox"`
	Gone      int    `json:"gone" doc:"In the journal but no longer on the server"`
}
