package gateway_test

import (
	"slices"
	"strings"
	"testing"

	"switchboard/config"
)

// filed is a message and the conversation it is in.
type filed struct {
	conversation
	message
	all []message
}

func (f filed) marked(code string) bool {
	return slices.ContainsFunc(f.Problems, func(p struct{ Code, Detail string }) bool { return p.Code == code && p.Detail != "" })
}

// deliver sends a mail and returns it as it was filed.
func (r *running) deliver(t *testing.T, from, mail string) (f filed) {
	t.Helper()
	_, rest, _ := strings.Cut(mail, "\nMessage-ID: <")
	id, _, _ := strings.Cut(rest, ">")
	r.post(from, "support@desk.example", mail)
	r.eventually(id, func() bool {
		for _, c := range r.find("") {
			for _, m := range r.messages(c.ID) {
				if m.MessageID == id {
					f = filed{message: m, all: r.messages(c.ID)}
					if status := r.call("GET", "/conversations/"+c.ID, nil, &f.conversation); status != 200 {
						t.Fatalf("%s: status %d", c.ID, status)
					}
					return true
				}
			}
		}
		return false
	})
	return f
}

// answer replies to a conversation and returns the Message-ID of the reply.
func (r *running) answer(t *testing.T, c conversation, text string) string {
	t.Helper()
	var m message
	if status := r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": text}, &m); status != 201 {
		t.Fatalf("reply: status %d", status)
	}
	return m.MessageID
}

// TestCustomer files mail in which From does not name the customer.
func TestCustomer(t *testing.T) {
	t.Parallel()
	r := start(t, func(cfg *config.Config) { cfg.Mail.Addresses = append(cfg.Mail.Addresses, "help@desk.example") })
	via := func(name, address, group, subject, id, text string, extra ...string) string {
		return letter(`"'`+name+`' via Help" <`+group+">", group, subject, id, text, append([]string{"Reply-To: " + name + " <" + address + ">",
			"X-Original-From: " + name + " <" + address + ">", "X-Original-Sender: " + address, "Precedence: list", "List-ID: <help.desk.example>"}, extra...)...)
	}
	for name, group := range map[string]string{"an own address": "help@desk.example", "a group of the domain": "all@desk.example"} {
		t.Run("a group, "+name, func(t *testing.T) {
			who := "kim@" + strings.ReplaceAll(name, " ", "-") + ".example"
			first := r.deliver(t, "help+bnc@desk.example", via("Kim Ash", who, group, "Boiler", "1@"+who, "The boiler is cold."))
			if first.Contact.Address != who || first.Contact.Name != "Kim Ash" || first.Account.Name == "desk.example" || first.Reply.To != who || !first.marked("unverified-customer") {
				t.Errorf("conversation %+v, problems %v", first.conversation, first.Problems)
			}
			ours := r.answer(t, first.conversation, "Is the tap open?")
			r.call("POST", "/conversations/"+first.conversation.ID+"/status", map[string]any{"status": "resolved"}, nil)
			again := r.deliver(t, "help+bnc@desk.example", via("Kim Ash", who, group, "Re: Boiler", "2@"+who, "Yes, and it is still cold!", "References: <"+ours+">"))
			if again.conversation.ID != first.conversation.ID || again.Status != "open" || again.Reply.To != who || !again.marked("unverified-address") {
				t.Errorf("the reply is in %+v, problems %v", again.conversation, again.Problems)
			}
			other := r.deliver(t, "help+bnc@desk.example", via("Lou", "lou."+who, group, "Re: Boiler", "3@"+who, "Mine is cold, too."))
			if other.conversation.ID == first.conversation.ID || other.Contact.Address != "lou."+who {
				t.Errorf("another customer is in %+v", other.conversation)
			}
		})
	}
	t.Run("a list elsewhere", func(t *testing.T) {
		f := r.deliver(t, "users-bounces@lists.example", letter(`"Kim via Users" <users@lists.example>`, "users@lists.example", "Lamp", "l1@ash.example", "It is dark.",
			"Reply-To: Kim <kim@ash.example>, users@lists.example", "List-Id: Users <users.lists.example>", "List-Post: <mailto:users@lists.example>"))
		if f.Contact.Address != "kim@ash.example" || !f.marked("unverified-customer") {
			t.Errorf("%+v, %v", f.conversation, f.Problems)
		}
		f = r.deliver(t, "kim@elm.example", letter("Kim <kim@elm.example>", "users@lists.example", "Lamp", "l2@elm.example", "It is dark.",
			"Reply-To: users@lists.example", "List-Id: Users <users.lists.example>"))
		if f.Contact.Address != "kim@elm.example" || f.marked("unverified-customer") {
			t.Errorf("a list that leaves From as it is: %+v, %v", f.conversation, f.Problems)
		}
	})
	t.Run("our own address alone", func(t *testing.T) {
		f := r.deliver(t, "support@desk.example", letter("support@desk.example", "support@desk.example", "Cron", "c1@desk.example", "Done."))
		if f.Contact.Address == "support@desk.example" || f.Account.Name == "desk.example" || f.Reply.To != "" || !f.marked("own-address") {
			t.Errorf("%+v, %v", f.conversation, f.Problems)
		}
		f = r.deliver(t, "bob@desk.example", letter("Bob <bob@desk.example>", "support@desk.example", "My screen", "c2@desk.example", "It is dark."))
		if f.Contact.Address != "bob@desk.example" || f.Account.Name == "desk.example" {
			t.Errorf("a colleague: %+v", f.conversation)
		}
	})
	t.Run("a form of a web site", func(t *testing.T) {
		var visitor filed
		for _, who := range []string{"lou@oak.example", "lou@gmail.com"} {
			visitor = r.deliver(t, "wordpress@shop.example", letter("Shop website <wordpress@shop.example>", "support@desk.example", "New message", "f."+who, "My order has not come.",
				"Reply-To: "+who, "X-Mailer: PHPMailer 6.9"))
			if visitor.Contact.Address != who || visitor.Reply.To != who || !visitor.marked("unverified-customer") {
				t.Errorf("%+v, %v", visitor.conversation, visitor.Problems)
			}
		}
		later := r.deliver(t, "lou@gmail.com", letter("Lou <lou@gmail.com>", "support@desk.example", "Another thing", "later@gmail.com", "Do you sell lamps?"))
		if later.Contact.ID != visitor.Contact.ID {
			t.Errorf("later mail belongs to %+v, want %+v", later.Contact, visitor.Contact)
		}
		shop := r.deliver(t, "news@vendor.example", letter("Vendor <noreply@news.vendor.example>", "support@desk.example", "Your order", "v1@vendor.example", "It is on its way.",
			"Reply-To: care@vendor.example"))
		if shop.Contact.Address != "noreply@news.vendor.example" {
			t.Errorf("a program that wants replies at its own organization: %+v", shop.Contact)
		}
	})
	t.Run("to another company's addresses", func(t *testing.T) {
		if f := r.deliver(t, "pia@elm.example", letter("Pia <pia@elm.example>", "billing@other.example, support@other.example", "Hello", "o1@elm.example", "Hello.")); f.Inbox.Key != "frontline" {
			t.Errorf("in %s", f.Inbox.Key)
		}
		if f := r.deliver(t, "pia@elm.example", letter("Pia <pia@elm.example>", "x@other.example", "Hello", "o2@elm.example", "Hello.", "Cc: Billing <billing+x@desk.example>")); f.Inbox.Key != "billing" {
			t.Errorf("in %s", f.Inbox.Key)
		}
	})
}

