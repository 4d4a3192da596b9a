package ingest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

// strangers are rules by which no address is ours.
var strangers = &Rules{Own: func(string) bool { return false }}

func TestSenderOf(t *testing.T) {
	t.Parallel()
	id := desk.NewID[desk.SessionID]()
	visitor := Session{Name: "Vi", Email: "Vi@Acme.example"}
	jo := []desk.Address{{Name: "Jo", Email: "JO@Acme.example"}, {Name: "Sam", Email: "sam@acme.example"}}
	mail, chat, form := desk.ChannelEmail, desk.ChannelChat, desk.ChannelForm
	type key = IdentityKey
	for name, c := range map[string]struct {
		channel desk.Channel
		from    []desk.Address
		reverse string
		session Session
		want    sender
	}{
		"the author":                  {mail, jo, "bounce@list.example", Session{}, sender{key: key{mail, "jo@acme.example"}, name: "Jo", domain: "acme.example", email: "jo@acme.example"}},
		"freemail":                    {mail, []desk.Address{{Email: "kim@gmail.com"}}, "", Session{}, sender{key: key{mail, "kim@gmail.com"}, email: "kim@gmail.com"}},
		"a host without a dot":        {mail, []desk.Address{{Email: "root@localhost"}}, "", Session{}, sender{key: key{mail, "root@localhost"}, email: "root@localhost"}},
		"no author":                   {mail, nil, "Sam@acme.example", Session{}, sender{key: key{mail, "sam@acme.example"}, domain: "acme.example", email: "sam@acme.example"}},
		"a long reverse-path":         {mail, nil, strings.Repeat("x", 999) + "@acme.example", Session{}, sender{key: key{mail, unknownSender}, domain: "invalid.invalid", email: unknownSender}},
		"neither":                     {mail, nil, "", Session{}, sender{key: key{mail, unknownSender}, domain: "invalid.invalid", email: unknownSender}},
		"a form without an address":   {form, nil, "sam@acme.example", Session{}, sender{key: key{mail, unknownSender}, domain: "invalid.invalid", email: unknownSender}},
		"a form":                      {form, jo, "", Session{}, sender{key: key{mail, "jo@acme.example"}, name: "Jo", domain: "acme.example", email: "jo@acme.example"}},
		"an anonymous visitor":        {chat, nil, "", Session{}, sender{key: key{chat, id.String()}}},
		"a visitor who gave a name":   {chat, nil, "", visitor, sender{key: key{chat, id.String()}, name: "Vi", domain: "acme.example", email: "vi@acme.example"}},
		"a line that gives a name":    {chat, jo, "", visitor, sender{key: key{chat, id.String()}, name: "Jo", domain: "acme.example", email: "jo@acme.example"}},
		"a line with an address only": {chat, []desk.Address{{Email: "jo@acme.example"}}, "", visitor, sender{key: key{chat, id.String()}, name: "Vi", domain: "acme.example", email: "jo@acme.example"}},
	} {
		c.want.trust = desk.TrustClaimed
		got := senderOf(&desk.Raw{Channel: c.channel, EnvelopeFrom: c.reverse}, &desk.Message{From: c.from}, c.session, id, strangers)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// The sender's contact and account are created once, together with what identifies
// them.
func TestResolve(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	jo := sender{key: IdentityKey{desk.ChannelEmail, "jo@acme.example"}, name: "Jo", domain: "acme.example", email: "jo@acme.example", trust: desk.TrustAligned}
	sam := sender{key: IdentityKey{desk.ChannelEmail, "sam@acme.example"}, domain: "acme.example", email: "sam@acme.example", trust: desk.TrustForged}
	first, colleague, again := b.resolve(jo), b.resolve(sam), b.resolve(jo)
	account := desk.Account{ID: first.account.ID, Name: "acme.example", Domains: []string{"acme.example"}, CreatedAt: b.now}
	want := &desk.Changes{
		Accounts: []desk.Account{account},
		Domains:  []desk.AccountDomain{{Domain: "acme.example", Account: account.ID}},
		Contacts: []desk.Contact{{ID: first.contact.ID, AccountID: account.ID, Name: "Jo", CreatedAt: b.now}, {ID: colleague.contact.ID, AccountID: account.ID, CreatedAt: b.now}},
		Identities: []desk.ContactIdentity{
			{Contact: first.contact.ID, Identity: desk.Identity{Channel: desk.ChannelEmail, Address: "jo@acme.example", Trust: desk.TrustAligned}},
			{Contact: colleague.contact.ID, Identity: desk.Identity{Channel: desk.ChannelEmail, Address: "sam@acme.example", Trust: desk.TrustClaimed}}},
	}
	if diff := cmp.Diff(want, b.out); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if account.ID.IsZero() || first.contact.ID.IsZero() || first.contact.ID == colleague.contact.ID {
		t.Errorf("IDs %s, %s, %s", account.ID, first.contact.ID, colleague.contact.ID)
	}
	if diff := cmp.Diff(account, again.account) + cmp.Diff(account, colleague.account) + cmp.Diff(first.contact, again.contact); diff != "" {
		t.Errorf("the second message: %s", diff)
	}
}

// Someone whose domain belongs to no organization gets an account of their own.
func TestAccountOfAPerson(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]sender{"kim@gmail.com": {email: "kim@gmail.com", name: "Kim"}, "Kim": {name: "Kim"}, "Visitor": {}} {
		b := newBatch(rules(t), nothing())
		b.snap.Domains[""] = desk.NewID[desk.AccountID]() // must not be used
		got := b.accountFor(s)
		if got.Name != want || len(got.Domains) != 0 || len(b.out.Domains) != 0 || len(b.out.Accounts) != 1 || got.ID.IsZero() {
			t.Errorf("%+v, want %s", got, want)
		}
		if diff := cmp.Diff(got, b.snap.Accounts[got.ID]); diff != "" {
			t.Errorf("in the snapshot: %s", diff)
		}
	}
}
