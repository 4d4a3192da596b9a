package store_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
)

// correspondence is a pipeline with customers who write to the desk and are answered.
type correspondence struct {
	*pipeline
	db  *sql.DB
	ana desk.Agent
	n   int
	all bool // replies go to everyone who was written to
}

func newCorrespondence(t *testing.T) *correspondence {
	t.Helper()
	p := newPipeline(t)
	db, err := sql.Open("postgres", p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c := &correspondence{pipeline: p, db: db, ana: desk.Agent{Name: "Ana", Email: "ana@agents.example", Tiers: []desk.Tier{0, 1, 2, 3}, Admin: true}}
	if c.ana.ID, err = p.store.SaveAgent(t.Context(), c.ana, ""); err != nil {
		t.Fatal(err)
	}
	return c
}

const answerText = "Please hold the red button for ten seconds and then plug the lamp in again."

// letterTo is a mail; empty fields are left out.
type letterTo struct {
	from, to, subject, id, body string
	headers                     []string
	results                     string // Authentication-Results
	token                       string // another forward-path
}

// mail returns the raw item of a letter.
func (c *correspondence) mail(l letterTo) desk.Raw {
	c.n++
	lines := append([]string{"From: " + l.from, "To: " + firstOr(l.to, "support@desk.example"), "Subject: " + l.subject, "Message-ID: <" + l.id + ">",
		"Date: " + time.Now().UTC().Format(time.RFC1123Z), "MIME-Version: 1.0"}, l.headers...)
	if !slices.ContainsFunc(lines, func(s string) bool { return strings.HasPrefix(s, "Content-Type:") }) {
		lines = append(lines, "Content-Type: text/plain; charset=utf-8")
	}
	raw := desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", SourceKey: fmt.Sprint("c", c.n), EnvelopeFrom: "bounce@relay.example", EnvelopeTo: []string{"support@desk.example"},
		ReceivedAt: time.Now(), Bytes: []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + strings.ReplaceAll(l.body, "\n", "\r\n") + "\r\n")}
	if l.results != "" {
		raw.AuthResults = "mx.desk.example; " + l.results
	}
	if l.token != "" {
		raw.EnvelopeTo = append(raw.EnvelopeTo, l.token)
	}
	return raw
}

func firstOr(values ...string) string {
	i := slices.IndexFunc(values, func(s string) bool { return s != "" })
	return values[max(i, 0)]
}

// placed is where a message is, and how it is marked.
type placed struct {
	conversation desk.ConversationID
	problems     []string
}

// placed returns the message with a Message-ID that was received from outside.
func (c *correspondence) placed(id string) (p placed) {
	c.t.Helper()
	var problems []byte
	err := c.db.QueryRow(`select p.conversation_id, m.problems from messages m join placements p on p.message_id = m.id
		where m.message_id = $1 and m.direction <> 'note' and p.until is null and m.author_id is null`, id).Scan(&p.conversation, &problems)
	if err != nil {
		c.t.Fatalf("%s: %v", id, err)
	}
	var list []desk.Problem
	if err := json.Unmarshal(problems, &list); err != nil {
		c.t.Fatal(err)
	}
	for _, x := range list {
		p.problems = append(p.problems, x.Code)
	}
	return p
}

// marked reports whether the agent sees that nothing confirms the sender.
func (p placed) marked() bool {
	return slices.ContainsFunc(p.problems, func(code string) bool {
		return slices.Contains([]string{desk.ProblemForged, desk.ProblemUnverified, desk.ProblemUnconfirmed, desk.ProblemAttributed, desk.ProblemAgentAddress}, code)
	})
}

// opened is a customer's conversation with our answer.
type opened struct {
	id     desk.ConversationID
	theirs string // Message-ID of the customer's mail
	ours   string // of the answer
	token  string // the reply address of the customer
}

// open sends the customers' first mails and answers them.
func (c *correspondence) open(firsts []letterTo) []opened {
	c.t.Helper()
	var raws []desk.Raw
	for _, f := range firsts {
		raws = append(raws, c.mail(f))
	}
	c.accept(raws...)
	c.settled()
	out := make([]opened, len(firsts))
	for i, f := range firsts {
		o := opened{id: c.placed(f.id).conversation, theirs: f.id}
		o.ours = c.reply(o.id).MessageID
		o.token = c.rules.Tokens.Address("support@desk.example", o.id, c.text("select reply_to from conversations where id = $1", o.id))
		out[i] = o
	}
	return out
}

// reply answers a conversation.
func (c *correspondence) reply(id desk.ConversationID) desk.Message {
	c.t.Helper()
	d := agent.New(c.store, agent.Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }, Own: c.rules.Own})
	m, err := d.Reply(c.t.Context(), c.ana, id, agent.Reply{Text: answerText, All: c.all})
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// text reads one text.
func (c *correspondence) text(query string, args ...any) (s string) {
	c.t.Helper()
	if err := c.db.QueryRow(query, args...).Scan(&s); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
	return s
}
