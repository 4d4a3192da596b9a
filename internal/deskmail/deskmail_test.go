package deskmail_test

import (
	"slices"
	"strings"
	"testing"

	"switchboard/internal/deskmail"
)

func TestNames(t *testing.T) {
	t.Parallel()
	box := func(key, title string) deskmail.Mailbox {
		return deskmail.Mailbox{Kind: deskmail.Inbox, Key: key, Title: title}
	}
	got := deskmail.Names([]deskmail.Mailbox{{Kind: deskmail.Assigned}, {Kind: deskmail.Archive}, {Kind: deskmail.Sent}, {Kind: deskmail.Drafts},
		box("a", "Front/line"), box("b", "Billing"), box("c", "billing"), box("d", "inbox"), box("e", ""), box("f", "50%\r\n*")})
	want := []string{"INBOX", "Archive", "Sent", "Drafts", "Front-line", "Billing (b)", "billing (c)", "inbox (d)", "(e)", "50--"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func entry(uid uint32, seen, gone bool) deskmail.Entry {
	return deskmail.Entry{UID: uid, Seen: seen, Gone: gone}
}

func TestApply(t *testing.T) {
	t.Parallel()
	view := []deskmail.Entry{entry(2, false, false), entry(5, false, false), entry(9, true, false)}
	changes := []deskmail.Entry{entry(2, false, true), entry(4, false, false), entry(5, true, false), entry(12, false, false), entry(13, false, true)}
	kept, u := deskmail.Apply(slices.Clone(view), changes, true)
	if len(kept) != 4 || !kept[0].Gone || u.Expunged != nil || !u.Grown || !slices.Equal(u.Changed, []int{1}) {
		t.Errorf("kept: %+v %+v", kept, u)
	}
	now, u := deskmail.Apply(kept, nil, false)
	if len(now) != 3 || !slices.Equal(u.Expunged, []uint32{1}) || u.Grown {
		t.Errorf("then: %+v %+v", now, u)
	}
	now, u = deskmail.Apply(slices.Clone(view), append(changes, entry(5, true, false)), false)
	if len(now) != 3 || !slices.Equal(u.Expunged, []uint32{1}) || !u.Grown || len(u.Changed) == 0 || u.Changed[0] != 0 || now[2].UID != 12 {
		t.Errorf("at once: %+v %+v", now, u)
	}
	now, u = deskmail.Apply(slices.Clone(view), []deskmail.Entry{entry(2, false, true), entry(5, false, true), entry(9, true, true)}, false)
	if len(now) != 0 || !slices.Equal(u.Expunged, []uint32{1, 1, 1}) {
		t.Errorf("all: %+v %+v", now, u)
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	mail := "Subject: a\r\n folded\r\nFrom jo today\r\nTo: x@y.example\r\n\r\nbody\r\n\r\nmore\r\n"
	header, body, complete := deskmail.Split([]byte(mail))
	if !complete || string(body) != "body\r\n\r\nmore\r\n" || string(header)+string(body) != mail {
		t.Errorf("split: %q %q", header, body)
	}
	if _, _, complete := deskmail.Split([]byte("Subject: a\r\nTo: x")); complete {
		t.Error("a header without an end is complete")
	}
	if got := string(deskmail.Fields(header, []string{"SUBJECT"}, false)); got != "Subject: a\r\n folded\r\n\r\n" {
		t.Errorf("%q", got)
	}
	if got := string(deskmail.Fields(header, []string{"subject"}, true)); !strings.Contains(got, "To: x@y.example\r\n\r\n") || strings.Contains(got, "folded") {
		t.Errorf("%q", got)
	}
	if got := string(deskmail.Wellformed([]byte(mail))); got != strings.Replace(mail, "From jo today\r\n", "", 1) {
		t.Errorf("%q", got)
	}
	if deskmail.Flat([]byte(mail)) || !deskmail.Flat([]byte(strings.Repeat("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", 300))) {
		t.Error("flat")
	}
}
