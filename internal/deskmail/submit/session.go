package submit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/answer"
	"switchboard/internal/uploads"
	"switchboard/normalize"
)

// session is one connection.
type session struct {
	server *Server
	conn   *smtp.Conn
	wire   *wire
	who    desk.Agent
	valid  func(context.Context) error // whether the app password has not been revoked since
	to     []string
}

func (s *Server) open(c *smtp.Conn) (smtp.Session, error) {
	w, ok := c.Conn().(*wire)
	if !ok {
		return nil, refusal(451, smtp.EnhancedCode{4, 3, 0}, "the connection cannot be used")
	}
	return &session{server: s, conn: c, wire: w}, nil
}

func refusal(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: plain(text)}
}

// plain returns a text as replies have it.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, text)
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth implements smtp.AuthSession.
func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(email, password string) error {
		ctx, cancel := context.WithTimeout(s.server.ctx, commandTime)
		defer cancel()
		a, err := s.server.cfg.Users.SignIn(ctx, s.wire.RemoteAddr(), email, password)
		if err != nil {
			if desk.KindOf(err) == desk.KindDenied {
				return refusal(535, smtp.EnhancedCode{5, 7, 8}, err.Error())
			}
			return s.failure(err)
		}
		s.who, s.valid = a, func(ctx context.Context) error { return s.server.cfg.Users.Valid(ctx, email, password) }
		s.server.cfg.Log.InfoContext(ctx, "SubmissionSignedIn", "agent", a.ID)
		return nil
	}
	if strings.EqualFold(mech, sasl.Login) {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(identity, username, password string) error {
		if identity != "" && identity != username {
			return refusal(535, smtp.EnhancedCode{5, 7, 8}, "sign in as yourself")
		}
		return check(username, password)
	}), nil
}

// loginServer is AUTH LOGIN, which has no standard and which some programs need.
type loginServer struct {
	step  int
	user  string
	check func(user, password string) error
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case l.step == 0 && response == nil:
		l.step = 1
		return []byte("Username:"), false, nil
	case l.step <= 1:
		l.step, l.user = 2, string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// Mail implements smtp.Session.
func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.who.ID.IsZero() {
		return refusal(530, smtp.EnhancedCode{5, 7, 0}, "sign in first, with your address and an app password")
	}
	s.to = nil
	return nil
}

// Rcpt implements smtp.Session. Who may be written to is decided with the content.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.to = nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	select {
	case s.server.slots <- struct{}{}:
		defer func() { <-s.server.slots }()
	case <-s.server.ctx.Done():
		return refusal(421, smtp.EnhancedCode{4, 3, 2}, "the server is stopping; try again")
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil || s.wire.broken.Load() {
		if known := new(smtp.SMTPError); errors.As(err, &known) && known.Code == 552 {
			return known
		}
		s.conn.Close()
		return refusal(451, smtp.EnhancedCode{4, 3, 0}, "the mail did not arrive completely")
	}
	if !s.server.pace.take(s.who.ID, time.Now()) {
		return refusal(450, smtp.EnhancedCode{4, 7, 1}, "you have submitted many mails in this minute; try again in the next one")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.server.ctx), commandTime)
	defer cancel()
	return s.once(ctx, b.Bytes())
}

// once carries out a mail unless that was done before.
func (s *session) once(ctx context.Context, text []byte) error {
	if err := s.valid(ctx); err != nil {
		if desk.KindOf(err) == desk.KindDenied {
			return refusal(535, smtp.EnhancedCode{5, 7, 8}, "the app password has been revoked; make a new one in the console, under your profile")
		}
		return s.failure(err)
	}
	u, err := s.server.cfg.Users.MailUser(ctx, s.who.ID)
	if err != nil {
		return s.failure(err)
	}
	s.who = u.Agent
	sum := sha256.Sum256(append([]byte(strings.Join(s.to, "\n")+"\n\n"), text...))
	claim := view.Claim{Agent: s.who.ID, Key: "submission/" + hex.EncodeToString(sum[:]), Token: uuid.New()}
	cfg := &s.server.cfg
	known, _, err := cfg.Once.ClaimRepeat(ctx, claim, sum[:])
	switch {
	case err != nil:
		return s.failure(err)
	case known == view.RepeatAnswered || known == view.RepeatLost:
		return nil
	case known != view.RepeatNew:
		return refusal(451, smtp.EnhancedCode{4, 3, 0}, "the same mail is being sent; try again")
	}
	err = s.carryOut(ctx, claim, text)
	if err != nil {
		if release := cfg.Once.ReleaseRepeat(ctx, claim); release != nil {
			cfg.Log.WarnContext(ctx, "ClaimNotReleased", "error", release)
		}
		return err
	}
	if err := cfg.Once.KeepRepeat(ctx, claim, view.Answer{Status: http.StatusCreated}); err != nil {
		cfg.Log.WarnContext(ctx, "AnswerNotKept", "error", err) // it counts as carried out
	}
	return nil
}

