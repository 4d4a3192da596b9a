package corpus

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// newThread starts a thread, of several messages if multi is set.
func (g *gen) newThread(multi bool, when time.Time) *thread {
	s := g.senders[g.zipfIdx(len(g.senders))]
	t := &thread{id: fmt.Sprintf("T%06d", len(g.msgs)), who: []sender{s}, lang: s.lang, left: 1, when: when}
	t.subject = pick(g.r, texts[s.lang].subjects)
	if g.r.Float64() < 0.7 { // 30% keep a bare, colliding subject
		t.subject += fmt.Sprintf(" #%d", 10000+g.r.IntN(89999))
	}
	if multi {
		// 2..12, short threads more likely
		t.left = 2 + int(11*g.r.Float64()*g.r.Float64()*g.r.Float64()*1.6)
		if t.left > 12 {
			t.left = 12
		}
		if g.r.Float64() < 0.15 { // a colleague joins
			for i := 0; i < 40; i++ {
				c := g.senders[g.r.IntN(len(g.senders))]
				if domainOf(c.addr) == domainOf(s.addr) && c.addr != s.addr {
					t.who = append(t.who, c)
					break
				}
			}
		}
	}
	return t
}

// run generates all messages, and then swaps a few replies with their parents and numbers
// the result.
func (g *gen) run(from, to time.Time) {
	var open []*thread
	step := to.Sub(from) / time.Duration(g.n)
	now := from
	for len(g.msgs) < g.n {
		now = from.Add(step * time.Duration(len(g.msgs)))
		f := g.r.Float64()
		switch {
		case f < 0.01 && len(g.msgs) > 10:
			g.duplicate(now)
			continue
		case f < 0.02 && len(open) > 0:
			g.bounce(now, pick(g.r, open))
			continue
		case f < 0.04:
			var t *thread
			if len(open) > 0 && g.r.Float64() < 0.5 {
				t = pick(g.r, open)
			}
			g.autoreply(now, t)
			continue
		}
		// Keep about 60% of messages in multi-message threads.
		if len(open) > 25 && g.r.Float64() < 0.50 || len(open) > 220 {
			i := g.r.IntN(len(open))
			t := open[i]
			g.customer(now, t)
			if t.left == 0 {
				open[i] = open[len(open)-1]
				open = open[:len(open)-1]
			}
			continue
		}
		t := g.newThread(g.r.Float64() < 0.36, now)
		g.customer(now, t)
		if t.left > 0 {
			open = append(open, t)
		}
	}
	// A few replies are delivered before the message they answer.
	at := map[string]int{}
	for i := range g.msgs {
		if g.msgs[i].Truth.Kind == "customer" {
			at[g.msgs[i].Truth.Thread+"/last"] = i
		}
	}
	prev := map[string]int{}
	for i := range g.msgs {
		m := &g.msgs[i]
		if m.Truth.Kind != "customer" {
			continue
		}
		if p, ok := prev[m.Truth.Thread]; ok && (m.Truth.Link == "direct") && g.r.Float64() < 0.05 && g.msgs[p].Truth.DupOf == 0 {
			g.msgs[p], g.msgs[i] = g.msgs[i], g.msgs[p]
			g.msgs[p].Truth.OutOfOrder = true
			prev[m.Truth.Thread] = i
			continue
		}
		prev[m.Truth.Thread] = i
	}
	for i := range g.msgs {
		g.msgs[i].Truth.Seq = i + 1
	}
	// dup_of by id
	first := map[string]int{}
	for i := range g.msgs {
		m := &g.msgs[i].Truth
		if p, ok := first[m.MessageID]; ok {
			m.DupOf = p
			m.Kind = "duplicate"
		} else {
			first[m.MessageID] = m.Seq
			if m.Kind == "duplicate" { // swapped before its original
				m.Kind = "customer"
			}
			m.DupOf = 0
		}
	}
}

// agentID adds an agent's reply, which is not in the mailbox, to a thread and returns its ID.
func (g *gen) agentID(t *thread) string {
	t.agentN++
	id := fmt.Sprintf("reply-%s-%d-%06x@support.acme.example", strings.ToLower(t.id), t.agentN, g.r.UintN(1<<24))
	t.ids = append(t.ids, id)
	return id
}

// customer adds the next message of a thread.
func (g *gen) customer(now time.Time, t *thread) {
	s := pick(g.r, t.who)
	id := g.newID(domainOf(s.addr))
	var irt string
	var refs []string
	link := "root"
	subj := t.subject
	if len(t.own) == 0 {
		s = t.who[0]
	} else {
		subj = rePrefix(t.lang, g.r) + t.subject
		f := g.r.Float64()
		switch {
		case f < 0.50: // replies to an agent's message that is not in this mailbox
			link = "unseen"
			irt = g.agentID(t)
			refs = append(refs, t.ids...)
		case f < 0.87: // replies to the customer's previous message
			link = "direct"
			irt = t.ids[t.own[len(t.own)-1]]
			refs = append(refs, t.ids[:t.own[len(t.own)-1]+1]...)
		case f < 0.97: // client without References
			link = "irt-only"
			irt = t.ids[t.own[len(t.own)-1]]
		default: // client that drops both
			link = "subject-only"
		}
		if len(refs) > 10 { // clients that shorten References keep the first and the last
			refs = append([]string{refs[0]}, refs[len(refs)-9:]...)
		}
	}
	body := g.bodyText(t.lang, s)
	quoted := ""
	if len(t.own) > 0 && g.r.Float64() < 0.85 {
		quoted = t.last
	}
	h := header{}
	h.add("Message-ID", "<"+id+">")
	if irt != "" {
		h.add("In-Reply-To", "<"+irt+">")
	}
	if len(refs) > 0 {
		h.add("References", "<"+strings.Join(refs, ">\r\n <")+">")
	}
	m := g.compose(now, s, subj, body, quoted, h, t.lang)
	m.Truth.MessageID, m.Truth.Thread, m.Truth.Kind, m.Truth.Link = id, t.id, "customer", link
	t.own = append(t.own, len(t.ids))
	t.ids = append(t.ids, id)
	t.last = body
	if quoted != "" && len(t.last) < 6000 {
		t.last += "\n" + quote(quoted)
	}
	t.left--
	g.msgs = append(g.msgs, m)
}

