package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/api/middleware"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

func TestConversationLists(t *testing.T) {
	d := newDesk(t)
	zeta, zoe := d.customer("Zeta 100% GmbH", "zeta.example", "Zoe", "zoe@zeta.example")
	chat := d.conversation("billing", false, "Refund_please", "out of stock", time.Now().Add(-10*time.Minute))
	d.exec(`update conversations set account_id = $2, contact_id = $3, channel = 'chat', status = 'pending', assignee_id = $4, tags = '{refund,vip}' where id = $1`,
		chat.id, zeta, zoe, d.people["ana"].ID)
	d.exec(`update messages set from_address = 'zoe@zeta.example' where id = $1`, chat.message)
	for _, c := range []struct {
		q    string // q, or a query string when it begins with "&"
		want []fixture
	}{
		{"", []fixture{chat, d.open}},
		{"is:open", []fixture{d.open}},
		{"is:open is:pending", []fixture{chat, d.open}},
		{"from:jo@acme.example", []fixture{d.open}},
		{"from:ACME", []fixture{d.open}},
		{"from:zoe@ from:jo@", []fixture{chat, d.open}},
		{"account:zeta", []fixture{chat}},
		{"account:100%", []fixture{chat}},
		{"account:z_ta", nil},
		{"account:acme.ex", []fixture{d.open}},
		{"account:" + zeta.String(), []fixture{chat}},
		{"assignee:me", []fixture{chat}},
		{"assignee:none", []fixture{d.open}},
		{"is:unassigned", []fixture{d.open}},
		{"assignee:ana@desk.example assignee:none", []fixture{chat, d.open}},
		{"assignee:ben@desk.example", nil},
		{"tier:1 tier:2", []fixture{chat, d.open}},
		{"tier:1", []fixture{d.open}},
		{"inbox:billing", []fixture{chat}},
		{"channel:chat", []fixture{chat}},
		{"tag:refund tag:vip", []fixture{chat}},
		{"tag:refund tag:invoice", nil},
		{fmt.Sprintf("#%d", d.open.number), []fixture{d.open}},
		{"wrong may", []fixture{d.open}},
		{`"out of stock"`, []fixture{chat}},
		{`"stock of"`, nil},
		{"REFUND_PLEASE", []fixture{chat}},
		{"Refund%please", nil},
		{`'; drop table conversations; --`, nil},
		{canary, nil},
		{"inbox:security", nil},
		{"&status=pending", []fixture{chat}},
		{"&tier=1&inbox=frontline", []fixture{d.open}},
		{"&assignee=me", []fixture{chat}},
		{"&account=" + d.account.String(), []fixture{d.open}},
		{"&q=is:open&status=pending", nil},
	} {
		query := "?q=" + url.QueryEscape(c.q)
		if rest, ok := strings.CutPrefix(c.q, "&"); ok {
			query = "?" + rest
		}
		var page Page[view.Conversation]
		d.as("ana", "GET", "/conversations"+query, nil).want(t, 200).json(t, &page)
		var got, want []string
		for _, v := range page.Data {
			got = append(got, v.ID.String())
		}
		for _, f := range c.want {
			want = append(want, f.id.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.q, diff)
		}
	}
}

func TestUnknownInbox(t *testing.T) {
	d := newDesk(t)
	d.as("ana", "GET", "/conversations?inbox=nowhere", nil).want(t, 422)
}

func TestSearchProblemsPoint(t *testing.T) {
	d := newDesk(t)
	for query, location := range map[string]string{
		"q=" + url.QueryEscape("ok colour:red"): "query.q",
		"tier=two":                              "query.tier",
		"status=lost":                           "query.status",
		"assignee=ana":                          "query.assignee",
		"cursor=%21":                            "query.cursor",
		"cursor=bm90IGpzb24":                    "query.cursor",
		"limit=0":                               "query.limit",
		"limit=201":                             "query.limit",
		"limit=x":                               "query.limit",
		"q=a%00b":                               "query.q",
		"q=%ff":                                 "query.q",
	} {
		var p problem.Details
		d.as("ana", "GET", "/conversations?"+query, nil).want(t, 422).json(t, &p)
		if len(p.Errors) != 1 || p.Errors[0].Location != location || p.RequestID == "" || p.Title == "" || p.Status != 422 {
			t.Errorf("%s: %+v", query, p)
		}
		if strings.HasPrefix(query, "q=ok") && !strings.Contains(p.Errors[0].Message, "character 4") {
			t.Errorf("%s: %q does not say where", query, p.Errors[0].Message)
		}
	}
	d.as("ana", "GET", "/conversations?q=%zz", nil).want(t, 400)
}

