package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"golang.org/x/sync/errgroup"

	"switchboard/desk"
	"switchboard/internal/addressmask"
	"switchboard/internal/deskmail/imapd"
	"switchboard/internal/deskmail/letter"
	"switchboard/internal/deskmail/login"
	"switchboard/internal/deskmail/submit"
	"switchboard/internal/listen"
	"switchboard/internal/tlscert"
	"switchboard/store"
)

// agentMail is the access of the agents' mail programs.
type agentMail struct {
	imap, imaps             *imapd.Server // nil: off
	submission, submissions *submit.Server
}

// imapAddr is the address of a server; nil when it is off.
func imapAddr(s *imapd.Server) net.Addr {
	if s == nil {
		return nil
	}
	return s.Addr()
}

// AgentIMAPAddr is the address of the listener of agent_mail.imap; nil when it is off.
func (g *Gateway) AgentIMAPAddr() net.Addr { return imapAddr(g.agents.imap) }

// AgentIMAPSAddr is the address of the listener of agent_mail.imap_tls; nil when it is off.
func (g *Gateway) AgentIMAPSAddr() net.Addr { return imapAddr(g.agents.imaps) }

// AgentSubmissionAddr is the address of the listener of agent_mail.submission; nil when it is off.
func (g *Gateway) AgentSubmissionAddr() net.Addr {
	if g.agents.submission == nil {
		return nil
	}
	return g.agents.submission.Addr()
}

// buildAgentMail opens the listeners of the agents' mail programs.
func (g *Gateway) buildAgentMail() error {
	c := &g.cfg.AgentMail
	if !c.On() {
		return nil
	}
	var secure *tls.Config
	if cert, key := g.cfg.Certificate(); cert != "" {
		loaded, err := tlscert.Load(cert, key, g.log)
		if err != nil {
			return listen.StartError("agent_mail.tls_cert", tlscert.Fault(cert, key, err))
		}
		secure = &tls.Config{GetCertificate: loaded.Get, MinVersion: tls.VersionTLS12}
	}
	people := login.New(g.store)
	does := actions{Desk: g.desk, committed: g.wakeMail, queued: g.outbox.Wake}
	base := imapd.Config{Site: g.mailSite(), Users: people, Folders: g.store, Messages: g.store, Flags: g.store, Desk: does, Hub: g.hub, Log: g.log}
	for _, l := range []struct {
		key, addr string
		tls       *tls.Config
		to        **imapd.Server
	}{{"agent_mail.imap", c.IMAP, nil, &g.agents.imap}, {"agent_mail.imap_tls", c.IMAPTLS, secure, &g.agents.imaps}} {
		if l.addr == "" {
			continue
		}
		cfg := base
		cfg.Addr, cfg.TLS = l.addr, l.tls
		server, err := imapd.New(cfg)
		if err != nil {
			return listen.StartError(l.key, listen.Fault(l.key, l.addr, err))
		}
		*l.to = server
	}
	return g.buildSubmission(people, does, secure)
}

// buildSubmission opens the listeners to which the agents' mail programs send.
func (g *Gateway) buildSubmission(people *login.Login, does actions, secure *tls.Config) error {
	c := &g.cfg.AgentMail
	base := submit.Config{Domain: g.cfg.Mail.Hostname(), Site: g.mailSite(), Own: g.local.Contains, Users: people, Threads: g.store, Keeper: g.store, Notices: g.store, Once: g.store,
		Desk: does, Changed: g.wakeMail, Log: g.log}
	for _, l := range []struct {
		key, addr string
		tls       *tls.Config
		to        **submit.Server
	}{{"agent_mail.submission", c.Submission, nil, &g.agents.submission}, {"agent_mail.submission_tls", c.SubmissionTLS, secure, &g.agents.submissions}} {
		if l.addr == "" {
			continue
		}
		cfg := base
		cfg.Addr, cfg.TLS = l.addr, l.tls
		server, err := submit.New(cfg)
		if err != nil {
			return listen.StartError(l.key, listen.Fault(l.key, l.addr, err))
		}
		*l.to = server
	}
	return nil
}

// mailSite returns what messages look like in the agents' mail programs.
func (g *Gateway) mailSite() letter.Site {
	mask := addressmask.Mask{Shown: g.local.Contains}
	return letter.Site{Address: g.local.Base(""), Domain: g.cfg.Mail.Hostname(), Name: g.cfg.Mail.Name, Mask: mask.Text}
}

// wakeMail announces what an agent has done.
func (g *Gateway) wakeMail() {
	g.tail.Wake()
	for _, s := range []*imapd.Server{g.agents.imap, g.agents.imaps} {
		if s != nil {
			s.Wake()
		}
	}
}

// runAgentMail serves the agents' mail programs until ctx ends.
func (g *Gateway) runAgentMail(ctx context.Context) error {
	run, ctx := errgroup.WithContext(ctx)
	for _, s := range []*imapd.Server{g.agents.imap, g.agents.imaps} {
		if s != nil {
			run.Go(func() error { return s.Run(ctx) })
		}
	}
	for _, s := range []*submit.Server{g.agents.submission, g.agents.submissions} {
		if s != nil {
			run.Go(func() error { return s.Run(ctx) })
		}
	}
	return run.Wait()
}

func (g *Gateway) closeAgentMail() error {
	var errs []error
	for _, s := range []*imapd.Server{g.agents.imap, g.agents.imaps} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	for _, s := range []*submit.Server{g.agents.submission, g.agents.submissions} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// readMarks tells the agents' mail programs what they have read in the console.
type readMarks struct {
	*store.Store
	read func()
}

// MarkRead implements api.Drafts.
func (r readMarks) MarkRead(ctx context.Context, as desk.Agent, id desk.ConversationID, seq int64) error {
	defer r.read()
	return r.Store.MarkRead(ctx, as, id, seq)
}
