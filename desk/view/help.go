package view

import (
	"time"

	"switchboard/desk"
)

// HelpEntry is a published public article in a list.
type HelpEntry struct {
	ID                             desk.ArticleID
	Slug, Language, Title, Summary string
	PublishedAt                    time.Time
}

// HelpArticle is a published public article.
type HelpArticle struct {
	HelpEntry
	Text      string
	Tags      []string
	Languages []string // of its published translations, its own included
}

// HelpTag is a tag of public articles, with the first of them.
type HelpTag struct {
	Tag      string // empty: articles without a tag
	Count    int
	Articles []HelpEntry
}

// HelpEvent is what a reader did.
type HelpEvent struct {
	Visit   [16]byte
	Kind    string // shown, opened, helpful, unhelpful, wrote
	Place   string // page, widget, form, mail
	Article desk.ArticleID
}
