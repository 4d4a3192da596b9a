package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/template"
)

// bounceCase is a bounce of the corpus, sent to one of the desk's addresses.
type bounceCase struct {
	name, to string // to: the reverse-path of the reply, or the desk's own address without a token
	want     string // state of the delivery; empty: the bounce cannot be attributed
}

// bounceCases are all files, each sent to both addresses.
func bounceCases(t *testing.T) (list []bounceCase) {
	t.Helper()
	files, err := filepath.Glob("testdata/bounces/*.eml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d bounces, %v", len(files), err)
	}
	states := map[string]string{"postfix-delivered": "delivered", "postfix-delayed": "sent", "sendmail-warning": "sent", "gmail-delayed": "sent", "exim-delayed": "sent", "exchange-relayed": "sent"}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		for _, to := range []string{"path", "desk"} {
			want, ok := states[name]
			if !ok {
				want = "failed"
			}
			// It names the recipient and nothing else, and two of our mails went there.
			if name == "qmail-no-copy" && to == "desk" {
				want = ""
			}
			list = append(list, bounceCase{name, to, want})
		}
	}
	return list
}

// bounceFields are what the templates of the corpus contain.
type bounceFields struct {
	ID, To, Path, Subject, Envelope, MessageID string
	Original, Headers                          string
	// Rewritten is the header as providers change it that use identifiers of their own.
	Rewritten string
}

// TestBounceCorpus answers customers, and gets the bounces of many mail systems back. Each
// is about the older one of two replies to the same address.
func TestBounceCorpus(t *testing.T) {
	t.Parallel()
	d := startMail(t)
	cases := bounceCases(t)
	var correspondents sync.WaitGroup
	for worker := range 8 {
		correspondents.Go(func() {
			for i := worker; i < len(cases); i += 8 {
				to := fmt.Sprintf("c%d.%s@acme%d.example", i, cases[i].to, i)
				for k, subject := range []string{fmt.Sprintf("Order %d", 1000+i), fmt.Sprintf("Invoice %d", 1000+i)} {
					d.post(to, "support@desk.example", letter(to, "support@desk.example", subject, fmt.Sprintf("q%d.%d@acme.example", i, k), "Where is it?"))
					d.until(d.reply(d.only(subject), "It is on its way."), "sent")
				}
			}
		})
	}
	correspondents.Wait()
	before := d.number("select count(*) from raws where state = 'processed'")
	for i, x := range cases {
		to := fmt.Sprintf("c%d.%s@acme%d.example", i, x.to, i)
		all, _ := d.peer.got(to)
		f := fieldsOf(all[0])
		f.ID, f.To, f.Subject = fmt.Sprintf("b%d", i), to, fmt.Sprintf("Re: Order %d", 1000+i)
		if x.to == "desk" {
			f.Path = "support@desk.example"
		}
		if err := d.db.QueryRow("select 'dl_' || replace(id::text, '-', '') from deliveries where recipient = $1 order by id limit 1", to).Scan(&f.Envelope); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile("testdata/bounces/" + x.name + ".eml")
		if err != nil {
			t.Fatal(err)
		}
		var mail strings.Builder
		if err := template.Must(template.New(x.name).Parse(string(text))).Execute(&mail, f); err != nil {
			t.Fatal(err)
		}
		d.post("", f.Path, mail.String())
	}
	d.eventually("the bounces to be processed", func() bool {
		return d.number("select count(*) from raws where state = 'processed'") == before+len(cases)
	})

	var matched, wrong, should int
	for i, x := range cases {
		to := fmt.Sprintf("c%d.%s@acme%d.example", i, x.to, i)
		rows, err := d.db.Query(`select m.subject, d.state, d.enhanced_code, exists (select from delivery_attempts a where a.delivery_id = d.id and a.source = 'dsn')
			from deliveries d join messages m on m.id = d.message_id where d.recipient = $1 order by d.id`, to)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for n := 0; rows.Next(); n++ {
			var subject, state, code string
			var reported bool
			if err := rows.Scan(&subject, &state, &code, &reported); err != nil {
				t.Fatal(err)
			}
			if reported {
				got = append(got, strings.TrimSpace(strings.Fields(subject)[1]+" "+state+" "+code))
			}
		}
		rows.Close()
		if x.want != "" {
			should++
		}
		switch {
		case x.want == "" && len(got) == 0:
		case x.want != "" && len(got) == 1 && strings.HasPrefix(got[0], "Order "+x.want):
			matched++
		default:
			wrong++
			t.Errorf("%s to the %s: %q, want Order %s", x.name, x.to, got, x.want)
		}
	}
	t.Logf("bounces=%d matched=%d of %d (%.1f%%) wrong=%d", len(cases), matched, should, 100*float64(matched)/float64(should), wrong)
}

// fieldsOf returns what a bounce contains of a mail.
func fieldsOf(o offered) bounceFields {
	mail := strings.TrimRight(strings.ReplaceAll(o.Content, "\r\n", "\n"), "\n")
	header, _, _ := strings.Cut(mail, "\n\n")
	f := bounceFields{Path: o.From, Original: mail, Headers: header}
	var rewritten []string
	for line := range strings.Lines(header) {
		if name, value, _ := strings.Cut(strings.TrimSpace(line), ": "); strings.EqualFold(name, "Message-ID") {
			f.MessageID = strings.Trim(value, "<>")
			line = "Message-ID: <0102018" + strings.ReplaceAll(o.To, "@", ".") + "-000000@eu-west-1.ses.example>\n"
		}
		rewritten = append(rewritten, line)
	}
	f.Rewritten = strings.TrimRight(strings.Join(rewritten, ""), "\n")
	return f
}

func (d *desksMail) number(query string) (n int) {
	d.t.Helper()
	if err := d.db.QueryRow(query).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}
