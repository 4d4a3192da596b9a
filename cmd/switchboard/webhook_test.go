package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestWebhooksSurviveKills runs two nodes that tell a receiver of conversations, and
// kills them in turn while mail arrives and the receiver refuses a part. Every event must
// arrive, again with the same identifier only, and each conversation's in order.
func TestWebhooksSurviveKills(t *testing.T) {
	const conversations, mails, kills = 8, 3, 2
	var mu sync.Mutex
	first := map[string]int{}     // identifiers by their first acceptance
	seqs := map[int64][]int64{}   // of each conversation, as they were accepted first
	bodies := map[string]string{} // by identifier
	requests, outOfOrder, other := 0, 0, 0
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Data struct {
				Seq          int64
				Conversation struct{ Number int64 }
			}
		}
		raw, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(raw, &body) != nil {
			w.WriteHeader(http.StatusBadRequest) // the node was killed
			return
		}
		mu.Lock()
		defer mu.Unlock()
		requests++
		id := r.Header.Get("webhook-id")
		if requests%12 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if _, known := first[id]; known {
			if bodies[id] != string(raw) {
				other++
			}
			return
		}
		first[id], bodies[id] = requests, string(raw)
		c := body.Data.Conversation.Number
		if n := len(seqs[c]); n > 0 && seqs[c][n-1] >= body.Data.Seq {
			outOfOrder++
		}
		seqs[c] = append(seqs[c], body.Data.Seq)
	}))
	defer receiver.Close()

	dsn, dir, bin := dbtest.New(t), t.TempDir(), binary(t)
	var nodes []*node
	var addrs []string
	for i := range 2 {
		addrs = append(addrs, mailtest.FreeAddr(t))
		config := filepath.Join(dir, fmt.Sprintf("node%d.toml", i))
		text := fmt.Sprintf("addr = '127.0.0.1:0'\nsecret_key = 'a key of the test, of 40 characters only'\ndata = '%s/data%d'\n[db]\nurl = %q\n[mail]\nundo = '0s'\naddresses = ['support@desk.example']\n[smtp]\naddr = '%s'\n"+
			"[webhooks]\nallow_http = true\nallow_networks = ['127.0.0.0/8']\ntimeout = '2s'\n", dir, i, dsn, addrs[i])
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, newNode(t, bin, config))
	}
	run := func(args ...string) string {
		out, err := exec.Command(bin, append(args, "--config", filepath.Join(dir, "node0.toml"))...).Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	added := run("webhook", "add", receiver.URL, "--types", "conversation.created,message.received", "--description", "The CRM")
	id, secret, _ := strings.Cut(strings.TrimSpace(added), "\n")
	if !strings.HasPrefix(id, "wh_") || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("added %q", added)
	}

	for m := range mails {
		for c := range conversations {
			sendInTurn(t, addrs, c+m, ordered(c, m))
			if n := m*conversations + c; n%(conversations*mails/kills) == 4 {
				nodes[n%2].kill()
				nodes[n%2].start()
			}
		}
	}
	const want = conversations * (mails + 1)
	within(t, time.Minute, "all events to arrive", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(first) >= want
	})
	mu.Lock()
	t.Logf("kills=%d events=%d requests=%d out_of_order=%d changed=%d", kills, len(first), requests, outOfOrder, other)
	if len(first) != want || outOfOrder > 0 || other > 0 {
		t.Errorf("%d events of %d, %d out of order, %d with another body", len(first), want, outOfOrder, other)
	}
	mu.Unlock()
	if list := run("webhook", "list"); !strings.Contains(list, id) || !strings.Contains(list, "The CRM") || strings.Contains(list, secret) {
		t.Errorf("list: %s", list)
	}
	within(t, time.Minute, "all attempts to be recorded", func() bool { return strings.Contains(run("webhook", "show", id, "--limit", "200"), "Pending: 0\n") })
	run("webhook", "replay", id)
	run("webhook", "test", id)
	if again := run("webhook", "rotate", id); !strings.HasPrefix(again, "whsec_") || strings.Contains(again, secret) {
		t.Errorf("rotated: %s", again)
	}
	run("webhook", "set", id, "--disable")
	if list := run("webhook", "list"); !strings.Contains(list, "disabled") {
		t.Errorf("list: %s", list)
	}
	run("webhook", "remove", id)
	if out, err := exec.Command(bin, "webhook", "show", id, "--config", filepath.Join(dir, "node0.toml")).CombinedOutput(); err == nil || !strings.Contains(string(out), "no webhook") {
		t.Errorf("shown after its removal: %s", out)
	}
}
