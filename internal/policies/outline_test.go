package policies

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchboard/router"
)

// TestOutline: every part is found at its line, also with other line ends and below others.
func TestOutline(t *testing.T) {
	nested := strings.Replace(string(router.Default), "    set: {inbox: integrations, tags: [api]}\n",
		"    set: {inbox: integrations, tags: [api]}\n    routes:\n      - {name: hook, when: 'channel == \"email\"'}\n      - name: rest\n", 1)
	for _, document := range []string{nested, "\ufeff" + strings.ReplaceAll(nested, "\n", "\r\n")} {
		report, _ := Check([]byte(document))
		if !report.Valid {
			t.Fatal(report.Problems)
		}
		lines := strings.Split(nested, "\n")
		var routes, inboxes []string
		for _, n := range report.Outline {
			name := n.Name[strings.LastIndex(n.Name, "/")+1:]
			if n.Section == "handoffs" { // have no names
				name = "from: " + n.Name[:1]
			}
			if n.Line == 0 || !strings.Contains(lines[n.Line-1], name) {
				t.Errorf("%s %s at line %d", n.Section, n.Name, n.Line)
			}
			switch n.Section {
			case "routing":
				routes = append(routes, fmt.Sprint(n.Name, n.Depth))
			case "inboxes":
				inboxes = append(inboxes, n.Name)
			}
		}
		if want := []string{"security0", "outage0", "billing0", "api0", "api/hook1", "api/rest1", "chat0", "form0", "default0"}; !slices.Equal(routes, want) {
			t.Error(routes)
		}
		if want := []string{"frontline", "billing", "integrations", "engineering", "selfservice"}; !slices.Equal(inboxes, want) {
			t.Error(inboxes)
		}
	}
	if report, _ := Check([]byte("version: [")); len(report.Outline) > 0 {
		t.Error(report.Outline)
	}
}
