package agent

import (
	"slices"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize"
	"switchboard/outbound/render"
	"switchboard/router"
)

func mailOf(t *testing.T, d *draft) desk.Message {
	t.Helper()
	m, _, err := d.compose()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSignature: the signature stands below the text in both forms, and is no part of what
// the author wrote.
func TestSignature(t *testing.T) {
	t.Parallel()
	d := newDraft(Reply{Text: "Pull the plug.\n"})
	d.by.Name, d.opt.Company = "Ana Ruiz", "Acme & Co"
	d.letter = letter{router.Letter{Signature: "**{{agent.first_name}}** at {{company}}\n{{inbox.name}}", SenderName: "{{agent.first_name}} at {{company}}"}, "First line"}
	m := mailOf(t, d)
	if want := "Pull the plug.\n\n-- \n**Ana** at Acme & Co\nFirst line\n"; m.TextBody != want || m.NewText != "Pull the plug.\n" {
		t.Errorf("%q and %q, want %q", m.TextBody, m.NewText, want)
	}
	if !strings.Contains(m.HTMLBody, "-- <br") || !strings.Contains(m.HTMLBody, "<strong>Ana</strong> at Acme &amp; Co<br") {
		t.Errorf("%s", m.HTMLBody)
	}
	if m.From[0].Name != "Ana at Acme & Co" {
		t.Errorf("sender: %q", m.From[0].Name)
	}
}

// TestOwnSignature: an agent's signature stands where the inbox has it, with the name that
// customers see, and leaves no gap without one.
func TestOwnSignature(t *testing.T) {
	t.Parallel()
	const framed = "Yours\n{{ agent.signature }}\n**{{inbox.name}}**"
	for _, c := range []struct{ inbox, own, want string }{
		{router.OwnSignature, "*{{agent.first_name}}*, {{company}}\nCall me\n", "*Nina*, Acme\nCall me"},
		{router.OwnSignature, "", ""},
		{framed, "{{agent.name}} {{agent.signature}}", "Yours\nNina B. {{agent.signature}}\n**First line**"},
		{framed, " \n", "Yours\n**First line**"},
		{"By {{agent.signature}}.", "", "By ."},
		{"", "Not here", ""},
		{"{{company}}", "Not here", "Acme"},
	} {
		d := newDraft(Reply{Text: "x"})
		d.by.Name, d.by.DisplayName, d.by.Signature, d.opt.Company = "Ana Ruiz", "Nina B.", c.own, "Acme"
		d.letter = letter{router.Letter{Signature: c.inbox}, "First line"}
		if got := d.signature(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
		if got := d.senderName(); got != "Nina B. (Acme)" {
			t.Errorf("sender %q", got)
		}
	}
}

// TestSenderName: one line, of a bounded length, whatever is filled in.
func TestSenderName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, agent, company, want string }{
		{"", "Ana Ruiz", "", "Ana Ruiz"},
		{"", "Ana Ruiz", "Example Ltd", "Ana Ruiz (Example Ltd)"},
		{"{{company}} Support", "Ana Ruiz", "Example\r\nBcc: x@y.example", "Example Bcc: x@y.example Support"},
		{"{{agent.first_name}}", "李雷", "", "李雷"},
		{"{{agent.name}}", strings.Repeat("ü", 150), "", strings.Repeat("ü", 100)},
	} {
		d := newDraft(Reply{})
		d.by.Name, d.opt.Company, d.letter.SenderName = c.agent, c.company, c.pattern
		if got := d.senderName(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestFrom: a reply is sent from the inbox's addresses only, and the bounces go there.
func TestFrom(t *testing.T) {
	t.Parallel()
	d := newDraft(Reply{Text: "x", From: "Billing@Desk.example"})
	d.letter.Addresses = []string{"billing@desk.example", "help@desk.example", "elsewhere@other.example"}
	m, ds, err := d.compose()
	if err != nil || m.From[0].Email != "billing@desk.example" || ds[0].ReturnPath != "billing@desk.example" {
		t.Errorf("%+v %+v %v", m.From, ds, err)
	}
	for _, from := range []string{"elsewhere@other.example", "ceo@acme.example"} {
		d.reply.From = from
		_, _, err := d.compose()
		if desk.KindOf(err) != desk.KindInvalid || err == nil || !strings.Contains(err.Error(), "from help@desk.example, billing@desk.example, not from "+from) {
			t.Errorf("%s: %v", from, err)
		}
	}
}

// TestQuoted: only what all recipients have written or received is quoted.
func TestQuoted(t *testing.T) {
	t.Parallel()
	jo, sam, us := desk.Address{Email: "Jo@acme.example"}, desk.Address{Email: "sam@vendor.example"}, desk.Address{Email: "help@desk.example"}
	mail := func(text string, from desk.Address, to ...desk.Address) Earlier {
		direction := desk.Inbound
		if from == us {
			direction = desk.Outbound
		}
		return Earlier{Direction: direction, From: []desk.Address{from}, To: to, Text: text}
	}
	earlier := []Earlier{mail("to sam", us, sam), mail("from sam", sam, us), mail("to both", us, jo, sam), mail("", jo, us), mail("from jo", jo, us)}
	for _, c := range []struct {
		name string
		to   []desk.Address
		how  router.Quote
		want string
	}{
		{"nothing", []desk.Address{jo}, router.QuoteNone, ""},
		{"the customer's newest", []desk.Address{{Email: "jo@ACME.example"}}, router.QuoteLast, "from jo"},
		{"all of the customer's", []desk.Address{jo}, router.QuoteAll, "to both,from jo"},
		{"all of the vendor's", []desk.Address{sam}, router.QuoteAll, "to sam,from sam,to both"},
		{"what both have seen", []desk.Address{jo, sam}, router.QuoteAll, "to both"},
		{"a stranger", []desk.Address{{Email: "eve@other.example"}}, router.QuoteAll, ""},
		{"nobody", nil, router.QuoteAll, ""},
	} {
		d := newDraft(Reply{})
		d.letter.Quote = c.how
		var got []string
		if d.quotes() != router.QuoteNone {
			for _, e := range quoted(earlier, c.to, c.how) {
				got = append(got, e.Text)
			}
		}
		if s := strings.Join(got, ","); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
	d := newDraft(Reply{})
	d.letter.Quote, d.conversation.Restricted = router.QuoteAll, true
	if d.quotes() != router.QuoteNone {
		t.Error("a restricted conversation is quoted")
	}
	long := slices.Repeat([]Earlier{mail(strings.Repeat("x", 1000), jo, us)}, 100)
	if n := len(quoted(long, []desk.Address{jo}, router.QuoteAll)); n != maxQuotes {
		t.Errorf("%d quotations", n)
	}
}

// TestQuotedReply: our own reading of mail finds what the agent wrote above signature and
// quotations, in every language, in the text and in an answer that quotes all of it.
func TestQuotedReply(t *testing.T) {
	t.Parallel()
	for language, text := range map[string]string{
		"en": "Hello, we have a problem with the export of our invoices since yesterday. Could you please have a look at it?",
		"de": "Guten Tag, seit gestern funktioniert der Export unserer Rechnungen nicht mehr. Könnten Sie sich das bitte ansehen?",
		"fr": "Bonjour, depuis hier nous avons un problème avec l'exportation de nos factures. Pourriez-vous y jeter un coup d'œil ?",
		"es": "Hola, desde ayer tenemos un problema con la exportación de nuestras facturas. ¿Podrían echarle un vistazo, por favor?",
		"it": "Buongiorno, da ieri abbiamo un problema con l'esportazione delle nostre fatture. Potreste dare un'occhiata, per favore?",
		"nl": "Hallo, sinds gisteren hebben wij een probleem met het exporteren van onze facturen. Zou u daar alstublieft naar kunnen kijken?",
		"pt": "Olá, desde ontem temos um problema com a exportação das nossas faturas. Vocês poderiam dar uma olhada nisso, por favor?",
		"ja": "こんにちは。昨日から請求書のエクスポートができません。確認していただけますか。",
	} {
		d := newDraft(Reply{Text: "Please pull the plug.\n\nThen wait."})
		d.letter.Quote, d.letter.Signature = router.QuoteAll, "Ana\nExample Ltd"
		d.earlier = []Earlier{
			{Direction: desk.Outbound, From: []desk.Address{{Name: "Ana", Email: "help@desk.example"}}, To: []desk.Address{{Email: "jo@acme.example"}}, At: noon, Text: "Which printer?"},
			{Direction: desk.Inbound, From: []desk.Address{{Name: "Jo Doe", Email: "jo@acme.example"}}, At: noon.Add(-3600e9), Text: text + "\n> quoted\n\nJo"}}
		m := mailOf(t, d)
		if want := attributions[language][0]; want != "" && !strings.Contains(m.TextBody, "\n"+want+noon.Add(-3600e9).UTC().Format("2006-01-02 15:04 UTC")) {
			t.Errorf("%s: no attribution %q in\n%s", language, want, m.TextBody)
		}
		if !strings.Contains(m.TextBody, "\n>> quoted\n>\n> Jo\n") || !strings.Contains(m.HTMLBody, "<blockquote") || !strings.Contains(m.HTMLBody, "&gt; quoted<br") {
			t.Errorf("%s:\n%s\n%s", language, m.TextBody, m.HTMLBody)
		}
		raw, err := render.Message(m, "")
		if err != nil {
			t.Fatal(err)
		}
		read := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: raw, Size: int64(len(raw))})
		if got := strings.TrimSpace(read.NewText); got != "Please pull the plug.\n\nThen wait." {
			t.Errorf("%s: the new text of our reply is read as %q", language, got)
		}
		answer := m
		answer.From, answer.To = m.To, m.From
		answer.TextBody = "It works now.\n\nOn Sun, Nov 29, 2026 at 10:00 AM " + m.From[0].Name + " <help@desk.example> wrote:\n\n" + quoteText(m.TextBody)
		answer.HTMLBody = "<div dir=\"ltr\">It works now.</div><br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Sun, Nov 29, 2026 at 10:00 AM Ana &lt;<a href=\"mailto:help@desk.example\">help@desk.example</a>&gt; wrote:<br></div><blockquote class=\"gmail_quote\">" + m.HTMLBody + "</blockquote></div>"
		if raw, err = render.Message(answer, ""); err != nil {
			t.Fatal(err)
		}
		read = normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: raw, Size: int64(len(raw))})
		if got := strings.TrimSpace(read.NewText); got != "It works now." {
			t.Errorf("%s: the new text of the answer is read as %q", language, got)
		}
		if imf.OneLine(m.Preview) != "Please pull the plug. Then wait." {
			t.Errorf("preview %q", m.Preview)
		}
	}
}
