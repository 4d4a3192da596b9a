package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPilotSurvivesKill: a pilot that the command line starts next to a running program decides
// there, still does after the program was killed, and is adopted.
func TestPilotSurvivesKill(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	policy := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(p.bin, append(append([]string{"policy"}, args...), "--data", p.data)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	// paths are the ways that conversations of the last mails went.
	paths := func(query string) (pilot, live int) {
		t.Helper()
		req, err := http.NewRequest("GET", "http://"+p.http+"/api/v1/conversations?limit=200&q="+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+p.key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var page struct{ Data []struct{ Path []string } }
		if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Data {
			if strings.HasPrefix(c.Path[0], "pilot: ") {
				pilot++
			} else {
				live++
			}
		}
		return pilot, live
	}
	n := 1000
	// until sends mails of new accounts until ok says of how they were routed that it is enough.
	until := func(what string, ok func(pilot, live int) bool) {
		t.Helper()
		word := fmt.Sprintf("batch%dx", n)
		for sent := 0; ; sent++ {
			n++
			mail := fmt.Sprintf("From: jo@account%d.example\r\nTo: support@demo.example\r\nSubject: About %s\r\nMessage-ID: <%d@pilot.example>\r\n\r\nHelp.\r\n", n, word, n)
			if err := smtp.SendMail(p.smtp, nil, "jo@account.example", []string{"support@demo.example"}, []byte(mail)); err != nil {
				t.Fatal(err)
			}
			deadline := time.Now().Add(time.Minute)
			for {
				pilot, live := paths(word)
				if pilot+live == sent+1 {
					if ok(pilot, live) {
						return
					}
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%s: %d and %d of %d mails", what, pilot, live, sent+1)
				}
				<-time.After(50 * time.Millisecond)
			}
			if sent == 150 {
				t.Fatalf("%s did not happen", what)
			}
		}
	}

	document := []byte(policy("export"))
	file := filepath.Join(t.TempDir(), "draft.yaml")
	if err := os.WriteFile(file, bytes.Replace(document, []byte("tags: [api]"), []byte("tags: [api, tried]"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	policy("pilot", "start", file, "--share", "50", "--reason", "does it last?")
	until("the pilot began", func(pilot, live int) bool { return pilot > 0 && live > 0 })
	p.kill()
	p.start()
	until("both decide after the kill", func(pilot, live int) bool { return pilot > 0 && live > 0 })
	if out := policy("pilot", "show"); !strings.Contains(out, "50 % of the accounts since ") {
		t.Error(out)
	}
	policy("pilot", "adopt", "--reason", "it lasts")
	last, others := 0, 0
	until("the live policy decides", func(pilot, _ int) bool { // of these accounts, half would be in the pilot
		if others++; pilot > last {
			last, others = pilot, 0
		}
		return others == 12
	})
	if out := policy("history", "--limit", "2"); !strings.Contains(out, "again] it lasts") || !strings.Contains(out, "  pilot  ") {
		t.Error(out)
	}
}
