package gateway_test

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/gateway"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// savedReport are the fields of the API that the test uses.
type savedReport struct {
	ID          string
	Subscribers []struct {
		Agent   struct{ ID, Name string }
		NextAt  time.Time `json:"next_at"`
		TZ      string
		Failure string
	}
}

// TestReportMail: a saved report reaches its subscribers by mail on Mondays, once, whichever of
// two nodes sends it; with the numbers of their inboxes; and not those who may not see it any more.
func TestReportMail(t *testing.T) {
	t.Parallel()
	sink, database := mailtest.NewSMTPSink(t), dbtest.New(t)
	configure := func(cfg *config.Config) {
		cfg.DB.URL, cfg.PublicURL = database, "https://desk.example"
		cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"}
	}
	r, other := start(t, configure), start(t, configure)
	people := map[string]desk.Agent{}
	for _, a := range []desk.Agent{{Name: "Ben", Email: "ben@desk.example", Tiers: []desk.Tier{1}, Leads: []string{"frontline"}, Timezone: "Europe/Berlin"},
		{Name: "Cem", Email: "cem@desk.example", Tiers: []desk.Tier{1}, Leads: []string{"frontline"}, Timezone: "Asia/Kathmandu"},
		{Name: "Dan", Email: "dan@desk.example", Tiers: []desk.Tier{2}, Leads: []string{"billing"}, Timezone: "Europe/Berlin"}} {
		id, err := r.at.Store().SaveAgent(t.Context(), a, "")
		if err != nil {
			t.Fatal(err)
		}
		a.ID = id
		people[a.Name] = a
	}
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "One", "one@acme.example", "Hello?"))
	r.post("kim@acme.example", "support@desk.example", letter("kim@acme.example", "support@desk.example", "Two", "two@acme.example", "Hello?"))
	r.only("One")
	if tier := r.only("Two").Inbox.Key; tier != "frontline" {
		t.Fatalf("the mail is in %s", tier)
	}

	var saved savedReport
	if status := r.call("POST", "/saved-reports", map[string]any{"name": "Monday <numbers>", "scope": "all", "measures": []string{"load", "first_response", "topics"}, "period": "last_30_days", "tz": "Europe/Berlin", "by": "inbox"}, &saved); status != 201 {
		t.Fatalf("save: %d", status)
	}
	for _, who := range []string{"me", people["Ben"].ID.String(), people["Cem"].ID.String(), people["Dan"].ID.String()} {
		if status := r.call("PUT", "/saved-reports/"+saved.ID+"/subscribers/"+who, nil, &saved); status != 200 {
			t.Fatalf("subscribe %s: %d", who, status)
		}
	}
	var last time.Time // when the last of them is due
	for _, s := range saved.Subscribers {
		if s.NextAt.After(last) {
			last = s.NextAt
		}
		zone, err := time.LoadLocation(s.TZ)
		if err != nil {
			t.Fatal(err)
		}
		if at := s.NextAt.In(zone); at.Weekday() != time.Monday || at.Format("15:04") != "08:00" || !at.After(time.Now()) {
			t.Errorf("%s gets the next mail at %s", s.Agent.Name, at)
		}
	}
	if status := r.call("PATCH", "/agents/"+people["Cem"].ID.String(), map[string]any{"leads": []string{}}, nil); status != 200 {
		t.Fatalf("Cem leads nothing any more: %d", status)
	}

	due := last.AddDate(0, 0, 7)
	sendOn(t, due, r.at, other.at)
	mails := sink.Await(3)
	var to []string
	for _, m := range mails {
		to = append(to, m.To...)
		text := strings.NewReplacer("=\r\n", "", "=\n", "", "\r\n", "\n").Replace(string(m.Content))
		if parsed, err := mail.ReadMessage(strings.NewReader(text)); err != nil || parsed.Header.Get("Auto-Submitted") != "auto-generated" || m.From != "" || !strings.HasPrefix(parsed.Header.Get("Subject"), "Monday <numbers>: ") ||
			!strings.HasPrefix(parsed.Header.Get("Content-Type"), "multipart/alternative") {
			t.Errorf("from %q: %v in %s", m.From, err, text)
		}
		number := "New conversations: 2"
		if m.To[0] == "dan@desk.example" {
			number = "New conversations: 0" // in the inbox that he leads
		}
		for _, part := range []string{number, "Monday &lt;numbers&gt;", "https://desk.example/#/reports/" + saved.ID + "\n", "https://desk.example/#/reports/" + saved.ID + "/unsubscribe", "Content-Type: text/plain", "Content-Type: text/html"} {
			if !strings.Contains(strings.ReplaceAll(text, "=3D", "="), part) {
				t.Errorf("%q is not in the mail to %s:\n%s", part, m.To, text)
			}
		}
	}
	slices.Sort(to)
	if want := []string{"ana@desk.example", "ben@desk.example", "dan@desk.example"}; !slices.Equal(to, want) {
		t.Errorf("sent to %v, want %v", to, want)
	}
	var after savedReport
	r.call("GET", "/saved-reports/"+saved.ID, nil, &after)
	for _, s := range after.Subscribers {
		if withheld := s.Failure == "the agent may not see the report any more"; !s.NextAt.After(due) || withheld != (s.Agent.Name == "Cem") {
			t.Errorf("%+v", s)
		}
	}

	// Not again on that day; the next week, but not to those who do not want it any more.
	sendOn(t, due.Add(20*time.Hour), r.at, other.at)
	for _, who := range []string{"me", people["Dan"].ID.String()} {
		if status := r.call("DELETE", "/saved-reports/"+saved.ID+"/subscribers/"+who, nil, nil); status != 204 {
			t.Fatalf("unsubscribe %s: %d", who, status)
		}
	}
	sendOn(t, due.AddDate(0, 0, 7), r.at, other.at)
	if mails := sink.Await(4); len(mails) != 4 || mailsTo(mails, "ben@desk.example") != 2 {
		t.Errorf("%d mails in two weeks: %+v", len(mails), mails)
	}
}

func mailsTo(mails []mailtest.SinkMail, address string) (n int) {
	for _, m := range mails {
		if slices.Contains(m.To, address) {
			n++
		}
	}
	return n
}

// sendOn lets nodes send at once what is due at an instant.
func sendOn(t *testing.T, at time.Time, nodes ...*gateway.Gateway) {
	t.Helper()
	var all sync.WaitGroup
	for _, node := range nodes {
		all.Go(func() {
			for {
				more, err := node.SendReports(context.WithoutCancel(t.Context()), at)
				if err != nil {
					t.Error(err)
				}
				if err != nil || !more {
					return
				}
			}
		})
	}
	all.Wait()
}
