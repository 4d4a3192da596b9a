package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchboard/desk/view"
)

// The list of tasks is ordered by deadline, is read page by page, and can be filtered.
func TestTaskList(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String() + "/tasks"
	open := func(title, inbox, due, assignee string) (task view.Task) {
		t.Helper()
		body := map[string]any{"title": title, "inbox": inbox, "note": "Please look"}
		if due != "" {
			body["due_in"] = due
		}
		if assignee != "" {
			body["assignee"] = assignee
		}
		d.as("ana", "POST", at, body).want(t, 201).json(t, &task)
		return task
	}
	seeded := "Check: Invoice is wrong"
	open("late", "billing", "2d", "")
	open("soon", "billing", "30m", "ben@desk.example")
	mine := open("mine", "frontline", "1h", "me")
	if mine.Assignee.Name != "Ana" || mine.DueAt == nil || mine.Conversation.Number != d.open.number {
		t.Errorf("opened %+v", mine)
	}
	d.as("ana", "PATCH", "/tasks/"+mine.ID.String(), map[string]any{"state": "in_progress"}).want(t, 200)
	done := open("done", "billing", "1h", "none")
	d.as("ben", "PATCH", "/tasks/"+done.ID.String(), map[string]any{"state": "done", "result": "All good."}).want(t, 200)
	d.as("ana", "PATCH", "/tasks/"+done.ID.String(), map[string]any{"state": "done", "result": "Other."}).want(t, 409)
	for query, want := range map[string]string{
		"":                           "soon, mine, late, " + seeded,
		"inbox=billing":              "soon, late, " + seeded,
		"assignee=me":                "mine",
		"assignee=ben@desk.example":  "soon",
		"assignee=none":              "late, " + seeded,
		"inbox=frontline":            "mine",
		"state=in_progress":          "mine",
		"state=done":                 "done",
		"state=done&assignee=me":     "",
		"inbox=billing&state=open":   "soon, late, " + seeded,
		"inbox=security":             "",
		"state=cancelled":            "",
		"assignee=" + d.id("root"):   "",
		"assignee=none&state=done":   "done",
		"assignee=none&inbox=nosuch": "422",
		"inbox=nosuch":               "422", "assignee=ana": "422", "assignee=x@desk.example": "422", "state=lost": "422", "cursor=x": "422",
	} {
		var titles []string
		for cursor, pages := "", 0; ; pages++ {
			a := d.as("ana", "GET", "/tasks?limit=2&"+query+cursor, nil)
			if a.StatusCode != 200 {
				titles = []string{fmt.Sprint(a.StatusCode)}
				break
			}
			var page Page[view.Task]
			a.json(t, &page)
			for _, task := range page.Data {
				titles = append(titles, task.Title)
			}
			if page.NextCursor == nil || pages > 9 {
				break
			}
			cursor = "&cursor=" + *page.NextCursor
		}
		if got := strings.Join(titles, ", "); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	var all Page[view.Task]
	d.as("ana", "GET", at+"?limit=3", nil).want(t, 200).json(t, &all)
	d.as("ana", "GET", at+"?limit=3&cursor="+*all.NextCursor, nil).want(t, 200).json(t, &all)
	if len(all.Data) != 2 || all.Data[1].Title != "done" || all.Data[1].Result != "All good." {
		t.Errorf("the second page of the conversation's tasks is %+v", all.Data)
	}
	for _, body := range []string{`{}`, `{"title":"x"}`, `{"title":"","inbox":"billing"}`, `{"title":"x","inbox":"nosuch"}`, `{"title":"x","inbox":"billing","due_in":"soon"}`,
		`{"title":"x","inbox":"billing","assignee":"ana"}`} {
		d.as("ana", "POST", at, body).want(t, 422)
	}
	d.as("ana", "GET", "/tasks/tk_1", nil).want(t, 404)
	for _, body := range []string{`{"assignee":null}`, `{"assignee":"none"}`} {
		d.as("ana", "PATCH", "/tasks/"+mine.ID.String(), `{"assignee":"ben@desk.example"}`).want(t, 200)
		d.as("ana", "PATCH", "/tasks/"+mine.ID.String(), `{}`).want(t, 200).json(t, &mine)
		if mine.Assignee == nil || mine.Assignee.Name != "Ben" {
			t.Errorf("given to %+v", mine.Assignee)
		}
		mine.Assignee = nil
		if d.as("ana", "PATCH", "/tasks/"+mine.ID.String(), body).want(t, 200).json(t, &mine); mine.Assignee != nil {
			t.Errorf("%s: %+v", body, mine.Assignee)
		}
	}
	d.as("ana", "PATCH", "/tasks/"+mine.ID.String(), `{"assignee":7}`).want(t, 422)
}

// A task of a restricted conversation is hidden from everyone who may not read it, in
// lists, counts, events and notices.
func TestRestrictedTasksAreHidden(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.secret.id.String()
	for _, body := range []string{`{"title":"x","inbox":"billing","assignee":"ben@desk.example"}`} {
		d.as("sam", "POST", at+"/tasks", body).want(t, 422)
	}
	d.as("sam", "POST", at+"/swarm", `{"agents":["ben@desk.example"]}`).want(t, 422)
	d.as("sam", "POST", at+"/swarm", `{"agents":["root@desk.example"],"note":"`+canary+`"}`).want(t, 200)
	d.exec(`update agents set leads = '{billing,security}' where email = 'ben@desk.example'`)
	var task view.Task
	d.as("sam", "POST", at+"/tasks", map[string]any{"title": canary, "inbox": "billing", "assignee": "root@desk.example"}).want(t, 201).json(t, &task)
	d.as("root", "PATCH", "/tasks/"+task.ID.String(), map[string]any{"state": "done", "result": canary}).want(t, 200)
	d.published()
	for _, who := range []string{"ana", "ben"} {
		for _, path := range []string{"/tasks", "/tasks?state=done", "/tasks?inbox=billing", "/events?limit=200", "/conversations?q=is:swarming"} {
			if a := d.as(who, "GET", path, nil).want(t, 200); strings.Contains(a.body, canary) {
				t.Errorf("GET %s as %s leaks a task", path, who)
			}
		}
		d.as(who, "GET", "/tasks/"+task.ID.String(), nil).want(t, 404)
		d.as(who, "PATCH", "/tasks/"+task.ID.String(), map[string]any{"state": "open"}).want(t, 404)
		var told int
		if err := d.db.QueryRow(`select count(*) from notices where agent_id = $1`, d.people[who].ID).Scan(&told); err != nil || told != 0 {
			t.Errorf("%s was told of %d things: %v", who, told, err)
		}
	}
	for who, want := range map[string]int{"ben": 1, "sam": 2} {
		var inboxes Page[view.Inbox]
		d.as(who, "GET", "/inboxes", nil).want(t, 200).json(t, &inboxes)
		for _, i := range inboxes.Data {
			if i.Key == "billing" && i.Tasks != want {
				t.Errorf("%s counts %d tasks in billing, want %d", who, i.Tasks, want)
			}
		}
	}
}

// A helper's reply is refused and names the owner.
func TestHelpersDoNotReply(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	d.as("ana", "POST", at+"/assign", `{"assignee":"me"}`).want(t, 200)
	var c view.Conversation
	d.as("ana", "POST", at+"/swarm", `{"agents":["ben@desk.example"],"note":"Please look"}`).want(t, 200).json(t, &c)
	if len(c.Swarm) != 1 || c.Swarm[0].Agent.Name != "Ben" || c.Assignee.Name != "Ana" {
		t.Errorf("the conversation is %+v", c)
	}
	var counts view.Counts
	d.as("ben", "GET", "/counts", nil).want(t, 200).json(t, &counts)
	if counts.Swarming != 1 {
		t.Errorf("counts %+v", counts)
	}
	if a := d.as("ben", "POST", at+"/replies", `{"text":"Hello"}`).want(t, 403); !strings.Contains(a.body, "Ana answers") {
		t.Error(a.body)
	}
	if d.as("ben", "GET", at, nil).want(t, 200).json(t, &c); slices.Contains(c.Allowed, "reply") || !slices.Contains(c.Allowed, "note") {
		t.Errorf("a helper may %v", c.Allowed)
	}
	d.as("ben", "POST", at+"/notes", `{"text":"Hello"}`).want(t, 201)
	for _, body := range []string{`{}`, `{"agents":["x@desk.example"]}`, `{"agents":["ana@desk.example"]}`, `{"agents":["ben"]}`, `{"inbox":"nosuch"}`, `{"inbox":"billing"}`} {
		d.as("ana", "POST", at+"/swarm", body).want(t, 422) // nobody in billing is connected
	}
	d.as("ana", "DELETE", at+"/swarm/"+d.id("ben"), nil).want(t, 204)
	d.as("ben", "DELETE", at+"/swarm/me", nil).want(t, 204)
	d.as("ana", "DELETE", at+"/swarm/x", nil).want(t, 404)
	d.as("ben", "POST", at+"/replies", `{"text":"Hello"}`).want(t, 201)
}

func (d *desks) id(who string) string { return d.people[who].ID.String() }
