package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"
	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
	"switchboard/internal/markdown"
)

// Articles reads the knowledge base.
type Articles interface {
	Articles(ctx context.Context, f view.ArticleFilter, after view.ArticlePosition, limit int) ([]view.ArticleRow, error)
	Article(ctx context.Context, id desk.ArticleID) (view.Article, error)
	// ArticleVersions lists versions before one, the latest first.
	ArticleVersions(ctx context.Context, id desk.ArticleID, before, limit int) ([]view.ArticleVersion, error)
	ArticleVersion(ctx context.Context, id desk.ArticleID, version int) (view.ArticleText, error)
}

// ArticleCare changes the knowledge base.
type ArticleCare interface {
	// CreateArticle returns KindConflict if the slug is taken.
	CreateArticle(ctx context.Context, by desk.Agent, a article.Article) error
	// EditArticle lets change edit an article and return the names of the changed fields.
	EditArticle(ctx context.Context, by desk.Agent, id desk.ArticleID, change func(*article.Article) (fields []string, err error)) error
	// PublishArticle publishes a version, 0: the latest, unless check refuses it.
	PublishArticle(ctx context.Context, by desk.Agent, id desk.ArticleID, version int, check func(*article.Article) error) error
	ArchiveArticle(ctx context.Context, by desk.Agent, id desk.ArticleID, check func(*article.Article) error) error
}

// Publishing says who publishes articles.
type Publishing interface {
	MayPublish(by desk.Agent) error
}

// ArticleFields are the properties that a request sets; absent ones stay as they are.
type ArticleFields struct {
	Title    *string       `json:"title,omitempty"`
	Text     *string       `json:"text,omitempty" doc:"CommonMark; of a public article at most 25000 octets of HTML"`
	Slug     *string       `json:"slug,omitempty" doc:"The name in URLs, such as reset-your-password; empty: from the title"`
	Language *string       `json:"language,omitempty" doc:"BCP 47; en if a new article does not say it"`
	Public   *bool         `json:"public,omitempty" doc:"For everybody, once it is published"`
	Tags     *[]string     `json:"tags,omitempty" maxItems:"100"`
	Owner    *string       `json:"owner,omitempty" maxLength:"100" doc:"An agent's id; empty: nobody. The author, if a new article does not say it"`
	Attach   *AttachFields `json:"attach,omitempty" doc:"Shows an internal article as a runbook; absent lists are empty"`
	ReviewOn *string       `json:"review_on,omitempty" maxLength:"10" doc:"A day such as 2027-01-31; empty: never"`
}

// AttachFields say beside which conversations an article is shown.
type AttachFields struct {
	Routes  []string `json:"routes,omitempty" maxItems:"100" doc:"Names of rules of the policy, anywhere in the path of a conversation"`
	Tags    []string `json:"tags,omitempty" maxItems:"100"`
	Inboxes []string `json:"inboxes,omitempty" maxItems:"100" doc:"Keys"`
}

type listArticlesInput struct {
	ListInput
	Q        string `query:"q" maxLength:"500" doc:"Words, and beginnings of words, that the article has; the best ones come first"`
	Language string `query:"language" maxLength:"40"`
	Tag      string `query:"tag" maxLength:"200"`
	Status   string `query:"status" enum:"draft,published,archived"`
	Public   string `query:"public" enum:"true,false"`
	Owner    string `query:"owner" maxLength:"100" doc:"An agent's id, me, or none: those without an owner"`
	Review   string `query:"review" enum:"due" doc:"Only those that are due for review"`
}

// ArticlePath is exported because huma reads only exported embedded fields.
type ArticlePath struct {
	ID string `path:"id"`
}

type createArticleInput struct{ Body ArticleFields }

type patchArticleInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of the version that the request changes; 412 if the stored one is another"`
	Body    struct {
		ArticleFields
		BasedOn *time.Time `json:"based_on,omitempty" doc:"updated_at of the version that the request changes; 409 if the stored one is another. Absent: whatever is stored"`
	}
}

