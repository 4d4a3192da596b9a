package main_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
	"switchboard/store"
)

// deadWait is how long the mail of a program that was killed may wait for it.
const deadWait = time.Minute

// TestRepliesSurvive: agents reply on one node or two while the server that mail is
// submitted to fails at every point of a transaction, and the nodes are killed at each of
// them. Every acknowledged reply arrives or is shown as unknown, none arrives again after
// its result was known, and none waits for a dead process. With -soak it is as long as
// make soak-replies, which also has a server that files a copy of what it takes in a Sent
// folder, and a Postfix whose connections are cut anywhere.
func TestRepliesSurvive(t *testing.T) {
	t.Parallel()
	if !*soakLong {
		for name, nodes := range map[string]int{"one node": 1, "two nodes": 2} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				survive(t, repliesSize{nodes: nodes, conversations: 20, replies: 80, cuts: 1, kills: 1, report: 2 * time.Second, limit: 90 * time.Second})
			})
		}
		return
	}
	long := repliesSize{nodes: 1, conversations: 200, replies: 2000, cuts: 25, kills: 6, report: 3 * time.Second, pause: 40 * time.Millisecond, limit: 20 * time.Minute}
	t.Run("one node", func(t *testing.T) { survive(t, long) })
	long.nodes, long.stayDead = 2, 8
	t.Run("two nodes", func(t *testing.T) { survive(t, long) })
	t.Run("a Sent folder", func(t *testing.T) {
		size := long
		size.sent, size.report = true, 10*time.Second
		survive(t, size)
	})
	t.Run("Postfix", func(t *testing.T) {
		size := long
		size.cuts, size.kills, size.postfix, size.pause = 0, 0, 80, 300*time.Millisecond
		survive(t, size)
	})
}

// repliesSize is the extent of the test.
type repliesSize struct {
	nodes, conversations, replies int
	cuts, kills                   int           // at each point
	limit                         time.Duration // of the test
	report                        time.Duration // how long an unknown result waits for a report
	pause                         time.Duration // of each agent after a reply
	stayDead                      int           // every how many kills the program stays dead until another one has taken over; 0: never
	sent                          bool          // the server files copies in a Sent folder that the desk reads
	postfix                       int           // if positive, mail goes over a Postfix, and nodes are killed so often at any time
}

func survive(t *testing.T, size repliesSize) {
	c := startReplies(t, size, startMX(t, size.nodes, size.cuts, size.kills))
	c.run()
	c.verify()
}

// replies is a desk under test, with a record of what it acknowledged.
type replies struct {
	repliesSize
	t     *testing.T
	db    *sql.DB
	mx    *brokenMX
	nodes []*node
	apis  []string
	key   string
	relay *mailtest.Postfix // nil: none
	proxy *mailtest.Proxy   // in front of it

	rnd     *rand.Rand
	killed  int
	orphans map[string]time.Time // attempts of dead programs, and since when
	waited  time.Duration        // the longest of them

	mu    sync.Mutex
	acked map[int]acknowledged
}

// acknowledged is a reply that the desk has accepted.
type acknowledged struct {
	ID         string
	MessageID  string `json:"message_id"`
	Deliveries []struct{ ID string }
}

