package article

import (
	"cmp"
	"slices"
	"strings"
)

// Kinds of topics.
const (
	Tag  = "tag"
	Word = "word" // of subjects
)

// Topic is what conversations are about.
type Topic struct {
	Kind, Topic   string
	Count, Before int64 // conversations now, and in the time before
	Covered       bool  // there is a public article about it
	Void          bool  // it says nothing
}

// Missing returns the topics about which an article is missing, the most frequent first. A word
// that is one of a tag's says no more than the tag, whether there is an article about it or not.
func Missing(topics []Topic) (missing []Topic) {
	tagged := map[string]bool{}
	for _, t := range topics {
		if t.Kind == Tag {
			for _, w := range Words(t.Topic) {
				tagged[w] = true
			}
		}
	}
	for _, t := range topics {
		if !t.Covered && !t.Void && (t.Kind == Tag || !tagged[t.Topic] && !tagged[strings.TrimSuffix(t.Topic, "s")] && !tagged[t.Topic+"s"]) {
			missing = append(missing, t)
		}
	}
	slices.SortFunc(missing, func(a, b Topic) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Topic, b.Topic))
	})
	return missing
}

// InOrder returns words in the order in which a text has them.
func InOrder(text, words string) string {
	text = strings.ToLower(text)
	list := strings.Fields(words)
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(strings.Index(text, a), strings.Index(text, b)) })
	return strings.Join(list, " ")
}