type publishArticleInput struct {
	ID   string `path:"id"`
	Body struct {
		Version int        `json:"version,omitempty" minimum:"1" maximum:"1000000" doc:"Absent: the latest"`
		BasedOn *time.Time `json:"based_on,omitempty" doc:"updated_at that you have read; 409 if the stored one is another"`
	}
}

type articleVersionInput struct {
	ID      string `path:"id"`
	Version int    `path:"version" minimum:"1" maximum:"1000000"`
	Against int    `query:"against" minimum:"1" maximum:"1000000" doc:"The version that it is compared with; absent: the one before"`
}

// ArticleDiff is a version of an article, and how it differs from another one.
type ArticleDiff struct {
	view.ArticleText
	Against int    `json:"against" doc:"The version that it is compared with; 0: the first one has none"`
	Diff    string `json:"diff" doc:"Unified, of the title and the text; empty: they are the same"`
}

type articleOutput struct {
	ETag string `header:"ETag"`
	Body view.Article
}

// ArticlePreview is what readers would see.
type ArticlePreview struct {
	HTML string `json:"html" doc:"Without scripts; HTML in the text is text"`
}

type previewArticleInput struct {
	Body struct {
		Text string `json:"text" maxLength:"100000"`
	}
}

func (s *server) articleRoutes() {
	op := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"Articles"}, DefaultStatus: status}
	}
	handle(s, op("list-articles", http.MethodGet, "/articles", "List articles", "The latest changes first; with q, the best ones first.", 0), s.listArticles)
	handle(s, op("create-article", http.MethodPost, "/articles", "Create an article", "As a draft, by any agent who sees addresses.", http.StatusCreated), s.createArticle)
	handle(s, op("preview-article", http.MethodPost, "/articles/preview", "Render a text as an article", "Stores nothing.", http.StatusOK), s.previewArticle)
	handle(s, op("get-article", http.MethodGet, "/articles/{id}", "Read an article", "", 0), s.getArticle)
	handle(s, op("change-article", http.MethodPatch, "/articles/{id}", "Change an article", "Absent properties stay unchanged. Another title or text is a new version, which readers see once it is published; what else a published article has changes at once, and only by who may publish.", 0), s.changeArticle)
	handle(s, op("list-article-versions", http.MethodGet, "/articles/{id}/versions", "List the versions of an article", "The latest first.", 0), s.listArticleVersions)
	handle(s, op("get-article-version", http.MethodGet, "/articles/{id}/versions/{version}", "Read a version of an article", "With its difference from another one.", 0), s.getArticleVersion)
	handle(s, op("publish-article", http.MethodPost, "/articles/{id}/publish", "Publish an article", "Admins, leads of an inbox, and tiers with the permission publish. An earlier version can be published, too.", http.StatusOK), s.publishArticle)
	handle(s, op("archive-article", http.MethodPost, "/articles/{id}/archive", "Archive an article", "It is no longer offered; publishing it again brings it back. By those who may publish.", http.StatusOK), s.archiveArticle)
}

func articleID(text string) (desk.ArticleID, error) {
	return pathID(text, "article", desk.ParseID[desk.ArticleID])
}

func (s *server) listArticles(ctx context.Context, in *listArticlesInput) (*listOutput[view.ArticleRow], error) {
	var at view.ArticlePosition
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	f := view.ArticleFilter{Language: in.Language, Tag: in.Tag, Status: desk.ArticleStatus(in.Status), Review: in.Review == "due"}
	switch in.Owner {
	case "":
	case "me":
		f.Owner = auth.AgentOf(ctx).ID
	case "none":
		f.Unowned = true
	default:
		id, err := desk.ParseID[desk.AgentID](in.Owner)
		if err != nil || id.IsZero() {
			return nil, problem.Invalid("query.owner", "is neither an agent's id nor me nor none", in.Owner)
		}
		f.Owner = id
	}
	if in.Public != "" {
		public := in.Public == "true"
		f.Public = &public
	}
	if strings.TrimSpace(in.Q) != "" {
		f.Words = append([]string{}, article.Words(in.Q)...)
	}
	at.Skip = max(at.Skip, 0)
	list, err := s.Articles.Articles(ctx, f, at, in.Limit+1)
	if err != nil {
		return nil, err
	}
	for i := range list {
		s.addURL(&list[i])
	}
	return paged(ctx, list, in.Limit, func(last view.ArticleRow) view.ArticlePosition {
		if f.Words != nil {
			return view.ArticlePosition{Skip: at.Skip + in.Limit}
		}
		return view.ArticlePosition{At: last.UpdatedAt, ID: last.ID}
	})
}

