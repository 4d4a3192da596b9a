package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchboard/desk"
	"switchboard/desk/view"
)

// TestArticleGaps: topics without a public article, with what became of their conversations,
// until an article about them is published; and only of conversations that the agent may read.
func TestArticleGaps(t *testing.T) {
	d := newDesk(t)
	d.agent("out", desk.Agent{Name: "Out", Email: "out@desk.example", Tiers: []desk.Tier{2}, InboxesOnly: true, Inboxes: []string{"billing"}})
	var returns, uuids []string
	for i := range 6 {
		f := d.conversation("frontline", false, fmt.Sprintf("Carpet shipment number %d", i), "How?", time.Now().Add(-time.Duration(i)*time.Minute))
		returns, uuids = append(returns, f.id.String()), append(uuids, uuid.UUID(f.id).String())
	}
	d.conversation("frontline", false, "A carpet long ago", "How?", time.Now().AddDate(0, 0, -45))
	d.conversation("frontline", false, "Another carpet long ago", "How?", time.Now().AddDate(0, 0, -44))
	for range 2 {
		d.conversation("security", true, "Breach of the vault", "Secret.", time.Now())
	}
	d.exec(`update conversations set tags = '{vault}' where restricted`)
	d.exec(`update conversations set tags = '{returns}' where id = any($1::uuid[])`, "{"+strings.Join(uuids[:2], ",")+"}")
	for i, id := range returns[:4] { // ana is of tier 1
		who := "ana"
		if i == 3 {
			d.as("ana", "POST", "/conversations/"+id+"/move", map[string]any{"inbox": "billing", "note": "Ask them."}).want(t, 200)
			who = "root"
		}
		d.as(who, "POST", "/conversations/"+id+"/status", map[string]any{"status": "resolved"}).want(t, 200)
	}
	d.published()
	gaps := func(who, query string) map[string]view.ArticleGap {
		t.Helper()
		var page Page[view.ArticleGap]
		d.as(who, "GET", "/articles/gaps"+query, nil).want(t, 200).json(t, &page)
		out := map[string]view.ArticleGap{}
		for i, g := range page.Data {
			if i > 0 && g.Count > page.Data[i-1].Count {
				t.Errorf("%s is not in order: %+v", g.Topic, page.Data)
			}
			out[g.Topic] = g
		}
		return out
	}
	found := gaps("ana", "")
	g := found["shipment number"] // words of the same conversations are one topic
	if carpet := found["carpet"]; carpet.Kind != "word" || carpet.Count != 6 || carpet.Before != 2 || carpet.Growth == nil || *carpet.Growth != 2 || carpet.Nearest != nil {
		t.Errorf("carpet: %+v in %+v", carpet, found)
	}
	if g.Count != 6 || g.Before != 0 || g.Growth != nil || g.Resolved != 4 || g.Tier1 == nil || *g.Tier1 != 0.75 || len(g.Conversations) != 5 || g.Conversations[0].Subject != "Carpet shipment number 0" || g.Conversations[0].Status != desk.StatusResolved {
		t.Errorf("returns: %+v", g)
	}
	if tag := found["returns"]; tag.Kind != "tag" || tag.Count != 2 || tag.Resolved != 2 || *tag.Tier1 != 1 {
		t.Errorf("the tag: %+v", tag)
	}
	if _, ok := found["vault"]; ok {
		t.Error("a restricted conversation counts for ana")
	}
	if v := gaps("sam", "")["vault"]; v.Count != 3 || len(v.Conversations) != 3 {
		t.Errorf("for sam: %+v", v)
	}
	if out := gaps("out", ""); len(out) > 0 {
		t.Errorf("an agent who reads one inbox: %+v", out)
	}
	if old := gaps("ana", "?to="+time.Now().AddDate(0, 0, -40).UTC().Format(time.DateOnly)); old["invoice"].Count != 2 {
		t.Errorf("long ago: %+v", old)
	}
	if got := gaps("ana", "?limit=1"); len(got) != 1 {
		t.Errorf("limit: %+v", got)
	}
	d.as("ana", "GET", "/articles/gaps?from=yesterday", nil).want(t, 422)

	// A draft is the nearest article; only a published one about the topic fills the gap.
	id := d.article("ana", `{"title": "Rolling up rugs", "text": "How carpets come back.", "public": true}`)
	if n := gaps("ana", "")["carpet"].Nearest; n == nil || n.ID != id || n.Status != "draft" {
		t.Errorf("nearest: %+v", n)
	}
	d.as("root", "POST", "/articles/"+id.String()+"/publish", `{}`).want(t, 200)
	if _, ok := gaps("ana", "")["carpet"]; !ok {
		t.Error("an article that only mentions it fills the gap")
	}
	d.as("ana", "PATCH", "/articles/"+id.String(), `{"title": "Returns of carpets, their shipment and its number"}`).want(t, 200)
	d.as("root", "POST", "/articles/"+id.String()+"/publish", `{}`).want(t, 200)
	if left := gaps("ana", ""); left["carpet"].Count != 0 || left["returns"].Count != 0 || left["shipment number"].Count != 0 {
		t.Errorf("with an article: %+v", left)
	}
}