// Pages follow each other without gaps in every order, even if rows change at the same
// time.
func TestPagesTile(t *testing.T) {
	d := newDesk(t)
	at := time.Now().Truncate(time.Microsecond)
	for i := range 23 {
		c := d.conversation("frontline", false, fmt.Sprintf("number %d", i), "text", at.Add(-time.Duration(i/5)*time.Second))
		if i%3 != 0 {
			d.exec(`update conversations set due_at = $2::timestamptz + make_interval(mins => $3 / 4), waiting_since = $2::timestamptz - make_interval(hours => $3 % 5),
				priority = (array['low', 'normal', 'high', 'urgent'])[1 + $3 % 4] where id = $1`, c.id, at, i)
		}
	}
	for sort, order := range map[view.Sort]string{
		view.SortNewest:   "updated_at desc, id desc",
		view.SortOldest:   "created_at, updated_at desc, id desc",
		view.SortWaiting:  "waiting_since nulls last, updated_at desc, id desc",
		view.SortPriority: "array_position(array['urgent', 'high', 'normal', 'low'], priority), updated_at desc, id desc",
		view.SortDue:      "due_at nulls last, updated_at desc, id desc",
	} {
		var want, got []desk.ConversationID
		rows, err := d.db.QueryContext(t.Context(), "select id from conversations where not restricted order by "+order)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id desk.ConversationID
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			want = append(want, id)
		}
		for _, c := range d.everyPage(t, "/conversations?sort="+string(sort)) {
			got = append(got, c.ID)
		}
		if len(got) != 24 || !slices.Equal(got, want) {
			t.Errorf("%s: %d conversations %v, want %v", sort, len(got), got, want)
		}
	}
	d.as("ana", "GET", "/conversations?sort=loudest", nil).want(t, 422)
}

// everyPage reads a list in small pages, following both the cursor and the Link field.
func (d *desks) everyPage(t *testing.T, path string) (rows []view.Conversation) {
	t.Helper()
	next := path + "&limit=4"
	for pages := 0; next != ""; pages++ {
		if pages > 10 {
			t.Fatal("the list does not end")
		}
		a := d.as("ana", "GET", next, nil).want(t, 200)
		var page Page[view.Conversation]
		a.json(t, &page)
		rows, next = append(rows, page.Data...), ""
		if page.NextCursor != nil {
			next = path + "&limit=4&cursor=" + *page.NextCursor
			if link := a.Header.Get("Link"); !strings.Contains(link, "cursor="+*page.NextCursor) || !strings.HasSuffix(link, `>; rel="next"`) {
				t.Errorf("Link %q", link)
			}
			d.as("ana", "GET", "/conversations?sort="+map[bool]string{true: "due", false: "oldest"}[strings.Contains(path, "oldest")]+"&cursor="+*page.NextCursor, nil).want(t, 422)
		}
	}
	return rows
}

func TestActs(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	var c view.Conversation
	d.as("ana", "POST", at+"/assign", map[string]any{"assignee": "me"}).want(t, 200).json(t, &c)
	if c.Assignee == nil || c.Assignee.ID != d.people["ana"].ID || c.Assignee.Name != "Ana" {
		t.Errorf("assignee %+v, want Ana", c.Assignee)
	}
	d.as("ana", "POST", at+"/assign", map[string]any{"assignee": "BEN@desk.example"}).want(t, 200).json(t, &c)
	if c.Assignee == nil || c.Assignee.ID != d.people["ben"].ID {
		t.Errorf("assignee %+v, want Ben", c.Assignee)
	}
	d.as("ana", "POST", at+"/assign", map[string]any{"assignee": nil}).want(t, 200).json(t, &c)
	if c.Assignee != nil {
		t.Errorf("assignee %+v, want none", c.Assignee)
	}

	var m view.Message
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Fixed.", "cc": []string{"Bo <bo@acme.example>"}, "expected_seq": c.LastSeq}).want(t, 201).json(t, &m)
	if m.Direction != "outbound" || m.Text != "Fixed." || m.Author == nil || m.Author.Name != "Ana" || len(m.Deliveries) != 2 {
		t.Errorf("reply %+v", m)
	}
	var p problem.Details
	d.as("ben", "POST", at+"/replies", map[string]any{"text": "Me too.", "expected_seq": 1}).want(t, 409).json(t, &p)
	if p.Newer == nil || *p.Newer != 1 || p.LastSeq == nil || *p.LastSeq != m.Seq {
		t.Errorf("conflict %+v, want one newer, number %d", p, m.Seq)
	}

	d.as("ana", "POST", at+"/notes", map[string]any{"text": "Called them."}).want(t, 201).json(t, &m)
	if m.Direction != "note" || len(m.Deliveries) != 0 {
		t.Errorf("note %+v", m)
	}
	d.as("ana", "POST", at+"/move", map[string]any{"tier": 2}).want(t, 422)
	d.as("ana", "POST", at+"/move", map[string]any{"tier": 2, "note": "Needs billing."}).want(t, 200).json(t, &c)
	if c.Tier != 2 || c.Inbox.Key != "billing" {
		t.Errorf("moved to %+v tier %d", c.Inbox, c.Tier)
	}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	d.as("ana", "POST", at+"/status", map[string]any{"status": "snoozed", "until": until}).want(t, 200).json(t, &c)
	if c.Status != "snoozed" || c.SnoozedUntil == nil || !c.SnoozedUntil.Equal(until) {
		t.Errorf("snoozed: %s until %v", c.Status, c.SnoozedUntil)
	}
	var stints Page[view.Stint]
	d.as("ana", "GET", at+"/stints", nil).want(t, 200).json(t, &stints)
	if n := len(stints.Data); n < 2 || stints.Data[n-1].Inbox.Key != "billing" || stints.Data[n-1].EndedAt != nil {
		t.Errorf("stints %+v", stints.Data)
	}
}

