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