// addURL sets the URL of the public page of an article.
func (s *server) addURL(a *view.ArticleRow) {
	if a.Public && a.Status == desk.ArticlePublished {
		a.URL = strings.TrimSuffix(s.cfg.PublicURL, "/") + article.Path(a.Language, a.Slug)
	}
}

func (s *server) readArticle(ctx context.Context, id desk.ArticleID) (*articleOutput, error) {
	a, err := s.Articles.Article(ctx, id)
	if err != nil {
		return nil, err
	}
	s.addURL(&a.ArticleRow)
	return &articleOutput{etag(a.UpdatedAt), a}, nil
}

func etag(t time.Time) string { return `"` + t.UTC().Format(time.RFC3339Nano) + `"` }

// unchanged returns nil if a request changes the version that is stored: 412 by If-Match, 409 by
// based_on, which may be nil.
func unchanged(what, ifMatch string, basedOn *time.Time, stored time.Time) error {
	switch {
	case ifMatch != "" && ifMatch != "*" && ifMatch != etag(stored):
		return problem.New(http.StatusPreconditionFailed, "the "+what+" was changed meanwhile: read it again")
	case basedOn != nil && !basedOn.Equal(stored):
		return desk.Errorf(desk.KindConflict, "the %s was changed meanwhile: read it again", what)
	}
	return nil
}

func (s *server) getArticle(ctx context.Context, in *ArticlePath) (*articleOutput, error) {
	id, err := articleID(in.ID)
	if err != nil {
		return nil, err
	}
	return s.readArticle(ctx, id)
}

func (s *server) createArticle(ctx context.Context, in *createArticleInput) (*articleOutput, error) {
	by := auth.AgentOf(ctx)
	a := article.Article{ID: desk.NewID[desk.ArticleID](), Status: desk.ArticleDraft, Language: "en", Owner: by.ID, Tags: []string{}}
	if _, err := s.editArticle(ctx, &in.Body, &a); err != nil {
		return nil, err
	}
	if err := s.ArticleCare.CreateArticle(ctx, by, a); err != nil {
		return nil, err
	}
	return s.readArticle(ctx, a.ID)
}

// editArticle applies a request to an article that the agent may change.
func (s *server) editArticle(ctx context.Context, in *ArticleFields, a *article.Article) (fields []string, err error) {
	by := auth.AgentOf(ctx)
	if err := unmasked(ctx, "all that articles say: you cannot change them"); err != nil {
		return nil, err
	}
	staff, err := s.Desks.Agents(ctx, false)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, x := range staff {
		known[x.ID.String()] = true
	}
	c := article.Change{Slug: in.Slug, Language: in.Language, Title: in.Title, Text: in.Text, Public: in.Public, Tags: in.Tags, Owner: in.Owner, ReviewOn: in.ReviewOn}
	if in.Attach != nil {
		c.Attach = &article.Attach{Routes: in.Attach.Routes, Tags: in.Attach.Tags, Inboxes: in.Attach.Inboxes}
	}
	fields, err = c.Apply(a, func(id string) bool { return known[id] }, time.Now())
	var invalid article.Invalid
	if errors.As(err, &invalid) {
		d := problem.New(http.StatusUnprocessableEntity, invalid.Error())
		for _, p := range invalid {
			d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Reason})
		}
		return nil, d
	}
	if err == nil {
		err = a.MayEdit(fields, s.Publishing.MayPublish(by))
	}
	return fields, err
}