// An agent who moves a restricted conversation to another tier still gets the result.
func TestMoveOutOfReach(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.secret.id.String()
	var c view.Conversation
	d.as("sam", "POST", at+"/move", map[string]any{"inbox": "billing", "note": "Yours."}).want(t, 200).json(t, &c)
	if c.Inbox.Key != "billing" {
		t.Errorf("moved to %s", c.Inbox.Key)
	}
	d.as("sam", "GET", at, nil).want(t, 404)
	d.as("ben", "GET", at, nil).want(t, 200)
}

func TestWrongActs(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	for _, c := range []struct {
		verb, body string
		status     int
	}{
		{"replies", `{}`, 422},
		{"replies", `{"text":""}`, 422},
		{"replies", `{"text":"x","cc":["not an address"]}`, 422},
		{"replies", `{"text":"x","cc":["a@b.example\r\nBcc: v@x.example"]}`, 422},
		{"replies", `{"text":"x","expected_seq":-1}`, 422},
		{"replies", `{"text":"x","typo":1}`, 422},
		{"replies", `{`, 400},
		{"replies", `"` + strings.Repeat("x", middleware.MaxBody) + `"`, 413},
		{"notes", `{"text":5}`, 422},
		{"assign", `{}`, 422},
		{"assign", `{"assignee":"nobody@desk.example"}`, 422},
		{"assign", `{"assignee":"ag_00000000000000000000000000000000"}`, 422},
		{"assign", `{"assignee":"ag_0199f0c2a4e47c3e8f6d2b1a90e4c7d5"}`, 422},
		{"move", `{}`, 422},
		{"move", `{"inbox":"billing","tier":2}`, 422},
		{"move", `{"inbox":"nowhere"}`, 422},
		{"status", `{"status":"lost"}`, 422},
		{"status", `{"status":"snoozed"}`, 422},
		{"status", `{"status":"open","until":"2030-01-01T00:00:00Z"}`, 422},
		{"status", `{"status":"snoozed","until":"tomorrow"}`, 422},
	} {
		a := d.as("ana", "POST", at+"/"+c.verb, c.body).want(t, c.status)
		if got := a.Header.Get("Content-Type"); got != problem.MediaType {
			t.Errorf("%s %s: Content-Type %q", c.verb, c.body, got)
		}
	}
}

// A text that is too long is refused in words that its author understands.
func TestTooLong(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	for size, want := range map[int]string{
		500_001:            "text is too long: at most 500000 characters are accepted; shorten it, or send it as a file",
		middleware.MaxBody: "the request is too large: at most 1024 KiB are accepted; shorten the text",
	} {
		a := d.as("ana", "POST", at+"/replies", `{"text":"`+strings.Repeat("x", size)+`"}`)
		var got struct{ Detail string }
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Detail != want || a.Header.Get("Content-Type") != problem.MediaType {
			t.Errorf("%d characters: %.300s (%v), want %q", size, a.body, err, want)
		}
	}
}

func TestPathsThatNameNothing(t *testing.T) {
	d := newDesk(t)
	for _, id := range []string{"0", "-1", "999999", "x", "cv_", "cv_zz", d.open.message.String(), "%00", "cv_0199f0c2a4e47c3e8f6d2b1a90e4c7d5", "99999999999999999999", "%ff", "'"} {
		for _, path := range []string{"/conversations/%s", "/conversations/%s/messages", "/conversations/%s/stints", "/accounts/%s", "/contacts/%s", "/messages/%s/raw", "/messages/%s/html", "/messages/%s/attachments/1"} {
			path = fmt.Sprintf(path, id)
			if strings.Contains(path, "/messages/"+d.open.message.String()) {
				continue
			}
			d.as("root", "GET", path, nil).want(t, 404)
		}
	}
	for _, number := range []string{fmt.Sprint(d.open.number), "%23" + fmt.Sprint(d.open.number)} {
		var c view.Conversation
		d.as("ana", "GET", "/conversations/"+number, nil).want(t, http.StatusOK).json(t, &c)
		if c.ID != d.open.id {
			t.Errorf("%s is %s", number, c.ID)
		}
	}
}