// TestAgentsOwnProgram files mail that agents send from their own mail programs.
func TestAgentsOwnProgram(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	const agent = "Ana Ruiz <ana@desk.example>"
	t.Run("to a customer with the desk in copy", func(t *testing.T) {
		first := r.deliver(t, "ana@desk.example", letter(agent, "Pia <pia@elm.example>", "Your visit", "a1@desk.example", "Shall we come on Monday?", "Cc: support@desk.example"))
		if first.Contact.Address != "pia@elm.example" || first.Account.Name != "elm.example" || first.Direction != "outbound" || first.Reply.To != "pia@elm.example" || first.Status != "pending" || !first.marked("agent-address") {
			t.Errorf("%+v, %+v", first.conversation, first.message)
		}
		answer := r.deliver(t, "pia@elm.example", letter("Pia <pia@elm.example>", agent, "Re: Your visit", "p1@elm.example", "Tuesday, please.", "Cc: support@desk.example", "References: <a1@desk.example>"))
		if answer.conversation.ID != first.conversation.ID || answer.Status != "open" || answer.Direction != "inbound" || answer.Reply.To != "pia@elm.example" {
			t.Errorf("the answer is in %+v", answer.conversation)
		}
		// Nothing confirms that this is Ana: the customer keeps waiting.
		forged := r.deliver(t, "eve@evil.example", letter(agent, "pia@elm.example", "Re: Your visit", "e1@evil.example", "Pay here.", "Cc: support@desk.example", "References: <p1@elm.example>"))
		if forged.conversation.ID != first.conversation.ID || forged.Status != "open" || !forged.marked("agent-address") || forged.Assignee != nil {
			t.Errorf("%+v, %v", forged.conversation, forged.Problems)
		}
	})
	t.Run("into another customer's conversation", func(t *testing.T) {
		r.deliver(t, "jo@oak.example", letter("jo@oak.example", "support@desk.example", "Lamp", "j1@oak.example", "It is dark."))
		f := r.deliver(t, "eve@evil.example", letter(agent, "eve@evil.example", "Re: Lamp", "e2@evil.example", "Pay here.", "Cc: support@desk.example", "References: <j1@oak.example>"))
		if f.Contact.Address != "eve@evil.example" || len(f.all) != 1 {
			t.Errorf("%+v", f.conversation)
		}
	})
	for name, c := range map[string]struct{ subject, body, own, text string }{
		"Gmail":   {"Fwd: Broken lamp", "Please take this one.\n\n---------- Forwarded message ---------\nFrom: Pia Elm <pia@NAME.example>\nDate: Fri, 27 Nov 2026 at 09:00\nSubject: Broken lamp\nTo: Ana Ruiz <ana@desk.example>\n\nDear Ana, my lamp is broken.\n", "Please take this one.", "Dear Ana, my lamp is broken."},
		"Outlook": {"WG: Broken lamp", "Bitte übernehmen.\n\n-----Ursprüngliche Nachricht-----\nVon: Pia Elm [mailto:pia@NAME.example]\nGesendet: Freitag, 27. November 2026 09:00\nAn: Ana Ruiz\nBetreff: Broken lamp\n\nMeine Lampe ist kaputt.\n", "Bitte übernehmen.", "Meine Lampe ist kaputt."},
		"Apple":   {"Fwd: Broken lamp", "Begin forwarded message:\n\n> From: Pia Elm <pia@NAME.example>\n> Subject: Broken lamp\n> Date: 27 November 2026 at 09:00\n> To: ana@desk.example\n> \n> My lamp is broken.\n", "", "My lamp is broken."},
	} {
		t.Run("a forwarded mail, "+name, func(t *testing.T) {
			who := "pia@" + strings.ToLower(name) + ".example"
			f := r.deliver(t, "ana@desk.example", letter(agent, "support@desk.example", c.subject, "fw@"+strings.ToLower(name)+".example", strings.ReplaceAll(c.body, "NAME", strings.ToLower(name)), "Content-Type: text/plain; charset=utf-8"))
			if f.Contact.Address != who || f.Contact.Name != "Pia Elm" || f.Reply.To != who || strings.TrimSpace(f.Text) != c.text || !f.marked("unverified-customer") || f.conversation.Subject != "Broken lamp" {
				t.Errorf("%+v, %q, %v", f.conversation, f.Text, f.Problems)
			}
			var notes []string
			for _, m := range f.all {
				if m.Direction == "note" {
					notes = append(notes, strings.TrimSpace(m.Text))
				}
			}
			if strings.Join(notes, "|") != c.own {
				t.Errorf("notes %q, want %q", notes, c.own)
			}
		})
	}
	t.Run("a question that quotes a customer", func(t *testing.T) {
		f := r.deliver(t, "ana@desk.example", letter(agent, "support@desk.example", "Re: Broken lamp", "q1@desk.example", "Who knows this?\n\nFrom: Pia <pia@elm.example>\nSent: Friday\nTo: Ana\nSubject: Broken lamp\n\nIt is broken.\n"))
		if f.Contact.Address != "ana@desk.example" {
			t.Errorf("%+v", f.conversation)
		}
	})
}

