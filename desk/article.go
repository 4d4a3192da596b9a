package desk

// ArticleStatus says who can read an article of the knowledge base.
type ArticleStatus string

const (
	ArticleDraft     ArticleStatus = "draft"     // never published, or withdrawn: only agents, among drafts
	ArticlePublished ArticleStatus = "published" // its published version can be read
	ArticleArchived  ArticleStatus = "archived"  // kept, but no longer offered
)

// ArticleChanged is what an agent did to an article.
type ArticleChanged struct {
	Slug     string   `json:"slug"`
	Language string   `json:"language"`
	Title    string   `json:"title"`
	What     string   `json:"what" enum:"created,changed,published,archived"`
	Version  int      `json:"version" doc:"The latest version, with published: the published one"`
	Fields   []string `json:"fields,omitempty" doc:"With changed: the names of the changed fields"`
}

// EventArticleChanged is the kind of ArticleChanged.
const EventArticleChanged EventKind = "article.changed"

func (ArticleChanged) EventKind() EventKind { return EventArticleChanged }
func (ArticleChanged) EventVersion() int    { return 1 }
