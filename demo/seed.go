package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

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
	if err := d.addMacros(ctx, admin); err != nil {
		return err
	}
	if err := d.addArticles(ctx, admin); err != nil {
		return err
	}
	s := &seeder{demo: d, rand: rand.New(rand.NewPCG(uint64(d.opt.Seed), 0x5eed)), now: time.Now()}
	order := slices.Clone(topics)
	s.rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	recent(order)
	for i, at := range arrivals(s.now, s.rand, order) {
		s.incoming = append(s.incoming, incoming{order[i], at})
	}
	slices.SortFunc(s.incoming, func(a, b incoming) int { return a.at.Compare(b.at) })
	for i := range s.incoming {
		if err := s.one(ctx, i); err != nil {
			return err
		}
	}
	list, err := d.await(ctx, admin, len(topics))
	if err != nil {
		return err
	}
	return s.act(ctx, list)
}

// recent moves the topics that are handed over to a recent time, so that somebody is
// working on them.
func recent(order []topic) {
	to := len(order) - 8
	for i := range order {
		if order[i].handover != nil && i < to-8 {
			for order[to].handover != nil {
				to--
			}
			order[i], order[to] = order[to], order[i]
		}
	}
}

// list returns the newest conversations that an agent can see.
func (d *demo) list(ctx context.Context, as desk.Agent, n int) ([]view.Conversation, error) {
	return d.gate.Store().Conversations(ctx, as, []search.Filter(nil), view.SortNewest, view.Position{}, n)
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
	rand     *rand.Rand
	now      time.Time
	incoming []incoming // in the order of their times
}

// incoming is a message that a customer sends.
type incoming struct {
	topic
	at time.Time
}

// one sends a message from a customer: usually by mail, sometimes by form or chat.
func (s *seeder) one(ctx context.Context, i int) error {
	topic := s.incoming[i].topic
	c := companies[s.rand.IntN(len(companies))]
	for c.foreign {
		c = companies[s.rand.IntN(len(companies))]
	}
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
	raw := desk.Raw{ReceivedAt: s.incoming[i].at, RemoteAddr: "127.0.0.1:0"}
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
	return s.gate.Store().Visitors().Left(ctx, session, opened.Opened)
}

// act makes the agents work on the conversations, each in the hours after it arrived.
func (s *seeder) act(ctx context.Context, list []view.Conversation) error {
	var people []desk.Agent
	named := map[string]desk.Agent{} // by the local parts of their addresses
	for _, a := range agents {
		who, _, err := s.gate.Store().AgentByEmail(ctx, a.Email)
		if err != nil {
			return err
		}
		people = append(people, who)
		local, _, _ := strings.Cut(a.Email, "@")
		named[local] = who
	}
	for i, c := range list {
		w := &work{seeder: s, ctx: ctx, c: c, at: c.CreatedAt}
		w.handle(topicOf(c.Subject), people, i)
		// What is older than a few hours was read before.
		if s.now.Sub(c.CreatedAt) > 5*time.Hour {
			for _, a := range people[:2] {
				w.err = errors.Join(w.err, s.gate.Store().MarkRead(ctx, a, c.ID, c.LastSeq))
			}
		}
		if w.err != nil {
			return fmt.Errorf("conversation %d: %w", c.Number, w.err)
		}
	}
	// Whoever worked on these conversations has seen what they were told about them.
	for _, a := range people {
		told, err := s.gate.Store().Notices(ctx, a, true, view.ByTime{}, 1000)
		for _, n := range told {
			_, _, failed := s.gate.Store().AckNotice(ctx, a, n.ID)
			err = errors.Join(err, failed)
		}
		if err != nil {
			return err
		}
	}
	together := team{s, named}
	return together.work(ctx, list)
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
