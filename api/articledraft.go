package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
	"switchboard/internal/article/neutral"
	"switchboard/internal/imf"
	"switchboard/internal/language"
)

type draftArticleInput struct {
	Body struct {
		MessageID string `json:"message_id" maxLength:"100" doc:"An answer of an agent"`
	}
}

// ArticleDraft is an article made of an answer.
type ArticleDraft struct {
	view.Article
	Removed []neutral.Removed `json:"removed" doc:"What the answer has and the article has not, in its order"`
}

type draftArticleOutput struct {
	ETag string `header:"ETag"`
	Body ArticleDraft
}

func (s *server) articleDraftRoutes() {
	handle(s, huma.Operation{OperationID: "create-article-from-message", Method: http.MethodPost, Path: "/articles/from-message", Summary: "Make an article of an answer", Tags: []string{"Articles"}, DefaultStatus: http.StatusCreated,
		Description: "A draft, without the names of the people and of the account, addresses, telephone numbers, numbers of orders and the like, links that give access, greeting and signature. Placeholders such as [name] stand in their place. " +
			"Check it before you publish it. 422 unless an agent wrote the message to the customer, or if the conversation is restricted: all agents read drafts."}, s.draftArticle)
}

func (s *server) draftArticle(ctx context.Context, in *draftArticleInput) (*draftArticleOutput, error) {
	id, err := desk.ParseID[desk.MessageID](in.Body.MessageID)
	if err != nil || id.IsZero() {
		return nil, problem.Invalid("body.message_id", "is not the id of a message", in.Body.MessageID)
	}
	if err := unmasked(ctx, "all that articles say: you cannot write them"); err != nil {
		return nil, err
	}
	by := auth.AgentOf(ctx)
	m, err := s.Messages.Message(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if m.Direction != desk.Outbound || m.Author == nil || m.ThirdParty || m.ReplyText == "" {
		return nil, problem.Invalid("body.message_id", "is not an answer of an agent to the customer", in.Body.MessageID)
	}
	c, err := s.Conversations.Conversation(ctx, by, view.ConversationRef{ID: m.ConversationID})
	if err != nil {
		return nil, err
	}
	if c.Restricted {
		return nil, problem.Invalid("body.message_id", "is in a restricted conversation, and all agents read drafts", in.Body.MessageID)
	}
	who, err := s.named(ctx, &c)
	if err != nil {
		return nil, err
	}
	text, removed := neutral.Text(m.ReplyText, who)
	made, err := s.storeDraft(ctx, neutral.Line(imf.BaseSubject(m.Subject), who), text)
	if err != nil {
		return nil, err
	}
	return &draftArticleOutput{made.ETag, ArticleDraft{made.Body, removed}}, nil
}

const (
	maxTitle       = 120    // characters
	maxPublicDraft = 15_000 // octets; a longer text may be too long for a page
)

// storeDraft creates an article; its slug gets a number if it is taken.
func (s *server) storeDraft(ctx context.Context, title, text string) (*articleOutput, error) {
	if title == "" {
		title = "Untitled"
	}
	if r := []rune(title); len(r) > maxTitle {
		title = string(r[:maxTitle])
	}
	in, public := ArticleFields{Title: &title, Text: &text}, len(text) < maxPublicDraft
	spoken := language.Detect(text)
	if spoken != "" {
		in.Language = &spoken
	}
	slug := article.Slug(title)
	for n := 1; ; n++ {
		in.Public = &public
		if n > 1 {
			numbered := fmt.Sprintf("%s-%d", slug, n)
			in.Slug = &numbered
		}
		made, err := s.createArticle(ctx, &createArticleInput{in})
		if err == nil || desk.KindOf(err) != desk.KindConflict || n == 50 {
			return made, err
		}
	}
}

// spaced makes words of the local part of an address: jo.doe2 is "jo doe ".
func spaced(r rune) rune {
	if unicode.IsLetter(r) {
		return r
	}
	return ' '
}

// named returns whose names an article about a conversation must not have.
func (s *server) named(ctx context.Context, c *view.Conversation) (who neutral.People, err error) {
	by := auth.AgentOf(ctx)
	who.Names = append(who.Names, c.Contact.Name, by.Name, by.DisplayName)
	if c.Assignee != nil {
		who.Names = append(who.Names, c.Assignee.Name)
	}
	who.Companies = append(who.Companies, c.Account.Name)
	if account, err := s.Directory.Account(ctx, by, c.Account.ID); err == nil {
		who.Companies = append(who.Companies, account.Domains...)
	} else if desk.KindOf(err) != desk.KindNotFound {
		return who, err
	}
	messages, err := s.Messages.Messages(ctx, by, c.ID, 0, 500)
	if err != nil {
		return who, err
	}
	for i := range messages {
		m := &messages[i]
		if m.Author != nil {
			who.Names = append(who.Names, m.Author.Name)
		}
		for _, list := range [][]desk.Address{m.From, m.To, m.CC, m.ReplyTo} {
			for _, a := range list {
				who.Names = append(who.Names, a.Name)
				if local, _, ok := strings.Cut(a.Email, "@"); ok && (s.cfg.Own == nil || !s.cfg.Own(a.Email)) {
					who.Names = append(who.Names, strings.Map(spaced, local))
				}
			}
		}
	}
	staff, err := s.Desks.Agents(ctx, true)
	for i := range staff {
		who.Full = append(who.Full, staff[i].Name)
	}
	return who, err
}
