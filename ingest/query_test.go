package ingest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

func TestQueryOfAMail(t *testing.T) {
	t.Parallel()
	r := rules(t)
	conversation := desk.NewID[desk.ConversationID]()
	reply := item(t, 1, from("Jo@Acme.example", "2@a", "In-Reply-To: <0@a>", refers("1@a"), "Sender: bot@acme.example")...)
	reply.Raw.EnvelopeTo = []string{"other@desk.example", r.Tokens.Address("support@desk.example", conversation, "jo@acme.example")}
	bare := item(t, 2, "From: kim@gmail.com", "To: support@desk.example", "Subject: Re: Lamp", "Message-ID: <3@k>")
	want := Query{
		Identities: []IdentityKey{{desk.ChannelEmail, "jo@acme.example"}, {desk.ChannelEmail, "kim@gmail.com"}},
		Domains:    []string{"acme.example"},
		MessageIDs: []string{"2@a", "0@a", "1@a", "3@k"},
		OwnIDs:     []string{"2@a", "3@k"},
		Tokens:     []desk.ConversationID{conversation},
		Recent:     []RecentKey{{IdentityKey: IdentityKey{desk.ChannelEmail, "kim@gmail.com"}}},
		Authors:    []string{"jo@acme.example", "bot@acme.example", "kim@gmail.com"},
		Opens:      true,
	}
	if diff := cmp.Diff(want, query([]parsed{reply, bare}, r)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff([]Scope{{"jo@acme.example", "acme.example"}, {"kim@gmail.com", ""}}, scopes([]parsed{reply, bare}, r)); diff != "" {
		t.Errorf("scopes: -want +got\n%s", diff)
	}
}

// No mail cites the identifier of a chat line.
func TestQueryOfAChatLine(t *testing.T) {
	t.Parallel()
	p := chatLine("1", desk.NewID[desk.SessionID]())
	id := session(&p.Raw)
	want := Query{Identities: []IdentityKey{{desk.ChannelChat, id.String()}}, Sessions: []desk.SessionID{id}}
	if diff := cmp.Diff(want, query([]parsed{p}, rules(t))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A line whose session cannot be read is looked up like a mail.
func TestQueryOfAChatLineWithoutSession(t *testing.T) {
	t.Parallel()
	p := chatLine("1", desk.NewID[desk.SessionID]())
	p.Raw.SourceKey = "x"
	if q := query([]parsed{p}, rules(t)); !q.Opens || len(q.OwnIDs) != 1 || len(q.MessageIDs) != 1 || len(q.Sessions) != 0 {
		t.Errorf("query %+v", q)
	}
}

func TestQueryOfASentMail(t *testing.T) {
	t.Parallel()
	p := sent(t, 1, "Ana@desk.example", "jo@acme.example, kim@gmail.com", "s1@mua", "Sender: Office@desk.example")
	want := Query{
		Identities: []IdentityKey{{desk.ChannelEmail, "jo@acme.example"}, {desk.ChannelEmail, "kim@gmail.com"}},
		Domains:    []string{"acme.example"},
		MessageIDs: []string{"s1@mua"},
		OwnIDs:     []string{"s1@mua"},
		Reported:   []string{"s1@mua"}, // it may be a copy of what we sent
		Authors:    []string{"ana@desk.example", "office@desk.example"},
		Opens:      true,
	}
	if diff := cmp.Diff(want, query([]parsed{p}, rules(t))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestQueryOfAReportWithoutOriginal(t *testing.T) {
	t.Parallel()
	p := deliveryStatus(t, 1, desk.ReportRecipient{})
	p.message.Report.OriginalMessageID = ""
	if q := query([]parsed{p}, rules(t)); len(q.Reported) != 0 || len(q.MessageIDs) != 2 {
		t.Errorf("query %+v", q)
	}
}

// A reply may belong to the newest conversations of its customer if what it cites is
// not known.
func TestQueryOfReplies(t *testing.T) {
	t.Parallel()
	kim := IdentityKey{desk.ChannelEmail, "kim@gmail.com"}
	for name, c := range map[string]struct {
		headers []string
		want    []RecentKey
	}{
		"a reply without headers": {[]string{"Subject: Re: Lamp"}, []RecentKey{{kim, nil}}},
		"no reply":                {[]string{"Subject: Lamp"}, nil},
		"with headers":            {[]string{"Subject: Re: Lamp", "In-Reply-To: <1@a>", "References: <0@a> <1@a>"}, []RecentKey{{kim, []string{"0@a", "1@a", "1@a"}}}},
	} {
		p := item(t, 1, append([]string{"From: kim@gmail.com", "To: support@desk.example", "Message-ID: <3@k>"}, c.headers...)...)
		if diff := cmp.Diff(c.want, query([]parsed{p}, rules(t)).Recent); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	p := item(t, 1, "From: \"'Kim' via Help\" <help@list.example>", "Reply-To: kim@gmail.com", "To: support@desk.example", "Subject: Re: Lamp", "Message-ID: <3@k>")
	if recent := query([]parsed{p}, rules(t)).Recent; len(recent) != 2 || recent[1].IdentityKey != kim {
		t.Errorf("through a list: %+v", recent)
	}
}
