// Package reportmail sends agents the saved reports to which they have subscribed.
package reportmail

import (
	"context"
	"log/slog"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/agentmail"
	"switchboard/internal/report"
	"switchboard/internal/savedreport"
)

// Job is a report that is to be sent to an agent.
type Job struct {
	Report   savedreport.Report
	To       desk.Agent
	At       time.Time      // when it is due
	Zone     *time.Location // of the agent
	Attempts int            // with this one
	// Interrupted: the attempt before ended while the mail server may have had the mail.
	Interrupted bool
}

// Queue has the reports that are to be sent.
type Queue interface {
	// ClaimReport returns a report that is due, for one attempt, which no other node makes
	// meanwhile; false: there is none.
	ClaimReport(ctx context.Context, now time.Time) (Job, bool, error)
	// ReportSending records that the mail server may have the mail from now on; false: another
	// node has taken it over.
	ReportSending(ctx context.Context, j *Job) (bool, error)
	// ReportSent records the result of an attempt: why it failed, and when to try again; the
	// zero time: never.
	ReportSent(ctx context.Context, j *Job, failure string, again time.Time) error
}

// Numbers calculates measures.
type Numbers interface {
	Report(ctx context.Context, f view.ReportFilter) ([]view.ReportRow, error)
}

// Options configures a Sender.
type Options struct {
	From      string // the sender's address
	Domain    string // the domain of the Message-IDs
	PublicURL string // where agents reach the console, without a slash at its end; may be empty
	Log       *slog.Logger
}

// Sender sends reports.
type Sender struct {
	queue   Queue
	numbers Numbers
	mail    *agentmail.Mailer
	opt     Options
}

// New returns a Sender.
func New(queue Queue, numbers Numbers, mail *agentmail.Mailer, opt Options) *Sender {
	return &Sender{queue, numbers, mail, opt}
}

// Send sends a report that is due at an instant, and returns whether there may be more.
func (s *Sender) Send(ctx context.Context, now time.Time) (more bool, err error) {
	j, ok, err := s.queue.ClaimReport(ctx, now)
	if err != nil || !ok {
		return false, err
	}
	failure, again, err := s.send(ctx, &j, now)
	if err != nil {
		return false, err // its lease ends by itself
	}
	if failure != "" {
		s.opt.Log.WarnContext(ctx, "ReportNotSent", "report", j.Report.ID, "agent", j.To.ID, "error", failure, "again", again)
	} else {
		s.opt.Log.InfoContext(ctx, "ReportSent", "report", j.Report.ID, "agent", j.To.ID)
	}
	return true, s.queue.ReportSent(ctx, &j, failure, again)
}

// send makes one attempt. It returns why it failed, and when to try again.
func (s *Sender) send(ctx context.Context, j *Job, now time.Time) (failure string, again time.Time, err error) {
	if why := s.withheld(j); why != "" {
		return why, time.Time{}, nil
	}
	if j.Interrupted {
		return "the gateway stopped while it was sending the mail, which may have arrived", time.Time{}, nil
	}
	letter, err := s.letter(ctx, j)
	letter.SentAt = now
	switch {
	case ctx.Err() != nil:
		return "", again, ctx.Err()
	case err != nil && j.Attempts < agentmail.Attempts:
		return err.Error(), agentmail.Again(j.Attempts), nil
	case err != nil:
		return err.Error(), time.Time{}, nil
	}
	if mine, err := s.queue.ReportSending(ctx, j); err != nil || !mine {
		return "", again, err
	}
	failure, again = s.mail.Send(ctx, &j.To, letter, j.Attempts)
	return failure, again, ctx.Err()
}

// withheld returns why a report is not sent at all, or an empty text.
func (s *Sender) withheld(j *Job) string {
	if why := s.mail.Withheld(&j.To); why != "" {
		return why
	}
	if !j.Report.Visible(&j.To) {
		return "the agent may not see the report any more"
	}
	return ""
}

// letter calculates a report about the inboxes of its reader, and writes the mail.
func (s *Sender) letter(ctx context.Context, j *Job) (desk.Message, error) {
	zone, err := time.LoadLocation(j.Report.TZ)
	if err != nil {
		return desk.Message{}, err
	}
	asOf := savedreport.AsOf(j.At, zone)
	p, err := report.FindPeriod(j.Report.Period)
	if err != nil {
		return desk.Message{}, err
	}
	current, previous := p.Spans(asOf, zone)
	c := content{Name: j.Report.Name, Reader: j.To.Name, Period: days(current, zone), Previous: days(previous, zone), Business: j.Report.Business, Mine: !j.To.Admin}
	if s.opt.PublicURL != "" {
		c.Open = s.opt.PublicURL + "/#/reports/" + j.Report.ID.String()
		c.End = c.Open + "/unsubscribe"
	}
	for _, name := range j.Report.Measures {
		part, err := s.part(ctx, j, name, asOf)
		if err != nil {
			return desk.Message{}, err
		}
		c.Parts = append(c.Parts, part)
	}
	m := agentmail.Letter(s.opt.From, &j.To)
	m.MessageID = "report." + j.Report.ID.String() + "." + j.To.ID.String() + "." + savedreport.Day(j.At) + "@" + s.opt.Domain
	m.Subject = j.Report.Name + ": " + c.Period
	m.TextBody, m.HTMLBody, err = c.render()
	return m, err
}

// part calculates a measure, and the same of the period before.
func (s *Sender) part(ctx context.Context, j *Job, name string, asOf time.Time) (part, error) {
	ask := report.Request{Measure: name, Period: j.Report.Period, TZ: j.Report.TZ}
	if j.Report.Business {
		ask.Clock = "business"
	}
	read := func(by string, previous bool) (report.Measure, []view.ReportRow, error) {
		ask := ask
		ask.By, ask.Previous = by, previous
		m, f, loc, err := report.Parse(ask, asOf)
		if err != nil {
			return m, nil, err
		}
		if !j.To.Admin {
			f.Inboxes = j.To.Leads
		}
		rows, err := s.numbers.Report(ctx, f)
		return m, report.New(m, &f, loc, rows).Data, err
	}
	m, now, err := read("", false)
	if err != nil {
		return part{}, err
	}
	_, before, err := read("", true)
	if err != nil {
		return part{}, err
	}
	grouped, groupedBefore := now, before
	if by := j.Report.By; by != "" && m.Groups(by) {
		if _, grouped, err = read(by, false); err != nil {
			return part{}, err
		}
		if _, groupedBefore, err = read(by, true); err != nil {
			return part{}, err
		}
	}
	return compare(m, now, before, grouped, groupedBefore), nil
}
