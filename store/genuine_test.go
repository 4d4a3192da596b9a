package store_test

import (
	"fmt"
	"testing"

	"switchboard/desk"
)

// genuine is one way in which a customer's reply arrives.
type genuine struct {
	name string
	// first and reply change the mails: reply knows the answered conversation.
	first func(l *letterTo, customer string)
	reply func(l *letterTo, customer string, o opened)
	// moved is where replies go afterwards, if not to the customer.
	moved string
}

// citations are what programs cite in a reply.
var citations = map[string]func(*letterTo, opened){
	"ours":   func(l *letterTo, o opened) { l.headers = append(l.headers, "In-Reply-To: <"+o.ours+">") },
	"both":   func(l *letterTo, o opened) { l.headers = append(l.headers, "References: <"+o.theirs+"> <"+o.ours+">") },
	"theirs": func(l *letterTo, o opened) { l.headers = append(l.headers, "References: <"+o.theirs+">") },
	"token":  func(l *letterTo, o opened) { l.token = o.token },
	"quote":  func(l *letterTo, _ opened) { l.body += quoteOfAnswer },
	"replaced": func(l *letterTo, o opened) {
		l.headers, l.body = append(l.headers, "References: <0102."+o.id.String()+"@ses.example>"), l.body+quoteOfAnswer
	},
}

const quoteOfAnswer = "\n\nOn Friday, Ana <support@desk.example> wrote:\n> " + answerText + "\n"

// ways returns the ways of the table. Each is combined with the citations.
func ways() []genuine {
	aligned := func(l *letterTo, customer string) {
		l.results = "spf=pass smtp.mailfrom=" + customer + "; dkim=pass header.d=" + domainOf(customer) + "; dmarc=pass header.from=" + domainOf(customer)
	}
	none := func(l *letterTo, customer string) {
		l.results = "spf=none; dkim=none; dmarc=none header.from=" + domainOf(customer)
	}
	unchecked := func(l *letterTo, _ string) { l.results = "" }
	broken := func(l *letterTo, customer string) {
		l.results = "spf=fail smtp.mailfrom=" + customer + "; dkim=fail header.d=" + domainOf(customer) + "; dmarc=fail header.from=" + domainOf(customer) + " policy.dmarc=none"
	}
	group := func(l *letterTo, customer string) {
		l.from, l.results = `"'Jo' via Help" <help@desk.example>`, "dkim=pass header.d=desk.example; dmarc=pass header.from=desk.example"
		l.headers = append(l.headers, "Reply-To: Jo <"+customer+">", "X-Original-From: Jo <"+customer+">", "List-Id: <help.desk.example>", "Precedence: list")
	}
	munged := func(l *letterTo, customer string) {
		l.from, l.results = `"Jo via Users" <users@lists.example>`, "dkim=pass header.d=lists.example; dmarc=pass header.from=lists.example"
		l.headers = append(l.headers, "Reply-To: Jo <"+customer+">", "List-Id: <users.lists.example>", "List-Post: <mailto:users@lists.example>")
	}
	listed := func(l *letterTo, customer string) {
		none(l, customer)
		l.headers = append(l.headers, "List-Id: <users.lists.example>", "Precedence: list")
	}
	form := func(l *letterTo, customer string) {
		l.from, l.results = "Shop <wordpress@shop.example>", ""
		l.headers = append(l.headers, "Reply-To: "+customer)
	}
	as := func(f func(*letterTo, string)) func(*letterTo, string, opened) {
		return func(l *letterTo, customer string, _ opened) { f(l, customer) }
	}
	return []genuine{
		{name: "a provider with DKIM", first: aligned, reply: as(aligned)},
		{name: "a small domain", first: none, reply: as(none)},
		{name: "a small domain, not checked", first: unchecked, reply: as(unchecked)},
		{name: "a forwarder that keeps DKIM", first: aligned, reply: func(l *letterTo, customer string, _ opened) {
			l.results = "spf=fail smtp.mailfrom=x@forwarder.example; dkim=pass header.d=" + domainOf(customer) + "; dmarc=pass header.from=" + domainOf(customer)
		}},
		{name: "a forwarder that breaks DKIM", first: broken, reply: as(broken)},
		{name: "a list", first: listed, reply: as(listed)},
		{name: "a list that rewrites From", first: munged, reply: as(munged)},
		{name: "a group of ours", first: group, reply: as(group)},
		{name: "through a group first, then directly", first: group, reply: as(aligned)},
		{name: "a web site's form first, then directly", first: form, reply: as(none)},
		{name: "authenticated, with another Reply-To", first: aligned, reply: func(l *letterTo, customer string, o opened) {
			aligned(l, customer)
			l.headers = append(l.headers, "Reply-To: team@"+domainOf(customer))
		}, moved: "team@"},
		{name: "not authenticated, with another Reply-To", first: none, reply: func(l *letterTo, customer string, o opened) {
			none(l, customer)
			l.headers = append(l.headers, "Reply-To: team@"+domainOf(customer))
		}},
	}
}

// TestGenuineReplies sends 500 replies of real customers, in all the ways in which mail
// arrives, and counts those that did not join, and those after which the next reply
// goes elsewhere.
func TestGenuineReplies(t *testing.T) {
	t.Parallel()
	const count = 500
	c, kinds := newCorrespondence(t), ways()
	cites := []string{"ours", "both", "theirs", "token", "quote", "replaced", "ours", "both"} // most programs cite
	customers, firsts := make([]string, count), make([]letterTo, count)
	for i := range count {
		customers[i] = fmt.Sprintf("jo%d@small%d.example", i, i)
		firsts[i] = letterTo{from: "Jo <" + customers[i] + ">", subject: fmt.Sprintf("The lamp %d", i), id: "first." + customers[i], body: "The lamp is dark."}
		kinds[i%len(kinds)].first(&firsts[i], customers[i])
	}
	targets := c.open(firsts)
	var raws []desk.Raw
	var ids []string
	for i, o := range targets {
		l := letterTo{from: "Jo <" + customers[i] + ">", subject: fmt.Sprintf("Re: The lamp %d", i), id: "second." + customers[i], body: "It is still dark."}
		kinds[i%len(kinds)].reply(&l, customers[i], o)
		citations[cites[i/len(kinds)%len(cites)]](&l, o)
		raws, ids = append(raws, c.mail(l)), append(ids, l.id)
	}
	c.accept(raws...)
	c.settled()
	split, misled := 0, 0
	for i, o := range targets {
		kind, cited := kinds[i%len(kinds)], cites[i/len(kinds)%len(cites)]
		if at := c.placed(ids[i]); at.conversation != o.id {
			split++
			t.Errorf("split: %s, cites %s: %v", kind.name, cited, at.problems)
			continue
		}
		want := customers[i]
		if kind.moved != "" {
			want = kind.moved + domainOf(want)
		}
		if got := c.text("select reply_to from conversations where id = $1", o.id); got != want {
			misled++
			t.Errorf("%s, cites %s: replies go to %s, want %s", kind.name, cited, got, want)
		}
		if status := c.text("select status from conversations where id = $1", o.id); status != "open" {
			t.Errorf("%s, cites %s: %s", kind.name, cited, status)
		}
	}
	t.Logf("replies=%d false-splits=%d (%.1f %%) misled=%d", count, split, 100*float64(split)/count, misled)
}