// TestUnknownReferences: providers replace the Message-IDs of the mail they send, so
// that answers cite identifiers that nobody knows.
func TestUnknownReferences(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	quote := "\n\nOn Sat, 28 Nov 2026, Ana Ruiz <support@desk.example> wrote:\n> Please oil the hinge twice a day.\n"
	for name, c := range map[string]struct {
		text string
		want bool
	}{"quotes our answer": {"It still squeaks." + quote, true}, "quotes nothing": {"It still squeaks.", false}, "quotes another text": {"No.\n\nOn Sat, 28 Nov 2026, Bo <bo@x.example> wrote:\n> We have nothing at all under this number here.\n", false}} {
		who := strings.ReplaceAll(name, " ", "-") + "@elm.example"
		first := r.deliver(t, who, letter(who, "support@desk.example", "Hinge "+name, "1."+who, "The hinge squeaks."))
		r.answer(t, first.conversation, "Please oil the hinge twice a day.")
		f := r.deliver(t, who, letter(who, "support@desk.example", "Re: Hinge "+name, "2."+who, c.text, "References: <0102."+who+">", "In-Reply-To: <0102."+who+">"))
		if joined := f.conversation.ID == first.conversation.ID; joined != c.want || joined && !f.marked("unverified-address") {
			t.Errorf("%s: joined %t, %v, %v", name, joined, f.Thread, f.Problems)
		}
	}
}
