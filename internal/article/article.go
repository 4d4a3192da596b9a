// Package article decides what articles of the knowledge base are: how they are checked
// before they are saved, who may write and publish them, and what they are found by. Pure.
package article

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/markdown"
	"switchboard/internal/textindex"
)

// Article is an article as it is stored; its text is that of the latest version.
type Article struct {
	ID          desk.ArticleID
	Slug        string // the same in all languages
	Language    string // BCP 47
	Public      bool
	Status      desk.ArticleStatus
	Tags        []string
	Owner       desk.AgentID // zero: nobody
	ReviewOn    string       // 2006-01-02; empty: never
	Version     int          // the latest
	LiveVersion int          // 0: none was published
	Title, Text string
	Attach      Attach
	UpdatedAt   time.Time
}

// Attach says beside which conversations an internal article is shown as a runbook: those that
// have one of these.
type Attach struct {
	Routes  []string // names of rules
	Tags    []string
	Inboxes []string // keys
}

func (a *Attach) equal(b *Attach) bool {
	return slices.Equal(a.Routes, b.Routes) && slices.Equal(a.Tags, b.Tags) && slices.Equal(a.Inboxes, b.Inboxes)
}

// Change is what a person changes about an article; nil: it stays.
type Change struct {
	Slug, Language, Title, Text *string
	Public                      *bool
	Tags                        *[]string
	Owner, ReviewOn             *string // empty: none
	Attach                      *Attach
}

// Problem is why a field cannot have a value.
type Problem struct{ Field, Reason string }

// Invalid is the error of a change that is not valid.
type Invalid []Problem

func (e Invalid) Error() string {
	all := make([]string, len(e))
	for i, p := range e {
		all[i] = p.Field + ": " + p.Reason
	}
	return strings.Join(all, "; ")
}

const (
	maxTitle    = 200
	maxText     = 100_000
	maxPublic   = 25_000 // octets of the HTML of a public text: its page stays below 30 kB
	maxTags     = 20
	maxSlug     = 80
	maxAttached = 60
	dayFormat   = "2006-01-02"
	farthestDay = 20 * 366 * 24 * time.Hour
)

