package api

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/outbound"
)

// TestUnreachableAddress: mail to it comes back, replies are refused, and a person lifts that.
func TestUnreachableAddress(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	d.as("ana", "POST", at+"/assign", map[string]any{"assignee": "me"}).want(t, 200)
	gone := desk.Result{State: desk.DeliveryFailed, Code: 550, EnhancedCode: "5.1.1", Detail: "<jo@acme.example>: User unknown"}
	fail := func(r desk.Result) {
		t.Helper()
		d.as("ana", "POST", at+"/replies", map[string]any{"text": "Fixed.", "undo_s": 0}).want(t, 201)
		d.attempt(r)
	}
	fail(desk.Result{State: desk.DeliveryFailed, Code: 550, EnhancedCode: "5.7.1", Detail: "looks like spam"})
	fail(gone)
	a := d.as("ana", "POST", at+"/replies", map[string]any{"text": "Again."}).want(t, 422)
	for _, text := range []string{"jo@acme.example gets no replies since", "550 5.1.1", "User unknown", `"reason":"no-mailbox"`} {
		if !strings.Contains(a.body, text) {
			t.Errorf("no %q in %s", text, a.body)
		}
	}
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Again.", "to": []string{"other@acme.example"}, "cc": []string{"JO@acme.example"}}).want(t, 422)
	id := d.delayed(d.open)
	d.exec(`update deliveries set recipient = 'old@acme.example' where id = $1`, id)
	d.as("ana", "POST", "/outbox/"+id.String()+"/redirect", map[string]any{"to": "jo@acme.example", "reason": "moved"}).want(t, 422)
	var to Recipients
	if d.as("ana", "GET", at+"/recipients", nil).want(t, 200).json(t, &to); len(to.Unreachable) != 1 || to.Unreachable[0].Detail != gone.Detail || to.Unreachable[0].Failures != 1 {
		t.Errorf("%+v", to)
	}
	var who view.Contact
	if d.as("ana", "GET", "/contacts/"+d.contact.String(), nil).want(t, 200).json(t, &who); who.Identities[0].Unreachable == nil || who.Identities[0].Unreachable.Since.IsZero() {
		t.Errorf("%+v", who)
	}
	var notices Page[view.Notice]
	if d.as("ana", "GET", "/notices", nil).want(t, 200).json(t, &notices); len(notices.Data) != 2 || notices.Data[0].Kind != desk.NoticeUndelivered ||
		!strings.Contains(notices.Data[0].Text, "jo@acme.example: 550 5.1.1") {
		t.Errorf("%+v", notices.Data)
	}

	lift := at + "/unreachable/jo@acme.example"
	d.exec(`update agents set mask_addresses = true where email = 'ben@desk.example'`)
	d.as("ben", "DELETE", lift, nil).want(t, 403)
	d.as("ana", "DELETE", at+"/unreachable/other@acme.example", nil).want(t, 404)
	d.as("ana", "DELETE", lift, nil).want(t, 204)
	d.as("ana", "DELETE", lift, nil).want(t, 404)
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Again."}).want(t, 201)
	d.published()
	if a := d.as("ana", "GET", at+"/events?limit=200", nil).want(t, 200); !strings.Contains(a.body, `"address.lifted"`) || !strings.Contains(a.body, `"by_name":"Ana"`) {
		t.Error("the history does not say who lifted it")
	}
	d.exec(`update deliveries set state = 'cancelled', settled = true where state = 'held'`)

	full := desk.Result{State: desk.DeliveryFailed, Code: 552, EnhancedCode: "5.2.2", Detail: "mailbox full"}
	for range desk.SuppressAfter {
		fail(full)
	}
	if a := d.as("ana", "POST", at+"/replies", map[string]any{"text": "Again."}).want(t, 422); !strings.Contains(a.body, "3 messages could not be delivered") {
		t.Errorf("%s", a.body)
	}
}

// attempt records the result of an attempt to deliver what is due.
func (d *desks) attempt(r desk.Result) {
	d.t.Helper()
	jobs, err := d.st.Outbox().Claim(d.t.Context(), desk.ChannelEmail, 1, time.Minute)
	if err != nil || len(jobs) != 1 {
		d.t.Fatal(len(jobs), err)
	}
	var queue outbound.Queue = d.st.Outbox()
	if err := queue.Complete(d.t.Context(), jobs[0].Delivery, r, time.Time{}); err != nil {
		d.t.Fatal(err)
	}
}
