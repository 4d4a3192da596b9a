package store_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
)

// word is a word with a number.
func word(n uint64) string {
	w := ""
	for ; w == "" || n > 0; n /= 20 {
		w += "bcdfghjklmnpqrstvwxz"[n%20:n%20+1] + "aeiou"[n%5:n%5+1]
	}
	return w
}

// fillArticles writes n articles with texts of about 300 words, whose frequencies
// are those of a language.
func fillArticles(tb testing.TB, o *office, n int) {
	var group errgroup.Group
	group.SetLimit(8)
	by := desk.Agent{ID: o.ana.ID, Admin: true}
	for i := range n {
		group.Go(func() error {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			zipf := rand.NewZipf(r, 1.1, 5, 20_000)
			text := func(words int) string {
				list := make([]string, words)
				for j := range list {
					list[j] = word(zipf.Uint64())
				}
				return strings.Join(list, " ")
			}
			title := "How to " + text(4)
			if i%20 == 0 {
				title += " and get a refund"
			}
			a := article.Article{ID: desk.NewID[desk.ArticleID](), Slug: fmt.Sprintf("article-%d", i), Language: []string{"en", "en", "de", "fr", "ja"}[i%5], Public: true,
				Title: title, Text: text(300), Tags: []string{fmt.Sprintf("tag%d", i%50)}}
			return o.CreateArticle(tb.Context(), by, a)
		})
	}
	if err := group.Wait(); err != nil {
		tb.Fatal(err)
	}
	o.exec(tb, "vacuum analyze articles")
}

// BenchmarkArticles is the 95th percentile of searches in 10,000 articles.
func BenchmarkArticles(b *testing.B) {
	o := openOffice(b)
	fillArticles(b, o, 10_000)
	for _, q := range []string{"", "refund", "to get refunds", "how to", "re", word(7), word(3) + " " + word(4), word(12_345), "absent words", "r"} {
		for _, language := range []string{"", "en"} {
			b.Run(q+"/"+language, func(b *testing.B) {
				percentile(b, func(int) int {
					f := view.ArticleFilter{Language: language}
					if q != "" {
						f.Words = article.Words(q)
					}
					list, err := o.Articles(b.Context(), f, view.ArticlePosition{}, 21)
					if err != nil {
						b.Fatal(err)
					}
					return len(list)
				})
			})
		}
	}
}