// Apply changes an article and returns the names of the changed fields; an Invalid error if
// the result is not a valid article. agent reports whether there is an agent with an id.
func (c *Change) Apply(a *Article, agent func(id string) bool, now time.Time) (fields []string, err error) {
	was := *a
	set := func(to *string, from *string) {
		if from != nil {
			*to = strings.TrimSpace(*from)
		}
	}
	set(&a.Slug, c.Slug)
	set(&a.Language, c.Language)
	set(&a.ReviewOn, c.ReviewOn)
	if c.Title != nil {
		a.Title = strings.TrimSpace(*c.Title)
	}
	if c.Text != nil {
		a.Text = strings.TrimSpace(strings.ReplaceAll(*c.Text, "\r\n", "\n"))
	}
	if c.Public != nil {
		a.Public = *c.Public
	}
	if c.Tags != nil {
		a.Tags = tidy(*c.Tags)
	}
	if c.Attach != nil {
		a.Attach = Attach{tidy(c.Attach.Routes), tidy(c.Attach.Tags), tidy(c.Attach.Inboxes)}
	}
	if a.Slug == "" {
		a.Slug = Slug(a.Title)
	}
	problems := a.check(now)
	if c.Owner != nil {
		a.Owner = desk.AgentID{}
		id, err := desk.ParseID[desk.AgentID](*c.Owner)
		if err != nil || *c.Owner != "" && !agent(*c.Owner) {
			problems = append(problems, Problem{"owner", fmt.Sprintf("%.60q is not the id of an agent who can sign in", *c.Owner)})
		}
		a.Owner = id
	}
	if len(problems) > 0 {
		return nil, problems
	}
	for name, same := range map[string]bool{"slug": was.Slug == a.Slug, "language": was.Language == a.Language, "title": was.Title == a.Title, "text": was.Text == a.Text,
		"public": was.Public == a.Public, "tags": slices.Equal(was.Tags, a.Tags), "owner": was.Owner == a.Owner, "review_on": was.ReviewOn == a.ReviewOn, "attach": was.Attach.equal(&a.Attach)} {
		if !same {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields, nil
}

// tidy returns tags without spaces around them, empty ones and repetitions.
func tidy(tags []string) []string {
	out := []string{}
	for _, tag := range tags {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

var (
	slugs     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	languages = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
)

func (a *Article) check(now time.Time) (problems Invalid) {
	refuse := func(bad bool, field, reason string) {
		if bad {
			problems = append(problems, Problem{field, reason})
		}
	}
	refuse(a.Title == "", "title", "is missing")
	refuse(utf8.RuneCountInString(a.Title) > maxTitle || strings.ContainsFunc(a.Title, unicode.IsControl), "title", fmt.Sprintf("must be one line of at most %d characters", maxTitle))
	refuse(!slugs.MatchString(a.Slug) || len(a.Slug) > maxSlug, "slug", fmt.Sprintf("must be a to z, 0 to 9 and single hyphens between them, at most %d characters, such as reset-your-password", maxSlug))
	refuse(!languages.MatchString(a.Language), "language", "must be a language tag such as en, de or pt-BR")
	refuse(len(a.Text) > maxText, "text", fmt.Sprintf("must have at most %d octets", maxText))
	if a.Public && len(a.Text) <= maxText {
		n := len(markdown.Page(a.Text))
		refuse(n > maxPublic, "text", fmt.Sprintf("is too long for a page that loads quickly: it has %d octets of HTML, and a public article at most %d. Divide it into several", n, maxPublic))
	}
	refuse(len(a.Tags) > maxTags, "tags", fmt.Sprintf("at most %d", maxTags))
	for _, tag := range a.Tags {
		refuse(len(tag) > 100 || strings.ContainsFunc(tag, unicode.IsControl), "tags", "a tag is one line of at most 100 octets")
	}
	attached := slices.Concat(a.Attach.Routes, a.Attach.Tags, a.Attach.Inboxes)
	refuse(a.Public && len(attached) > 0, "attach", "a runbook is for agents only: make the article internal first")
	refuse(len(attached) > maxAttached, "attach", fmt.Sprintf("at most %d routes, tags and inboxes", maxAttached))
	for _, name := range attached {
		refuse(len(name) > 200 || strings.ContainsFunc(name, unicode.IsControl), "attach", "a name is one line of at most 200 octets")
	}
	if a.ReviewOn != "" {
		day, err := time.Parse(dayFormat, a.ReviewOn)
		refuse(err != nil || day.Sub(now) > farthestDay || day.Year() < 2000, "review_on", "must be a day such as 2027-01-31")
	}
	return problems
}

// MayEdit returns nil if an agent may make a change of some fields: everybody writes drafts and
// new versions; what readers would see at once is for those who may publish.
func (a *Article) MayEdit(fields []string, publish error) error {
	if a.Status != desk.ArticlePublished || publish == nil {
		return nil
	}
	for _, f := range fields {
		if f != "title" && f != "text" && f != "owner" && f != "review_on" {
			return desk.Errorf(desk.KindDenied, "%s of a published article would change at once: %w", f, publish)
		}
	}
	return nil
}

// MayPublish returns nil if an agent may publish and archive articles: admins, leads of any
// inbox, and agents of tiers for which the policy says so.
func MayPublish(by *desk.Agent, granted bool) error {
	if by.Admin || granted || len(by.Leads) > 0 {
		return nil
	}
	return desk.Errorf(desk.KindDenied, "articles are published by admins, by leads of an inbox, and by tiers with the permission publish")
}

// Path returns the path of the public page of an article.
func Path(language, slug string) string { return "/help/" + language + "/" + slug }

// Slug returns the name of an article in URLs, from its title; never empty.
func Slug(title string) string {
	var b strings.Builder
	for _, r := range textindex.Fold(title) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-") && r != '\'':
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "article"
}
