package view

import (
	"time"

	"switchboard/desk"
)

// SavedReport is a choice of measures that is kept under a name.
type SavedReport struct {
	ID          desk.SavedReportID `json:"id"`
	Name        string             `json:"name"`
	Owner       AgentName          `json:"owner" doc:"Who made it"`
	Scope       string             `json:"scope" enum:"own,team,all" doc:"Who sees it: its owner; also admins and leads of an inbox that the owner leads; everybody who may read reports. The numbers are always about the inboxes of the reader"`
	Measures    []string           `json:"measures" doc:"In the order in which they are shown"`
	Period      string             `json:"period" enum:"last_7_days,last_30_days,last_90_days,this_month,last_month,this_quarter,last_quarter"`
	By          string             `json:"by" doc:"How the measures that can be are grouped; empty: as is usual for each"`
	Clock       string             `json:"clock" enum:"wall,business"`
	TZ          string             `json:"tz" doc:"Of its days"`
	Editable    bool               `json:"editable" doc:"You may change and remove it"`
	Subscribers []ReportSubscriber `json:"subscribers" doc:"Who gets it by mail each Monday at 08:00"`
	CreatedAt   time.Time          `json:"created_at"`
	UpdatedAt   time.Time          `json:"updated_at"`
}

// ReportSubscriber is an agent who gets a report by mail.
type ReportSubscriber struct {
	Agent     AgentName  `json:"agent"`
	NextAt    time.Time  `json:"next_at" doc:"When the next mail is sent"`
	TZ        string     `json:"tz" doc:"The time zone of that: the agent's, else that of the policy's calendars"`
	SentAt    *time.Time `json:"sent_at" doc:"Null: nothing has been sent yet"`
	Failure   string     `json:"failure" doc:"Why the last mail was not sent; empty: it was"`
	Removable bool       `json:"removable" doc:"You may end it"`
}
