package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"switchboard/api"
	"switchboard/config"
	"switchboard/desk/view"
	"switchboard/internal/mailtest"
)

// TestUpdateAboutRootCause: one text reaches the customer of each linked conversation once, on its own
// channel, whoever sends it and however often it is asked for.
func TestUpdateAboutRootCause(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	r := start(t, func(cfg *config.Config) { cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"} })
	const customers = 12
	var list []conversation
	for i := range customers {
		who := i
		if i == 1 {
			who = 2 // writes twice
		}
		from, subject := fmt.Sprintf("jo%d@acme%d.example", who, who), fmt.Sprintf("Blank pages no%02d", i)
		r.post(from, "support@desk.example", letter(fmt.Sprintf("Jo%d Doe <%s>", who, from), "support@desk.example", subject, fmt.Sprintf("%d@acme.example", i), "The printer prints blank pages."))
		list = append(list, r.only(fmt.Sprintf("no%02d", i)))
	}
	lee := r.chat()
	lee.send(frame{Type: "hello", Name: "Lee"})
	lee.await("welcome", func(f frame) bool { return f.Type == "welcome" })
	lee.send(frame{Type: "message", ID: "c-1", Text: "My pages are blank."})
	list = append(list, r.only("channel:chat"))
	closed, absorbed, into := list[0], list[1], list[2]

	var cause view.RootCause
	if code := r.call("POST", "/root-causes", map[string]any{"title": "Firmware 7"}, &cause); code != http.StatusCreated {
		t.Fatal(code)
	}
	at := "/root-causes/" + cause.ID.String()
	for _, c := range list {
		if code := r.call("POST", at+"/conversations", map[string]any{"conversation": c.ID}, nil); code != http.StatusOK {
			t.Fatal(code)
		}
	}
	r.call("POST", "/conversations/"+closed.ID+"/status", map[string]any{"status": "closed"}, nil)
	if code := r.call("POST", "/conversations/"+absorbed.ID+"/merge", map[string]any{"into": fmt.Sprint(into.Number)}, nil); code != http.StatusOK {
		t.Fatal("merge:", code)
	}

	// Taken back in time, it reaches nobody.
	var answer api.UpdateAnswer
	if code := r.call("POST", at+"/updates", map[string]any{"text": "Wrong", "undo_s": 3600}, &answer); code != http.StatusOK || answer.Update.Waiting != len(list) {
		t.Fatalf("%d %+v", code, answer)
	}
	var back view.RootCauseUpdate
	if code := r.call("POST", at+"/updates/"+answer.Update.ID.String()+"/cancel", nil, &back); code != http.StatusOK || back.Cancelled != len(list) || back.Waiting != 0 {
		t.Fatalf("%d %+v", code, back)
	}
	if code := r.call("POST", at+"/updates/"+answer.Update.ID.String()+"/cancel", nil, nil); code != http.StatusConflict {
		t.Error("taken back twice:", code)
	}

	// Several nodes send at once.
	if code := r.call("POST", at+"/updates", map[string]any{"text": "Hello {{contact.first_name|there}}, **firmware 8** is out.", "then": "resolve", "undo_s": 0}, &answer); code != http.StatusOK {
		t.Fatal(code)
	}
	var nodes sync.WaitGroup
	for range 4 {
		nodes.Go(func() {
			for more := true; more; {
				var err error
				if more, err = r.at.Desk().SendUpdate(t.Context(), r.at.Store()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	nodes.Wait()
	r.eventually("the update everywhere", func() bool {
		r.call("GET", at, nil, &cause)
		return cause.Updates[0].Waiting == 0
	})
	u := cause.Updates[0]
	if u.Sent != len(list)-2 || u.Skipped != 2 || len(u.NotSent) != 2 {
		t.Errorf("%+v", u)
	}
	reasons := fmt.Sprint(u.NotSent)
	if !strings.Contains(reasons, "closed; reopen it") || !strings.Contains(reasons, fmt.Sprintf("merged into #%d", into.Number)) {
		t.Error(reasons)
	}
	lee.await("the update", func(f frame) bool { return f.Type == "message" && f.Text == "Hello Lee, **firmware 8** is out." })
	got := map[string]int{}
	for _, m := range sink.Await(customers - 2) {
		if len(m.To) != 1 || !strings.Contains(string(m.Content), "Subject: Re: Blank pages") || !strings.Contains(string(m.Content), "In-Reply-To: <") {
			t.Errorf("to %v:\n%s", m.To, m.Content)
		}
		if name, _, _ := strings.Cut(m.To[0], "@"); !strings.Contains(string(m.Content), "Hello J"+name[1:]+", **firmware 8** is out.") {
			t.Errorf("to %v:\n%s", m.To, m.Content)
		}
		got[m.To[0]]++
	}
	for to, n := range got {
		if n != 1 {
			t.Errorf("%s got %d", to, n)
		}
	}
	for _, c := range list[2:] {
		replies := 0
		for _, m := range r.messages(c.ID) {
			if m.Direction == "outbound" {
				replies++
			}
		}
		var now conversation
		if r.call("GET", "/conversations/"+c.ID, nil, &now); replies != 1 || now.Status != "resolved" {
			t.Errorf("#%d: %d replies, %s", c.Number, replies, now.Status)
		}
	}
	if mails := len(sink.Mails()); mails != customers-2 {
		t.Errorf("%d mails", mails)
	}

	// What is linked later gets the next one only.
	r.post("kim@new.example", "support@desk.example", letter("Kim <kim@new.example>", "support@desk.example", "Blank", "k@new.example", "Blank, too."))
	late := r.only("from:kim@new.example")
	r.call("POST", at+"/conversations", map[string]any{"conversation": late.ID}, nil)
	for _, c := range list {
		r.call("DELETE", at+"/conversations/"+c.ID, nil, nil)
	}
	r.call("POST", at+"/updates", map[string]any{"text": "And 9, too.", "undo_s": 0}, nil)
	if all := sink.Await(customers - 1); !strings.Contains(string(all[len(all)-1].Content), "And 9, too.") {
		t.Errorf("%s", all[len(all)-1].Content)
	}
	if n := len(r.messages(late.ID)); n != 2 {
		t.Errorf("the late one has %d messages", n)
	}
}
