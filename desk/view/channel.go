package view

import "time"

// Channel is how one entrance is doing, over all nodes.
type Channel struct {
	Name  string `json:"name" doc:"chat, forms, smtp, smtps, lmtp; imap and the mailbox's name; smarthost, by which answers leave; certificate, rspamd, clamd, which mail needs"`
	Node  string `json:"node" doc:"The process that does its work"`
	State string `json:"state" enum:"starting,running,failing,unauthorised,standby,stopped,silent" doc:"silent: its process is gone"`
	// Alarm is set when the channel has been failing or silent for too long.
	Alarm       bool        `json:"alarm" doc:"It has been failing or silent for too long"`
	Since       time.Time   `json:"since" doc:"When it entered the state"`
	LastSuccess *time.Time  `json:"last_success" doc:"When it last worked, over all nodes of the last day"`
	LastItem    *time.Time  `json:"last_item" doc:"When something last came in by it; null if nothing has"`
	LastError   string      `json:"last_error" doc:"What is wrong, in words; in the state running: what hampers it"`
	Advice      string      `json:"advice" doc:"What a person can do about the error"`
	Progress    *Progress   `json:"progress" doc:"Null when nothing has piled up"`
	Reconciled  *Reconciled `json:"reconciled" doc:"The mailbox against the journal; null before the first time"`
}

// Progress tells how far a backlog is read.
type Progress struct {
	Done  int64   `json:"done"`
	Total int64   `json:"total"`
	Rate  float64 `json:"rate" doc:"Mails per second"`
	ETA   float64 `json:"eta" doc:"Seconds to go; 0 when that cannot be told yet"`
}

// Reconciled is the last comparison of a mailbox with the journal.
type Reconciled struct {
	At      time.Time          `json:"at"`
	Folders []ReconciledFolder `json:"folders"`
}

// ReconciledFolder counts the mails of one folder.
type ReconciledFolder struct {
	Folder    string `json:"folder"`
	Server    int    `json:"server" doc:"On the server"`
	Journaled int    `json:"journaled" doc:"Of them in the journal"`
	Waiting   int    `json:"waiting" doc:"Of them not read yet"`
	Missing   int    `json:"missing" doc:"Of them passed over"`
	Fetched   int    `json:"fetched" doc:"Missing ones that were journaled then"`
	Gone      int    `json:"gone" doc:"In the journal, and no longer on the server"`
}