func startReplies(t *testing.T, size repliesSize, mx *brokenMX) *replies {
	t.Helper()
	c := &replies{repliesSize: size, t: t, mx: mx, key: credential.NewKey(), rnd: rand.New(rand.NewPCG(2, 3)), orphans: map[string]time.Time{}, acked: map[int]acknowledged{}}
	dsn := dbtest.New(t)
	var err error
	if c.db, err = sql.Open("postgres", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.db.Close() })
	st, err := store.Open(t.Context(), store.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	ana := desk.Agent{Name: "Ana Ruiz", Email: "ana@desk.example", Tiers: []desk.Tier{0, 1, 2, 3}, Admin: true}
	if ana.ID, err = st.SaveAgent(t.Context(), ana, ""); err == nil {
		_, err = st.CreateKey(t.Context(), "test", credential.Digest(c.key), ana, time.Time{})
	}
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	dir := t.TempDir()
	mailbox := ""
	if size.sent {
		box := mailtest.NewDovecot(t)
		box.AppendTo("Sent", []byte("From: support@desk.example\r\nTo: mum@home.example\r\nSubject: Dinner\r\n\r\nAt eight?\r\n"))
		mx.after = func(content []byte) { box.AppendTo("Sent", content) }
		mailbox = fmt.Sprintf("[[mailbox]]\nname = 'support'\naddr = %q\nuser = %q\npassword = %q\ntls = 'none'\nsent = 'Sent'\npoll = '1s'\n", box.Addr, box.User, box.Password)
	}
	if size.postfix > 0 {
		c.relay = mailtest.NewPostfix(t, mx.addrs[0])
		c.proxy = mailtest.NewProxy(t, c.relay.Addr)
	}
	var smtps []string
	for i := range size.nodes {
		api, smtp := mailtest.FreeAddr(t), mailtest.FreeAddr(t)
		config := filepath.Join(dir, fmt.Sprintf("node%d.toml", i))
		text := fmt.Sprintf("addr = %q\ndata = '%s/data%d'\n[db]\nurl = %q\n[mail]\nundo = '0s'\naddresses = ['support@desk.example']\n[smtp]\naddr = %q\n"+
			"%s%s", api, dir, i, dsn, smtp, c.smarthost(i), mailbox)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c.apis, smtps = append(c.apis, "http://"+api+"/api/v1"), append(smtps, smtp)
		c.nodes = append(c.nodes, newNode(t, binary(t), config, "SSL_CERT_FILE="+mx.roots))
	}
	for n := range size.conversations {
		sendInTurn(t, smtps, n, ordered(n, 0))
	}
	within(t, time.Minute, "the conversations", func() bool { return c.count("select count(*) from conversations") == size.conversations })
	return c
}

// smarthost returns the section of the configuration.
func (c *replies) smarthost(node int) string {
	if c.proxy != nil {
		return fmt.Sprintf("[smarthost]\naddr = %q\ntls = 'none'\n", c.proxy.Addr)
	}
	return fmt.Sprintf("[smarthost]\naddr = %q\ntls = 'starttls'\nuser = 'desk'\npassword = 'secret'\n", c.mx.addrs[node])
}

