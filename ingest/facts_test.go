package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// A policy can recognize a follow-up to a closed conversation.
func TestFollowUpIsAFact(t *testing.T) {
	t.Parallel()
	r := rules(t)
	var err error
	r.Policy, err = router.Compile([]byte(strings.Replace(string(router.Default), "routing:\n",
		"routing:\n  - {name: again, when: conversation.follow_up, set: {inbox: engineering}}\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for status, opened := range map[desk.Status]int{desk.StatusClosed: 1, desk.StatusOpen: 0} {
		snap, _ := waiting(t, r, status)
		mail := item(t, 9, from("jo@acme.example", "9@a", refers("1@a"))...)
		out := decide([]parsed{mail}, snap, r, noon.Add(time.Hour))
		if len(out.Opened) != opened {
			t.Fatalf("%s: %d opened", status, len(out.Opened))
		}
		for _, c := range out.Opened {
			if c.Tier != 3 || !slices.Contains(c.Path, "routing: again") {
				t.Errorf("tier %d, path %q", c.Tier, c.Path)
			}
		}
	}
	fresh := decide([]parsed{item(t, 1, from("kim@shopper.example", "1@k")...)}, nothing(), r, noon.Add(time.Hour))
	if len(fresh.Opened) != 1 || fresh.Opened[0].Tier != 1 {
		t.Errorf("a new conversation: %+v", fresh.Opened)
	}
}