// carryOut answers the conversation.
func (s *session) carryOut(ctx context.Context, claim view.Claim, text []byte) error {
	cfg := &s.server.cfg
	m := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: text, ReceivedAt: time.Now()})
	ids := append(append([]string{}, m.References...), m.InReplyTo...)
	found, err := cfg.Threads.FindMail(ctx, s.who, ids, cfg.Site.Cited(ids))
	if err != nil {
		return s.failure(err)
	}
	plan, err := answer.Of(&cfg.Site, answer.Input{Mail: &m, Recipients: s.to, Found: found, Agent: s.who.Email, Own: cfg.Own})
	if err != nil {
		return s.failure(err)
	}
	c, err := cfg.Threads.Conversation(ctx, s.who, view.ConversationRef{Number: plan.Number})
	if err != nil {
		return s.failure(err)
	}
	if plan.Note {
		_, err := cfg.Desk.Note(cfg.Once.BindRepeat(ctx, claim), s.who, c.ID, m.NewText)
		cfg.Changed()
		return s.failure(err)
	}
	return s.reply(ctx, claim, &m, &plan, &c, text)
}

// reply sends a reply, or keeps it as a draft if there are messages that the agent has not seen.
func (s *session) reply(ctx context.Context, claim view.Claim, m *desk.Message, plan *answer.Plan, c *view.Conversation, text []byte) error {
	cfg := &s.server.cfg
	var seq int64
	if plan.Found != nil {
		seq = plan.Found.Seq
	}
	seen, err := cfg.Threads.SeenUntil(ctx, s.who, c.ID, seq, c.LastSeq)
	if err != nil {
		return s.failure(err)
	}
	r := agent.Reply{Text: m.NewText, To: plan.To, CC: plan.CC, BCC: plan.BCC, ExpectedSeq: &seen}
	if strings.TrimSpace(r.Text) == "" {
		r.Text = m.TextBody
	}
	if plan.Customer && len(r.To) > 0 && c.Reply.Channel == desk.ChannelEmail && c.Reply.To != "" {
		r.To = append([]desk.Address{{Email: c.Reply.To}}, r.To...)
	}
	if !plan.Customer && len(r.To) == 0 && len(r.CC) > 0 { // as it was addressed
		r.To, r.CC = r.CC, nil
	}
	d := view.Draft{ConversationID: c.ID, Kind: view.DraftReply, Text: r.Text, Seen: seen}
	for _, p := range m.Attachments {
		u, err := cfg.Keeper.AddUpload(ctx, s.who, uploads.New(p.Name, p.Type, p.Data))
		if err != nil {
			return s.failure(err)
		}
		r.Attachments, d.Attachments = append(r.Attachments, u.ID), append(d.Attachments, u)
	}
	_, err = cfg.Desk.Reply(cfg.Once.BindRepeat(ctx, claim), s.who, c.ID, r)
	defer cfg.Changed()
	if stale := new(agent.Stale); errors.As(err, &stale) {
		return s.withhold(ctx, d, c, stale, text)
	}
	if err != nil {
		return s.failure(err)
	}
	if yes := true; plan.Found != nil {
		if err := cfg.Threads.SetMailFlags(ctx, s.who, map[desk.ConversationID][]int64{c.ID: {seq}}, deskmail.Change{Seen: &yes, Answered: &yes}); err != nil {
			cfg.Log.WarnContext(ctx, "FlagsNotSet", "conversation", c.ID, "error", err) // the reply is sent all the same
		}
	}
	return nil
}

// withhold keeps a reply as a draft, in the folder and, unless there is another one, in the console, and tells the agent.
func (s *session) withhold(ctx context.Context, d view.Draft, c *view.Conversation, stale *agent.Stale, text []byte) error {
	cfg := &s.server.cfg
	notice := answer.Withheld(c.Number, stale.Newer)
	boxes, err := cfg.Keeper.Mailboxes(ctx, s.who)
	if err != nil {
		return s.failure(err)
	}
	for i := range boxes {
		if boxes[i].Kind == deskmail.Drafts {
			marked := append([]byte("X-Switchboard-Notice: "+plain(notice)+"\r\n"), text...)
			if _, err := cfg.Keeper.AddMailDraft(ctx, &boxes[i], marked, []string{"draft", "flagged"}); err != nil {
				return s.failure(err)
			}
		}
	}
	if _, err := cfg.Keeper.SaveDraft(ctx, s.who, d, view.DraftBase{}); err != nil && desk.KindOf(err) != desk.KindConflict {
		return s.failure(err)
	}
	if err := cfg.Notices.TellWithheld(ctx, s.who, c.ID, notice); err != nil {
		return s.failure(err)
	}
	cfg.Log.InfoContext(ctx, "ReplyWithheld", "conversation", c.ID, "agent", s.who.ID, "newer", stale.Newer)
	return refusal(550, smtp.EnhancedCode{5, 7, 1}, notice)
}

// failure returns what a client is told about an error.
func (s *session) failure(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if s.who.Masked() {
		text = s.server.cfg.Site.Mask(text)
	}
	switch desk.KindOf(err) {
	case desk.KindInvalid, desk.KindConflict, desk.KindDenied:
		return refusal(550, smtp.EnhancedCode{5, 7, 1}, text)
	case desk.KindNotFound:
		return refusal(550, smtp.EnhancedCode{5, 1, 1}, text)
	case desk.KindTemporary:
		return refusal(451, smtp.EnhancedCode{4, 3, 0}, "the database does not answer; try again")
	}
	s.server.cfg.Log.Error("SubmissionFailed", "error", err)
	return refusal(451, smtp.EnhancedCode{4, 3, 0}, "something went wrong; the log says what")
}