// TestArticleOfAnswer makes a draft of an answer, without what is personal in it.
func TestArticleOfAnswer(t *testing.T) {
	d := newDesk(t)
	open := "/conversations/" + d.open.id.String()
	var reply view.Message
	answer := func(at, text string) (m view.Message) {
		d.as("root", "POST", at+"/replies", map[string]any{"text": text}).want(t, 201).json(t, &m)
		return m
	}
	reply = answer(open, "Hi Jo,\n\nAcme's invoice 2231 is wrong. Open *Billing* and choose **Correct**; write to jo@acme.example or ask Ana.\n\nBest regards\nRoot")
	make := func(who, id string, want int) (made ArticleDraft) {
		t.Helper()
		a := d.as(who, "POST", "/articles/from-message", map[string]any{"message_id": id}).want(t, want)
		if want == 201 {
			a.json(t, &made)
		}
		return made
	}
	made := make("ana", reply.ID.String(), 201)
	if want := "[company]'s invoice [number] is wrong. Open *Billing* and choose **Correct**; write to [address] or ask [name]."; made.Text != want || made.Status != "draft" || !made.Public || made.Language != "en" || made.Owner.Name != "Ana" || made.Title != "Invoice is wrong" {
		t.Errorf("%+v", made.Article)
	}
	var kinds []string
	for _, r := range made.Removed {
		kinds = append(kinds, string(r.Kind)+" "+r.Text)
	}
	if want := []string{"greeting Hi Jo,", "company Acme", "number 2231", "address jo@acme.example", "name Ana", "signature Best regards\nRoot"}; !slices.Equal(kinds, want) {
		t.Errorf("removed %q, want %q", kinds, want)
	}
	if again := make("ana", reply.ID.String(), 201); again.Slug != "invoice-is-wrong-2" {
		t.Errorf("again: %s", again.Slug)
	}
	german := answer(open, "Hallo Jo,\n\nbitte öffnen Sie die Einstellungen und wählen Sie dort den zweiten Eintrag aus.\n\nViele Grüße\nRoot")
	if made := make("ana", german.ID.String(), 201); made.Language != "de" || !strings.HasPrefix(made.Text, "Bitte öffnen") || made.LiveVersion != nil {
		t.Errorf("%+v", made.Article)
	}
	make("ana", d.open.message.String(), 422) // the customer wrote it
	secret := answer("/conversations/"+d.secret.id.String(), "It is fixed.")
	make("ana", secret.ID.String(), 404)
	make("sam", secret.ID.String(), 422) // all agents read drafts
	make("ana", "x", 422)
	d.agent("masked", desk.Agent{Name: "Mia", Email: "mia@desk.example", Tiers: []desk.Tier{1}, MaskAddresses: true})
	make("masked", reply.ID.String(), 403)
}

// TestArticleFilters: by owner and review, page by page; nothing is listed twice or left out when
// articles change meanwhile.
func TestArticleFilters(t *testing.T) {
	d := newDesk(t)
	today := time.Now().UTC().Format(time.DateOnly)
	for i := range 7 {
		owner, review := d.id("ana"), today
		if i%2 == 1 {
			owner, review = "", "2040-01-01"
		}
		d.article("ben", fmt.Sprintf(`{"title": "Article %d", "owner": %q, "review_on": %q}`, i, owner, review))
	}
	list := func(who, query string) (titles []string, next string) {
		t.Helper()
		var page Page[view.ArticleRow]
		d.as(who, "GET", "/articles?"+query, nil).want(t, 200).json(t, &page)
		for _, a := range page.Data {
			titles = append(titles, strings.TrimPrefix(a.Title, "Article "))
		}
		if page.NextCursor != nil {
			next = *page.NextCursor
		}
		return titles, next
	}
	for query, want := range map[string]string{"owner=me": "6 4 2 0", "owner=" + d.id("ana"): "6 4 2 0", "owner=none": "5 3 1", "review=due": "6 4 2 0", "owner=none&review=due": "", "owner=" + d.id("ben"): "", "q=article&owner=none": "5 3 1"} {
		if got, _ := list("ana", query); strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	d.as("ana", "GET", "/articles?owner=ana", nil).want(t, 422)
	d.as("ana", "GET", "/articles?review=true", nil).want(t, 422)
	for _, q := range []string{"", "q=article&"} {
		var all []string
		page, next := list("ana", q+"limit=3")
		for all = page; next != ""; all = append(all, page...) {
			if q == "" && len(all) == 3 { // a change moves an article to the top
				var first Page[view.ArticleRow]
				d.as("ana", "GET", "/articles?owner=none&limit=200", nil).want(t, 200).json(t, &first)
				d.as("ana", "PATCH", "/articles/"+first.Data[2].ID.String(), `{"text": "new"}`).want(t, 200)
			}
			page, next = list("ana", q+"limit=3&cursor="+url.QueryEscape(next))
		}
		want := "6 5 4 3 2 0" // 1 is on top now
		if q != "" {
			want = "1 6 5 4 3 2 0"
		}
		if strings.Join(all, " ") != want {
			t.Errorf("%s: %v, want %s", q, all, want)
		}
	}
}