// autoreply adds an out-of-office notice: about an agent's reply in t, or, if t is nil, about
// other mail.
func (g *gen) autoreply(now time.Time, t *thread) {
	h := header{}
	var s sender
	th, irt, subj := fmt.Sprintf("T%06d", len(g.msgs)), "", "newsletter"
	link := "none"
	if t != nil {
		s, th, subj, link = t.who[0], t.id, t.subject, "unseen"
		irt = g.agentID(t)
	} else {
		s = g.senders[g.r.IntN(len(g.senders))]
	}
	id := g.newID(domainOf(s.addr))
	h.add("Message-ID", "<"+id+">")
	if irt != "" {
		h.add("In-Reply-To", "<"+irt+">")
		h.add("References", "<"+strings.Join(t.ids, ">\r\n <")+">")
	}
	h.add("Auto-Submitted", "auto-replied")
	h.add("Precedence", "bulk")
	h.add("X-Auto-Response-Suppress", "All")
	tx := texts[s.lang]
	m := g.compose(now, s, tx.ooo+": "+subj, tx.oooBody+"\n\n"+s.name+"\n", "", h, s.lang)
	m.Truth.MessageID, m.Truth.Thread, m.Truth.Kind, m.Truth.Link = id, th, "autoreply", link
	g.msgs = append(g.msgs, m)
}

// bounce adds the delivery report of an agent's reply in t.
func (g *gen) bounce(now time.Time, t *thread) {
	out := g.agentID(t)
	s := t.who[0]
	d := domainOf(s.addr)
	id := g.newID("mx." + d)
	b := fmt.Sprintf("=_dsn_%08x", g.r.Uint32())
	var w bytes.Buffer
	fmt.Fprintf(&w, "Return-Path: <>\r\nDelivered-To: support@acme.example\r\nReceived: from mx.%s (mx.%s [192.0.2.7])\r\n\tby mail.acme.example with ESMTP; %s\r\n", d, d, now.Format(time.RFC1123Z))
	fmt.Fprintf(&w, "From: Mail Delivery System <MAILER-DAEMON@mx.%s>\r\nTo: support@acme.example\r\nSubject: Undelivered Mail Returned to Sender\r\nDate: %s\r\nMessage-ID: <%s>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n", d, now.Format(time.RFC1123Z), id)
	fmt.Fprintf(&w, "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n--%s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nThis is the mail system at host mx.%s.\r\n\r\nI'm sorry to have to inform you that your message could not\r\nbe delivered to one or more recipients.\r\n\r\n<%s>: host mx.%s said: 550 5.1.1 User unknown\r\n\r\n", b, b, d, s.addr, d)
	fmt.Fprintf(&w, "--%s\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.%s\r\nArrival-Date: %s\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n", b, d, now.Format(time.RFC1123Z), s.addr)
	fmt.Fprintf(&w, "--%s\r\nContent-Type: message/rfc822\r\n\r\nFrom: Acme Support <support@acme.example>\r\nTo: %s\r\nSubject: Re: ticket\r\nMessage-ID: <%s>\r\nDate: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThank you for writing to us.\r\n\r\n--%s--\r\n", b, s.addr, out, now.Add(-time.Minute).Format(time.RFC1123Z), b)
	g.msgs = append(g.msgs, Message{Raw: w.Bytes(), Truth: Truth{MessageID: id, Thread: t.id, Kind: "bounce", Link: "none", From: "MAILER-DAEMON@mx." + d, Subject: "Undelivered Mail Returned to Sender", Charset: "us-ascii", Structure: "report", Bytes: w.Len(), Text: "550 5.1.1 User unknown"}})
}

// duplicate adds a recent message again, received by another route.
func (g *gen) duplicate(now time.Time) {
	back := 1 + g.r.IntN(min(40, len(g.msgs)))
	o := g.msgs[len(g.msgs)-back]
	if o.Truth.Kind != "customer" {
		o = g.msgs[0]
	}
	d := o
	d.Truth.Kind = "duplicate"
	d.Raw = append([]byte(fmt.Sprintf("Received: from relay2.acme.example ([192.0.2.99])\r\n\tby mail.acme.example with ESMTP id %08x; %s\r\n", g.r.Uint32(), now.Format(time.RFC1123Z))), o.Raw...)
	d.Truth.Bytes = len(d.Raw)
	g.msgs = append(g.msgs, d)
}
