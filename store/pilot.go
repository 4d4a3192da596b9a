package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type pilotQueries struct {
	Start   *sqlx.Stmt `query:"pilot-start"`
	End     *sqlx.Stmt `query:"pilot-end"`
	Running *sqlx.Stmt `query:"pilot-running"`
	List    *sqlx.Stmt `query:"pilot-list"`
	Report  *sqlx.Stmt `query:"report-pilot"`
}

// StartPilot begins a pilot, adds the inboxes that only its draft has, and returns the version
// of the draft. KindConflict if another version is live than the one that p replaces, or a
// pilot is running.
func (s *Store) StartPilot(ctx context.Context, p desk.Pilot) (version int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.lockPolicy(ctx, tx, p.Replaces); err != nil {
			return err
		}
		running, err := s.runningPilot(ctx, tx)
		if err != nil {
			return err
		}
		if running != 0 {
			return desk.Errorf(desk.KindConflict, "the pilot of version %d is running; adopt or withdraw it first", running)
		}
		if err := s.savePlaces(ctx, tx, p.Tiers, p.Inboxes); err != nil {
			return err
		}
		if err := tx.StmtxContext(ctx, s.q.pilot.Start).GetContext(ctx, &version, p.Document, clean(p.Author), clean(p.Reason), *p.Replaces, p.Share, p.Segment, p.Baseline.Seconds()); err != nil {
			return wrap("start a pilot", err)
		}
		return s.record(ctx, tx, desk.PolicySubject(version), actorOrSystem(p.By),
			desk.PilotStarted{PolicyVersion: version, Base: *p.Replaces, Share: p.Share, Segment: p.Segment, Author: p.Author, Reason: p.Reason})
	})
	return version, err
}

// WithdrawPilot ends a pilot, and archives the inboxes that only its draft has. KindConflict if
// it is not running.
func (s *Store) WithdrawPilot(ctx context.Context, e desk.PilotEnd) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.lockPolicy(ctx, tx, nil); err != nil {
			return err
		}
		running, err := s.runningPilot(ctx, tx)
		if err != nil {
			return err
		}
		if running != e.Version {
			return notRunning(e.Version)
		}
		if err := s.savePlaces(ctx, tx, e.Tiers, e.Inboxes); err != nil {
			return err
		}
		return s.endPilot(ctx, tx, e.By, desk.PilotEnded{PolicyVersion: e.Version, Outcome: desk.PilotWithdrawn, Author: e.Author, Reason: e.Reason})
	})
}

func notRunning(version int64) error {
	return desk.Errorf(desk.KindConflict, "the pilot of version %d is not running", version)
}

// runningPilot returns the version of the running pilot, 0 if there is none. The policies are
// locked.
func (s *Store) runningPilot(ctx context.Context, tx *sqlx.Tx) (int64, error) {
	var list []int64
	if err := tx.StmtxContext(ctx, s.q.pilot.Running).SelectContext(ctx, &list); err != nil || len(list) == 0 {
		return 0, wrap("look for a running pilot", err)
	}
	return list[0], nil
}

// publishedOver ends the running pilot because a version was published.
func (s *Store) publishedOver(ctx context.Context, tx *sqlx.Tx, p *desk.Publication, version int64) error {
	running, err := s.runningPilot(ctx, tx)
	if err != nil || running == 0 {
		return err
	}
	e := desk.PilotEnded{PolicyVersion: running, Outcome: desk.PilotSuperseded, Published: version, Author: p.Author,
		Reason: fmt.Sprintf("version %d was published", version)}
	if p.Reason != "" {
		e.Reason += ": " + p.Reason
	}
	if p.Restores == running {
		e.Outcome, e.Reason = desk.PilotAdopted, p.Reason
	}
	return s.endPilot(ctx, tx, p.By, e)
}

func (s *Store) endPilot(ctx context.Context, tx *sqlx.Tx, by desk.Actor, e desk.PilotEnded) error {
	if _, err := tx.StmtxContext(ctx, s.q.pilot.End).ExecContext(ctx, e.PolicyVersion, clean(e.Author), e.Outcome, clean(e.Reason), e.Published); err != nil {
		return wrap("end a pilot", err)
	}
	return s.record(ctx, tx, desk.PolicySubject(e.PolicyVersion), actorOrSystem(by), e)
}

func actorOrSystem(by desk.Actor) desk.Actor {
	if by == "" {
		return desk.ActorSystem
	}
	return by
}

// Pilots lists all pilots, newest first.
func (s *Store) Pilots(ctx context.Context) (list []view.Pilot, err error) {
	return list, wrap("list pilots", s.q.pilot.List.SelectContext(ctx, &list, 0))
}

// Pilot returns the pilot of a version, 0: the running one. KindNotFound if no pilot has it.
func (s *Store) Pilot(ctx context.Context, version int64) (p view.Pilot, err error) {
	if version == 0 {
		version = -1
	}
	return p, wrap("read a pilot", s.q.pilot.List.GetContext(ctx, &p, version))
}

// pilotKinds are the points that the comparison of a pilot reads.
var pilotKinds = []string{"opened", "first_response", "resolution", "resolved", "clock", "backlog"}

// PilotCounts counts what the groups of a pilot did before it and until an instant.
func (s *Store) PilotCounts(ctx context.Context, p view.Pilot, until time.Time) (list []view.PilotCount, err error) {
	r, err := s.reporting(ctx, &view.ReportFilter{Measure: "first_response", From: p.BaselineFrom, To: until})
	if err != nil {
		return nil, err
	}
	args := append(r.args(p.BaselineFrom, until, pilotKinds...), p.Version, p.Share, p.Segment, p.StartedAt)
	return list, wrap("compare the groups of a pilot", r.read(ctx, &list, r.query("report-pilot"), args...))
}
