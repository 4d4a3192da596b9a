package router

import "regexp"

// Answer is where a document names an article that answers messages.
type Answer struct {
	Slug         string
	Line, Column int
	Path         string
}

// Answers returns the articles that routes answer with, in the order of the document.
func (p *Policy) Answers() []Answer { return p.answers }

// slug is the name of an article in URLs.
var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// answer reads the slug of an article. Whether there is one, only a database can tell.
func (c *compiler) answer(f field) string {
	s := c.text(f)
	if s == "" {
		return ""
	}
	if !slug.MatchString(s) {
		c.fail(f.value, f.path, "%q is not the name of an article in URLs, such as reset-your-password", s)
		return ""
	}
	at := position(f.value)
	c.policy.answers = append(c.policy.answers, Answer{s, at.Line, at.Column, f.path})
	return s
}

// MissingAnswers returns the problems of a policy whose articles are not all published for
// everybody; nil: they are.
func (p *Policy) MissingAnswers(published map[string]bool) error {
	var found []Problem
	for _, a := range p.answers {
		if !published[a.Slug] {
			found = append(found, Problem{a.Line, a.Column, a.Path, "there is no article " + a.Slug + " that is published for everybody"})
		}
	}
	if found == nil {
		return nil
	}
	err := &PolicyError{Problems: found}
	err.sort()
	return err
}