func (c *replies) count(query string) (n int) {
	if err := c.db.QueryRowContext(c.t.Context(), query).Scan(&n); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// errLost says that a request was carried out, and that its answer died with the node.
var errLost = errors.New("the answer was lost")

// find returns a reply whose answer was lost.
func (c *replies) find(n int, conversation string) (sent acknowledged) {
	var page struct {
		Data []struct {
			acknowledged
			Text string
		}
	}
	c.call(n, "GET", conversation+"/messages?limit=200", "", nil, &page)
	for _, m := range page.Data {
		if strings.Contains(m.Text, words(n)) {
			sent = m.acknowledged
		}
	}
	var trail struct{ Data []struct{ ID string } }
	c.call(n, "GET", "/messages/"+sent.ID+"/trail", "", nil, &trail)
	sent.Deliveries = trail.Data
	return sent
}

// call makes an API request to one node after the other until one answers it; false: it
// was carried out, and its answer is lost.
func (c *replies) call(turn int, method, path, repeat string, body []byte, into any) bool {
	for deadline := time.Now().Add(2 * time.Minute); ; turn++ {
		err := c.try(c.apis[turn%len(c.apis)]+path, method, repeat, body, into)
		if err == nil || err == errLost {
			return err == nil
		}
		if time.Now().After(deadline) {
			c.t.Errorf("%s %s: %v", method, path, err)
			return true
		}
		<-time.After(20 * time.Millisecond)
	}
}

func (c *replies) try(url, method, repeat string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(c.t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", repeat)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(resp.Body)
		if strings.Contains(string(text), "its answer was lost") {
			return errLost
		}
		return fmt.Errorf("status %d: %s", resp.StatusCode, text)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// words is a text that only one reply has.
func words(n int) string { return fmt.Sprintf("Answer %05d of the desk.", n) }

// run replies, kills what the server asks for, and returns when nothing is due any more.
func (c *replies) run() {
	var page struct {
		Data       []struct{ ID string }
		NextCursor *string `json:"next_cursor"`
	}
	var conversations []string
	for cursor := ""; ; cursor = *page.NextCursor {
		c.call(0, "GET", "/conversations?limit=200&cursor="+cursor, "", nil, &page)
		for _, d := range page.Data {
			conversations = append(conversations, d.ID)
		}
		if page.NextCursor == nil {
			break
		}
	}
	queue := make(chan int)
	var agents sync.WaitGroup
	for range 8 {
		agents.Go(func() {
			for n := range queue {
				body, _ := json.Marshal(map[string]any{"text": words(n)})
				var sent acknowledged
				to := "/conversations/" + conversations[n%len(conversations)]
				if !c.call(n, "POST", to+"/replies", fmt.Sprintf("reply-%d", n), body, &sent) {
					sent = c.find(n, to)
				}
				c.mu.Lock()
				c.acked[n] = sent
				c.mu.Unlock()
				<-time.After(c.pause)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range c.replies {
			queue <- n
		}
		close(queue)
		agents.Wait()
	}()
	began := time.Now()
	for tick, deadline := time.NewTicker(50*time.Millisecond), began.Add(c.limit); ; {
		select {
		case r := <-c.mx.kills:
			c.kill(r)
			continue
		case <-tick.C:
		}
		c.watch()
		c.skipPauses()
		c.disturb()
		if ended(done) && c.count("select count(*) from deliveries where not settled") == 0 {
			break
		}
		if time.Now().After(deadline) {
			var stuck string
			err := c.db.QueryRow(`select coalesce(string_agg(concat_ws(' ', id, state, attempts, next_attempt_at - now(), owner, content_started_at, detail), E'\n'), '') from (select * from deliveries where not settled limit 20) d`).Scan(&stuck)
			c.t.Fatalf("after %s %d replies are acknowledged, %d faults are planned, %d kills, and these deliveries are not settled (%v):\n%s", time.Since(began), c.acknowledged(), c.mx.planned(), c.killed, err, stuck)
		}
	}
	if c.relay != nil {
		within(c.t, time.Minute, "Postfix to relay everything", func() bool { return c.relay.Queued() == 0 })
		c.t.Logf("cut connections to Postfix: %d", c.proxy.Cuts())
	}
	c.t.Logf("replies=%d in %s, kills=%d, faults (cut+kill): %s", len(c.acked), time.Since(began).Round(time.Second), c.killed, c.mx.faults())
	if n := c.mx.planned(); n > 0 {
		c.t.Errorf("%d planned faults did not happen", n)
	}
}

func ended(done chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// kill kills a node unless it has been since it connected, and starts it again. Some stay
// dead until the other node has taken their mail over.
func (c *replies) kill(r killRequest) {
	if c.mx.life(r.node) == r.life {
		c.nodes[r.node].kill()
		c.mx.died(r.node)
		c.killed++
		if c.stayDead > 0 && len(c.nodes) > 1 && c.killed%c.stayDead == 0 {
			within(c.t, 2*deadWait, "another node to take over", func() bool {
				for len(c.mx.kills) > 0 {
					(<-c.mx.kills).done <- false // the other node lives
				}
				c.watch()
				return len(c.orphans) == 0
			})
		}
		c.nodes[r.node].start()
	}
	r.done <- true
}

// disturb cuts the connections to Postfix at any octet and kills nodes at any time.
func (c *replies) disturb() {
	if c.proxy == nil || c.killed == c.postfix {
		if c.proxy != nil {
			c.proxy.CutUp(-1)
			c.proxy.CutDown(-1)
		}
		return
	}
	switch c.rnd.IntN(4) {
	case 0:
		c.proxy.CutUp(1 + c.rnd.Int64N(3000)) // a mail has about 1,500
		c.proxy.CutDown(-1)
	case 1:
		c.proxy.CutDown(1 + c.rnd.Int64N(400))
		c.proxy.CutUp(-1)
	case 2:
		c.proxy.CutUp(-1)
		c.proxy.CutDown(-1)
	}
	if c.rnd.IntN(20) == 0 {
		n := c.rnd.IntN(len(c.nodes))
		c.nodes[n].kill()
		c.killed++
		c.nodes[n].start()
	}
}

func (c *replies) acknowledged() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.acked)
}

// watch measures how long attempts of dead programs wait.
func (c *replies) watch() {
	rows, err := c.db.QueryContext(c.t.Context(), `select d.id::text || d.fence from deliveries d
		where state = 'sending' and owner is not null and not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2
			and l.database = (select oid from pg_database where datname = current_database()) and l.objid::bigint = hashtext(d.owner::text)::bigint & 4294967295)`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	still := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			c.t.Fatal(err)
		}
		still[id] = true
		if c.orphans[id].IsZero() {
			c.orphans[id] = time.Now()
		}
	}
	for id, since := range c.orphans {
		c.waited = max(c.waited, time.Since(since))
		if !still[id] {
			delete(c.orphans, id)
		}
	}
}

// skipPauses makes due what waits for its next attempt: a delay after a moment, also that
// of the server as a whole, and an unknown result after the time in which a report about
// it may come.
func (c *replies) skipPauses() {
	if _, err := c.db.ExecContext(c.t.Context(), "update destinations set blocked_until = now() where blocked_until > now()"); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.db.ExecContext(c.t.Context(), `update deliveries set next_attempt_at = now()
		where not settled and next_attempt_at > now() and (state in ('queued', 'delayed') and updated_at < now() - interval '200 milliseconds'
			or state = 'unknown' and updated_at < now() - $1 * interval '1 second')`, c.report.Seconds()); err != nil {
		c.t.Fatal(err)
	}
}

// outcome is what became of a delivery, as the desk says.
type outcome struct {
	State    string
	Attempts []struct {
		At            time.Time
		State, Source string
	}
}

// verify compares what was acknowledged with what the server took and what the desk says.
func (c *replies) verify() {
	shown := map[string]bool{}
	var page struct {
		Data       []struct{ ID string }
		NextCursor *string `json:"next_cursor"`
	}
	for cursor := ""; ; cursor = *page.NextCursor {
		c.call(0, "GET", "/outbox?state=unknown&limit=200&cursor="+cursor, "", nil, &page)
		for _, d := range page.Data {
			shown[d.ID] = true
		}
		if page.NextCursor == nil {
			break
		}
	}
	var lost, hidden, again, excess, changed, foreign, deliveries, unknowns, resolved, reported, twice int
	for n := range c.replies {
		sent := c.acked[n]
		var trail struct {
			Data []struct {
				ID string
				outcome
			}
		}
		c.call(n, "GET", "/messages/"+sent.ID+"/trail", "", nil, &trail)
		if len(sent.Deliveries) == 0 || len(trail.Data) != len(sent.Deliveries) {
			c.t.Errorf("reply %d has %d deliveries of %d", n, len(trail.Data), len(sent.Deliveries))
		}
		for _, d := range trail.Data {
			deliveries++
			copies := c.mx.arrivals[d.ID]
			delete(c.mx.arrivals, d.ID)
			var unclear int
			var known time.Time // since when
			for _, a := range d.Attempts {
				if a.State == "unknown" {
					unclear++
				}
				if a.State == "sent" && known.IsZero() {
					known = a.At
				}
				if a.Source != "attempt" {
					reported++
				}
			}
			unknowns += unclear
			switch {
			case d.State == "sent" && len(copies) == 0:
				lost++
			case d.State == "sent" && unclear > 0:
				resolved++
			case d.State == "unknown" && !shown[d.ID], d.State != "sent" && d.State != "unknown":
				hidden++
				c.t.Errorf("reply %d: delivery %s is %s", n, d.ID, d.State)
			}
			for i, one := range copies {
				if !known.IsZero() && one.begun.After(known) && c.relay == nil { // a relay has it for a while
					again++
				}
				if one.sum != copies[0].sum || !strings.Contains(one.content, sent.MessageID) {
					changed++
				}
				if !strings.Contains(one.content, words(n)) {
					foreign++
				}
				if i > 0 {
					twice++
				}
			}
			excess += max(0, len(copies)-1-unclear)
		}
	}
	ghosts := len(c.mx.arrivals)
	c.t.Logf("acked=%d deliveries=%d lost=%d dup_after_known=%d dup_without_unknown=%d changed_bytes=%d foreign=%d ghosts=%d", len(c.acked), deliveries, lost, again, excess, changed, foreign, ghosts)
	c.t.Logf("unknown_attempts=%d resolved=%d (by reports %d) shown=%d hidden=%d dup_after_unknown=%d dead_wait_max=%s", unknowns, resolved, reported, len(shown), hidden, twice, c.waited.Round(time.Millisecond))
	// A copy that is read after the pause for reports does not prevent another attempt:
	// again counts what arrived although its copy had been read.
	if c.sent && reported == 0 {
		c.t.Error("no copy in the Sent folder resolved anything")
	}
	if lost+hidden+again+excess+changed+foreign+ghosts > 0 || len(c.acked) != c.replies || c.waited > deadWait || c.killed == 0 {
		c.t.Error("replies were lost, repeated, changed, or not shown")
	}
}
