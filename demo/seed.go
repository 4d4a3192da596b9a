package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"switchboard/agent"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

// conversations is the number of seeded conversations.
const conversations = 60

// seed fills an empty database the regular way: every conversation arrives as raw
// bytes and goes through the pipeline, and agents then work on some of them.
func (d *demo) seed(ctx context.Context) error {
	admin, _, err := d.gate.Store().AgentByEmail(ctx, agents[0].Email)
	if err != nil {
		return err
	}
	some, err := d.list(ctx, admin, 1)
	if err != nil || len(some) > 0 {
		return err
	}
	s := &seeder{demo: d, rand: rand.New(rand.NewPCG(uint64(d.opt.Seed), 0x5eed)), now: time.Now()}
	for i := range conversations {
		if err := s.one(ctx, i); err != nil {
			return err
		}
	}
	list, err := d.await(ctx, admin, conversations)
	if err != nil {
		return err
	}
	return s.act(ctx, list)
}

// list returns the newest conversations that an agent can see.
func (d *demo) list(ctx context.Context, as desk.Agent, n int) ([]view.Conversation, error) {
	return d.gate.Store().Conversations(ctx, as, []search.Filter(nil), view.Position{}, n)
}

// await waits until the pipeline has opened n conversations.
func (d *demo) await(ctx context.Context, as desk.Agent, n int) ([]view.Conversation, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		list, err := d.list(ctx, as, n)
		if err != nil || len(list) >= n {
			return list, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// seeder creates the demo's conversations.
type seeder struct {
	*demo
	rand *rand.Rand
	now  time.Time
}

// one sends a message from a customer: usually by mail, sometimes by form or chat.
func (s *seeder) one(ctx context.Context, i int) error {
	topic := topics[i%len(topics)]
	c := companies[s.rand.IntN(len(companies))]
	if topic.company != "" {
		for _, other := range companies {
			if other.domain == topic.company {
				c = other
			}
		}
	}
	name := c.people[s.rand.IntN(len(c.people))]
	email := fmt.Sprintf("%s@%s", handle(name, i), c.domain)
	if topic.private {
		name = privates[s.rand.IntN(len(privates))]
		email = fmt.Sprintf("%s@gmail.com", handle(name, i))
	}
	// The newest is minutes old, the oldest days.
	age := time.Duration(float64(96*time.Hour)*(1-float64(i)/conversations)) + time.Duration(s.rand.IntN(40))*time.Minute
	raw := desk.Raw{ReceivedAt: s.now.Add(-age), RemoteAddr: "127.0.0.1:0"}
	switch topic.channel {
	case desk.ChannelForm:
		raw.Channel, raw.Endpoint, raw.SourceKey = desk.ChannelForm, formKey, fmt.Sprintf("seed-%d", i)
		raw.Bytes = encode(desk.FormSubmission{Form: formKey, Email: email, Name: name, Subject: topic.subject, Message: topic.text})
	case desk.ChannelChat:
		return s.chat(ctx, raw, name, email, topic, i)
	default:
		l := letter{From: email, Name: name, To: firstOf(topic.to, supportAddress), Subject: topic.subject,
			Text: topic.text + "\n\n-- \n" + name + "\n" + c.name, messageID: fmt.Sprintf("seed.%d.%d@%s", s.opt.Seed, i, c.domain)}
		raw.Channel, raw.Endpoint, raw.SourceKey = desk.ChannelEmail, "smtp", fmt.Sprintf("seed-%d", i)
		raw.EnvelopeFrom, raw.EnvelopeTo = email, []string{l.To}
		raw.Bytes = l.compose(raw.ReceivedAt)
	}
	_, err := s.gate.Sink().Accept(ctx, raw)
	return err
}

// chat sends a message as the lines of a new chat session.
func (s *seeder) chat(ctx context.Context, raw desk.Raw, name, email string, topic topic, i int) error {
	opened, err := s.gate.Store().Visitors().Open(ctx, widgetKey, "", chat.Visitor{Name: name, Email: email})
	if err != nil {
		return err
	}
	session := opened.ID
	for n, text := range strings.Split(topic.text, "\n\n") {
		line := desk.ChatLine{Session: session, ClientID: fmt.Sprintf("seed-%d-%d", i, n), Name: name, Email: email, Text: text, Page: "https://shop.demo.example/"}
		raw.Channel, raw.Endpoint, raw.SourceKey = desk.ChannelChat, widgetKey, session.String()+"/"+line.ClientID
		raw.Bytes = encode(line)
		raw.ReceivedAt = raw.ReceivedAt.Add(20 * time.Second)
		if _, err := s.gate.Sink().Accept(ctx, raw); err != nil {
			return err
		}
	}
	return nil
}

// act makes the agents reply, add notes, assign and hand over.
func (s *seeder) act(ctx context.Context, list []view.Conversation) error {
	var people []desk.Agent
	for _, a := range agents {
		who, _, err := s.gate.Store().AgentByEmail(ctx, a.Email)
		if err != nil {
			return err
		}
		people = append(people, who)
	}
	ana, ben := people[0], people[1]
	desks := s.gate.Desk()
	for i, c := range list {
		var err error
		t := topicOf(c.Subject)
		switch {
		case c.Tier == 1 && t.answer != "" && i%2 == 1:
			_, err = desks.Reply(ctx, ana, c.ID, agent.Reply{Text: t.answer, All: true})
			if err == nil && i%4 == 1 {
				_, err = desks.SetStatus(ctx, ana, c.ID, agent.Status{To: desk.StatusResolved})
			}
		case c.Tier == 1 && t.handover != "":
			_, err = desks.Move(ctx, ana, c.ID, agent.Move{Inbox: "integrations", Note: t.handover})
		case c.Tier == 1 && i%4 == 2:
			_, err = desks.Assign(ctx, ana, c.ID, ana.ID)
		case c.Tier == 2 && t.note != "":
			if _, err = desks.Assign(ctx, ben, c.ID, ben.ID); err == nil {
				_, err = desks.Note(ctx, ben, c.ID, t.note)
			}
		}
		// What is older than a few hours was read before.
		if err == nil && i > 8 {
			err = errors.Join(s.gate.Store().MarkRead(ctx, ana, c.ID, c.LastSeq), s.gate.Store().MarkRead(ctx, ben, c.ID, c.LastSeq))
		}
		if err != nil {
			return fmt.Errorf("conversation %d: %w", c.Number, err)
		}
	}
	return nil
}

// handle derives a local part from a name. Names in other scripts get a generic one.
func handle(name string, i int) string {
	spelled := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ñ", "n")
	first, last, _ := strings.Cut(spelled.Replace(strings.ToLower(name)), " ")
	local := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '.' {
			return r
		}
		return -1
	}, first+"."+last)
	if len(local) < 4 {
		return fmt.Sprintf("user%d", i%7)
	}
	return strings.Trim(local, ".")
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a struct of strings marshals
	}
	return b
}

// firstOf returns a, or b if a is empty.
func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