// current returns nil if an article is as the agent has read it.
func current(a *article.Article, basedOn *time.Time) error {
	if basedOn != nil && !basedOn.Equal(a.UpdatedAt) {
		return desk.Errorf(desk.KindConflict, "the article was changed meanwhile: read it again")
	}
	return nil
}

func (s *server) changeArticle(ctx context.Context, in *patchArticleInput) (*articleOutput, error) {
	id, err := articleID(in.ID)
	if err != nil {
		return nil, err
	}
	err = s.ArticleCare.EditArticle(ctx, auth.AgentOf(ctx), id, func(a *article.Article) ([]string, error) {
		if in.IfMatch != "" && in.IfMatch != "*" && in.IfMatch != etag(a.UpdatedAt) {
			return nil, problem.New(http.StatusPreconditionFailed, "the article was changed meanwhile: read it again")
		}
		if err := current(a, in.Body.BasedOn); err != nil {
			return nil, err
		}
		return s.editArticle(ctx, &in.Body.ArticleFields, a)
	})
	if err != nil {
		return nil, err
	}
	return s.readArticle(ctx, id)
}

func (s *server) listArticleVersions(ctx context.Context, in *struct {
	ArticlePath
	ListInput
}) (*listOutput[view.ArticleVersion], error) {
	id, err := articleID(in.ID)
	if err != nil {
		return nil, err
	}
	before := struct {
		Version int `json:"version"`
	}{1 << 30}
	if err := decodeCursor(in.Cursor, &before); err != nil {
		return nil, err
	}
	if _, err := s.Articles.Article(ctx, id); err != nil {
		return nil, err
	}
	list, err := s.Articles.ArticleVersions(ctx, id, before.Version, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, list, in.Limit, func(v view.ArticleVersion) any { before.Version = v.Version; return before })
}

func (s *server) getArticleVersion(ctx context.Context, in *articleVersionInput) (*struct{ Body ArticleDiff }, error) {
	id, err := articleID(in.ID)
	if err != nil {
		return nil, err
	}
	out := ArticleDiff{Against: in.Against}
	if out.ArticleText, err = s.Articles.ArticleVersion(ctx, id, in.Version); err != nil {
		return nil, err
	}
	if out.Against == 0 {
		out.Against = in.Version - 1
	}
	if out.Against > 0 {
		old, err := s.Articles.ArticleVersion(ctx, id, out.Against)
		if err != nil {
			return nil, err
		}
		name := func(v int) string { return fmt.Sprintf("version %d", v) }
		out.Diff = udiff.Unified(name(out.Against), name(in.Version), oneText(&old), oneText(&out.ArticleText))
	}
	return &struct{ Body ArticleDiff }{out}, nil
}

// oneText is a version as one text, whose first line is the title.
func oneText(v *view.ArticleText) string { return "# " + v.Title + "\n\n" + v.Text + "\n" }

func (s *server) publishArticle(ctx context.Context, in *publishArticleInput) (*articleOutput, error) {
	id, err := articleID(in.ID)
	if err != nil {
		return nil, err
	}
	by := auth.AgentOf(ctx)
	if err := s.Publishing.MayPublish(by); err != nil {
		return nil, err
	}
	err = s.ArticleCare.PublishArticle(ctx, by, id, in.Body.Version, func(a *article.Article) error { return current(a, in.Body.BasedOn) })
	if err != nil {
		return nil, err
	}
	return s.readArticle(ctx, id)
}

func (s *server) archiveArticle(ctx context.Context, in *ArticlePath) (*articleOutput, error) {
	id, err := articleID(in.ID)
	if err != nil {
		return nil, err
	}
	by := auth.AgentOf(ctx)
	if err := s.Publishing.MayPublish(by); err != nil {
		return nil, err
	}
	if err := s.ArticleCare.ArchiveArticle(ctx, by, id, func(*article.Article) error { return nil }); err != nil {
		return nil, err
	}
	return s.readArticle(ctx, id)
}

func (s *server) previewArticle(_ context.Context, in *previewArticleInput) (*struct{ Body ArticlePreview }, error) {
	return &struct{ Body ArticlePreview }{ArticlePreview{markdown.Page(in.Body.Text)}}, nil
}
