package api

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

func TestChangeAgent(t *testing.T) {
	d := newDesk(t)
	ana := "/agents/" + d.people["ana"].ID.String()
	var v view.Agent
	d.as("root", "PATCH", ana, `{"name":" Ana Ruiz ","tiers":[2,1],"inboxes":["billing"],"skills":["webhook","api","api"],"capacity":12,
		"leads":["billing"],"timezone":"Europe/Berlin","hours":{"mon-fri":["09:00-17:00"]}}`).want(t, 200).json(t, &v)
	if v.Name != "Ana Ruiz" || len(v.Tiers) != 2 || v.Tiers[0] != 1 || strings.Join(v.Skills, ",") != "api,webhook" || v.Inboxes[0] != "billing" ||
		v.Capacity != 12 || v.Leads[0] != "billing" || v.Timezone != "Europe/Berlin" || v.Hours["mon-fri"][0] != "09:00-17:00" {
		t.Errorf("%+v", v)
	}
	v = view.Agent{}
	d.as("root", "PATCH", ana, `{"inboxes":[],"hours":{}}`).want(t, 200).json(t, &v)
	if len(v.Inboxes) != 0 || len(v.Hours) != 0 || v.Capacity != 12 || len(v.Skills) != 2 {
		t.Errorf("%+v", v)
	}
	for body, want := range map[string]string{
		`{"skills":["biling"]}`:                               `there is no skill \"biling\"; did you mean \"billing\"?`,
		`{"inboxes":["fronline"]}`:                            `there is no inbox \"fronline\"; did you mean \"frontline\"?`,
		`{"leads":["Security"]}`:                              `did you mean \"security\"?`,
		`{"tiers":[1,4]}`:                                     "the policy has 1 (Frontline), 2 (Specialists), 3 (Engineering)",
		`{"capacity":-1}`:                                     "must be a number from 0 to",
		`{"timezone":"Berlin"}`:                               "is not a valid IANA time zone",
		`{"hours":{"mon-fry":["09:00-17:00"]}}`:               "is not a valid day or range of days",
		`{"hours":{"mon":["9-5"]}}`:                           "is not a valid time range",
		`{"name":"  "}`:                                       "must be one line with a name",
		`{"name":"A\nB"}`:                                     "must be one line with a name",
		`{"colour":"red"}`:                                    "unexpected property",
		`{"skills":["biling"],"timezone":"Mars","tiers":[1]}`: `"location":"body.timezone"`,
	} {
		if a := d.as("root", "PATCH", ana, body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	d.as("root", "GET", "/agents", nil).want(t, 200)
	var names PolicyNames
	d.as("ana", "GET", "/policy/names", nil).want(t, 200).json(t, &names)
	if len(names.Tiers) != 3 || names.Tiers[1] != (PolicyTier{Tier: 2, Name: "Specialists"}) || strings.Join(names.Inboxes, " ") != "frontline billing security" || strings.Join(names.Skills, " ") != "api billing webhook" {
		t.Errorf("names of the policy: %+v", names)
	}
	if a := d.as("root", "PATCH", "/agents/"+d.people["root"].ID.String(), `{"admin":false}`).want(t, 409); !strings.Contains(a.body, "only admin") {
		t.Error(a.body)
	}
	d.as("root", "PATCH", "/agents/"+desk.NewID[desk.AgentID]().String(), `{"capacity":1}`).want(t, 404)
	d.as("ana", "PATCH", ana, `{"capacity":1}`).want(t, 403)

	// Disabling ends the sessions; the agent stays in the whole list.
	cookie := d.signIn("ben@desk.example", password)
	ben := "/agents/" + d.people["ben"].ID.String()
	d.as("root", "PATCH", ben, `{"disabled":true}`).want(t, 200)
	var sessions int
	if err := d.db.QueryRow("select count(*) from agent_sessions").Scan(&sessions); err != nil || sessions != 0 || cookie == nil {
		t.Errorf("%d sessions, %v", sessions, err)
	}
	var some, all Page[view.Agent]
	d.as("root", "GET", "/agents", nil).want(t, 200).json(t, &some)
	d.as("root", "GET", "/agents?all=true", nil).want(t, 200).json(t, &all)
	if len(some.Data) != 3 || len(all.Data) != 4 || !all.Data[1].Disabled {
		t.Errorf("%d and %d agents", len(some.Data), len(all.Data))
	}
	d.as("ana", "GET", "/agents?all=true", nil).want(t, 403)
	d.as("root", "PUT", ben+"/availability", `{"state":"away"}`).want(t, 409)
}

// TestAvailability: agents set their own, and everyone sees the change.
func TestAvailability(t *testing.T) {
	d := newDesk(t)
	var head Page[view.Event]
	d.as("ben", "GET", "/events?limit=200", nil).want(t, 200).json(t, &head)
	var v view.Agent
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	d.as("ana", "PUT", "/agents/me/availability", map[string]any{"state": "away", "until": until}).want(t, 200).json(t, &v)
	if v.Availability.State != desk.Away || v.Availability.Reason != desk.ReasonChosen || v.Availability.Until == nil || !v.Availability.Until.Equal(until) {
		t.Errorf("%+v", v.Availability)
	}
	d.published()
	a := d.as("ben", "GET", "/events?limit=200", nil).want(t, 200)
	if !strings.Contains(a.body, `"kind":"agent.availability"`) || strings.Contains(a.body, `"kind":"agent.created"`) {
		t.Errorf("events of an agent without admin rights: %s", a.body)
	}
	for body, want := range map[string]string{
		`{"state":"away","until":"2001-01-01T00:00:00Z"}`:      "must be in the future",
		`{"state":"away","until":"2999-01-01T00:00:00Z"}`:      "must be within a year",
		`{"state":"available","until":"2999-01-01T00:00:00Z"}`: "goes with the state away only",
		`{"state":"offline"}`:                                  "expected value to be one of",
	} {
		if a := d.as("ana", "PUT", "/agents/me/availability", body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	d.as("ben", "PUT", "/agents/"+d.people["ana"].ID.String()+"/availability", `{"state":"available"}`).want(t, 403)
	d.as("root", "PUT", "/agents/"+d.people["ana"].ID.String()+"/availability", `{"state":"available"}`).want(t, 200).json(t, &v)
	if v.Availability.State != desk.Offline || v.Availability.Chosen != desk.Available {
		t.Errorf("%+v", v.Availability)
	}
	var s Session
	d.as("ana", "GET", "/session", nil).want(t, 200).json(t, &s)
	if s.Agent.Availability.State != desk.Offline {
		t.Errorf("%+v", s.Agent.Availability)
	}
}
