package demo

import (
	"context"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
)

// work is what agents do with one conversation, step after step, until now.
type work struct {
	*seeder
	ctx context.Context
	c   view.Conversation
	at  time.Time // of the last step
	err error
}

// step carries out do after a pause of at least least and at most twice that, in
// working hours, unless that is still to come. It returns false from then on.
func (w *work) step(least time.Duration, do func(desks *agent.Desk) error) bool {
	if w.err != nil {
		return false
	}
	pause := least + time.Duration(w.rand.Int64N(int64(least))) + time.Duration(w.rand.IntN(60))*time.Second
	at := worked(w.at, pause)
	if at.After(w.now.Add(-time.Minute)) {
		return false
	}
	w.at = at
	w.err = do(w.gate.Desk().On(past{w.gate.Store(), at}))
	return w.err == nil
}

func (w *work) reply(by desk.Agent, text string, least time.Duration) bool {
	return w.step(least, func(desks *agent.Desk) error {
		_, err := desks.Reply(w.ctx, by, w.c.ID, agent.Reply{Text: text, All: true})
		return err
	})
}

func (w *work) assign(by desk.Agent, least time.Duration) bool {
	return w.step(least, func(desks *agent.Desk) error {
		_, err := desks.Assign(w.ctx, by, w.c.ID, by.ID)
		return err
	})
}

func (w *work) note(by desk.Agent, text string) bool {
	return text == "" || w.step(12*time.Minute, func(desks *agent.Desk) error {
		_, err := desks.Note(w.ctx, by, w.c.ID, text)
		return err
	})
}

func (w *work) status(by desk.Agent, s agent.Status, least time.Duration) bool {
	return w.step(least, func(desks *agent.Desk) error {
		_, err := desks.SetStatus(w.ctx, by, w.c.ID, s)
		return err
	})
}

// handle carries out the steps that fit the topic. The newest conversations are
// mostly still to be answered; i, which counts from the newest, also tells similar ones apart.
func (w *work) handle(t topic, people []desk.Agent, i int) {
	if w.c.Channel == desk.ChannelChat {
		if w.assign(people[0], time.Minute) && w.reply(people[0], t.answer, time.Minute) {
			w.status(people[0], agent.Status{To: desk.StatusResolved}, 4*time.Hour)
		}
		return
	}
	by, first := people[max(0, int(w.c.Tier)-1)], 25*time.Minute
	if w.c.Tier == 1 && t.handover != nil {
		by = people[2-1]
		if !w.reply(people[0], t.ack, first) || !w.handOver(t.handover, people[0], by) {
			return
		}
	}
	lately := i < 27
	if lately && i%2 == 0 && t.note == "" || t.handover == nil && !w.assign(by, first) || !w.note(by, t.note) {
		return
	}
	if lately && (i%5 != 4 && t.handover == nil) || i%11 == 5 && i < 30 || !w.reply(by, t.answer, 35*time.Minute) {
		return
	}
	switch i % 4 {
	case 0, 1:
		w.status(by, agent.Status{To: desk.StatusResolved}, 3*time.Minute)
	case 2:
		w.status(by, agent.Status{To: desk.StatusResolved}, 14*time.Hour)
	}
}

// handOver moves a conversation to the specialists. It returns whether one of them
// accepted it.
func (w *work) handOver(h *handover, from, to desk.Agent) bool {
	moved := w.step(4*time.Minute, func(desks *agent.Desk) error {
		_, err := desks.Move(w.ctx, from, w.c.ID, agent.Move{Inbox: "integrations", Handover: h.evidence()})
		return err
	})
	if moved && h.returned != "" {
		w.step(35*time.Minute, func(desks *agent.Desk) error {
			_, err := desks.Return(w.ctx, to, w.c.ID, h.returned)
			return err
		})
	}
	return moved && h.accepted && w.step(20*time.Minute, func(desks *agent.Desk) error {
		_, err := desks.Accept(w.ctx, to, w.c.ID)
		return err
	})
}
