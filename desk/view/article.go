package view

import (
	"time"

	"switchboard/desk"
)

// Article is an article of the knowledge base.
type Article struct {
	ArticleRow
	Text      string  `json:"text" doc:"CommonMark, of the latest version"`
	LiveTitle *string `json:"live_title" doc:"Of the published version; null: there is none"`
	LiveText  *string `json:"live_text" doc:"Of the published version; null: there is none"`
	Attach    Attach  `json:"attach" doc:"Beside which conversations it is shown as a runbook, once it is published"`
}

// Attach says beside which conversations an internal article is shown as a runbook: those that
// have one of these.
type Attach struct {
	Routes  []string `json:"routes" doc:"Names of rules of the policy"`
	Tags    []string `json:"tags"`
	Inboxes []string `json:"inboxes" doc:"Keys"`
}

// ArticleRow is an article in a list.
type ArticleRow struct {
	ID          desk.ArticleID     `json:"id"`
	Slug        string             `json:"slug" doc:"Its name in URLs; the same in all languages that it is translated to"`
	Language    string             `json:"language" doc:"BCP 47, such as en or pt-BR"`
	Title       string             `json:"title" doc:"Of the latest version"`
	Summary     string             `json:"summary" doc:"The beginning of the text, as plain text"`
	Public      bool               `json:"public" doc:"For everybody, once it is published; otherwise for agents only"`
	Status      desk.ArticleStatus `json:"status" enum:"draft,published,archived"`
	Tags        []string           `json:"tags"`
	Owner       *AgentName         `json:"owner" doc:"Who keeps it up to date; null: nobody"`
	ReviewOn    *string            `json:"review_on" format:"date" doc:"When it has to be read again; null: never"`
	Version     int                `json:"version" doc:"The latest version"`
	LiveVersion *int               `json:"live_version" doc:"The published version, which is older while a change is a draft; null: none"`
	URL         string             `json:"url" doc:"Of its public page; empty: it has none"`
	Helpful     int64              `json:"helpful" doc:"How often readers said that it helped"`
	Unhelpful   int64              `json:"unhelpful" doc:"How often readers said that it did not help"`
	PublishedAt *time.Time         `json:"published_at"`
	CreatedAt   time.Time          `json:"created_at"`
	UpdatedAt   time.Time          `json:"updated_at"`
}

// ArticleFilter narrows a list of articles; empty fields do not.
type ArticleFilter struct {
	Words    []string // lower case; all must be there, the last one may be a beginning
	Language string
	Tag      string
	Status   desk.ArticleStatus
	Public   *bool
	Review   bool // only those whose review is due
	Owner    desk.AgentID
	Unowned  bool // only those without an owner
}

// ArticlePosition is a place in a list of articles: that of the last one, or in the results of
// a search, how many there were. The zero position is the start.
type ArticlePosition struct {
	At   time.Time      `json:"at,omitzero"`
	ID   desk.ArticleID `json:"id,omitzero"`
	Skip int            `json:"skip,omitempty"`
}

// ArticleGap is a topic of conversations about which there is no public article.
type ArticleGap struct {
	Topic         string            `json:"topic"`
	Kind          string            `json:"kind" enum:"tag,word" doc:"A tag of the conversations, or what their subjects share"`
	Count         int64             `json:"count" doc:"Conversations that you may read and that were opened in that time"`
	Before        int64             `json:"before" doc:"The same of as much time before it"`
	Growth        *float64          `json:"growth" doc:"How many more there are, as a share of before: 0.5 is half as many more; null: there were none before"`
	Resolved      int64             `json:"resolved" doc:"How many of them are resolved"`
	Tier1         *float64          `json:"tier_one_share" doc:"The share of the resolved ones that tier 1 resolved; null: none is"`
	Conversations []GapConversation `json:"conversations" doc:"The newest, at most 5"`
	Nearest       *NearestArticle   `json:"nearest" doc:"The article that has most of it in its text, also a draft or an internal one; null: there is none"`
}

// GapConversation is a conversation about a topic.
type GapConversation struct {
	ID      desk.ConversationID `json:"id"`
	Number  int64               `json:"number"`
	Subject string              `json:"subject"`
	Status  desk.Status         `json:"status" enum:"open,pending,snoozed,resolved,closed"`
}

// NearestArticle is an article that is about something like a topic.
type NearestArticle struct {
	ID       desk.ArticleID     `json:"id"`
	Language string             `json:"language" doc:"BCP 47"`
	Title    string             `json:"title"`
	Public   bool               `json:"public"`
	Status   desk.ArticleStatus `json:"status" enum:"draft,published"`
}

// ArticleVersion is a version of the title and the text of an article.
type ArticleVersion struct {
	Version     int        `json:"version"`
	Title       string     `json:"title"`
	Author      *AgentName `json:"author"`
	CreatedAt   time.Time  `json:"created_at"`
	PublishedAt *time.Time `json:"published_at" doc:"When it was published last; null: never"`
}

// ArticleText is a version with its text.
type ArticleText struct {
	ArticleVersion
	Text string `json:"text"`
}
