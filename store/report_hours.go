package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/router/sla"
)

// reportYears is how far back business time is known.
const reportYears = 10

// reportCalendars returns the calendars of the inboxes that are not always open, and a digest
// of them.
func (s *Store) reportCalendars() (calendars map[desk.InboxID]*sla.Calendar, digest string) {
	policy, list := s.livePolicy(), []string{}
	calendars = map[desk.InboxID]*sla.Calendar{}
	for _, in := range policy.Inboxes {
		if policy.Rules == nil {
			break
		}
		document := policy.Defining(in.Key)
		if document == nil {
			continue
		}
		rules, ok := document.Inbox(in.Key)
		if !ok {
			continue
		}
		calendar, ok := document.Calendar(rules.Calendar)
		if !ok || calendar.Always {
			continue
		}
		calendars[in.ID] = calendar
		days := []string{}
		for _, day := range slices.Sorted(maps.Keys(calendar.Special)) {
			days = append(days, fmt.Sprint(day, calendar.Special[day]))
		}
		list = append(list, fmt.Sprint(in.ID, calendar.Location, calendar.Hours, days))
	}
	slices.Sort(list)
	sum := sha256.Sum256([]byte(strings.Join(list, "\n")))
	return calendars, hex.EncodeToString(sum[:])
}

// checkHours begins report_hours and the points of reports again if the calendars in force
// are others than before.
func (s *Store) checkHours(ctx context.Context) error {
	_, digest := s.reportCalendars()
	var have string
	if err := s.q.report.Calendars.GetContext(ctx, &have); err != nil || have == digest {
		return wrap("read the calendars of reports", err)
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		// In the order of KeepReports.
		for _, lock := range []*sqlx.Stmt{s.q.report.PointsLock, s.q.report.HoursLock} {
			if _, err := tx.StmtxContext(ctx, lock).ExecContext(ctx); err != nil {
				return wrap("lock the hours of reports", err)
			}
		}
		if err := tx.StmtxContext(ctx, s.q.report.Calendars).GetContext(ctx, &have); err != nil || have == digest {
			return wrap("read the calendars of reports", err)
		}
		for _, q := range []*sqlx.Stmt{s.q.report.HoursClear, s.q.reportKeep.Reset} {
			if _, err := tx.StmtxContext(ctx, q).ExecContext(ctx); err != nil {
				return wrap("make the points of reports again", err)
			}
		}
		_, err := tx.StmtxContext(ctx, s.q.report.CalendarsSave).ExecContext(ctx, digest, "infinity", "-infinity")
		return wrap("save the calendars of reports", err)
	})
}

// coverHours makes report_hours reach from the beginning of these conversations, nil: of those
// without kept points, until now. What is kept before was made from hours that reached as far.
func (s *Store) coverHours(ctx context.Context, tx *sqlx.Tx, conversations any) error {
	calendars, _ := s.reportCalendars()
	if len(calendars) == 0 {
		return nil
	}
	var reach struct {
		Since, Until time.Time // of what there is to be
		Covered      bool
	}
	read := func() error {
		err := tx.StmtxContext(ctx, s.q.report.HoursReach).GetContext(ctx, &reach, conversations, reportYears)
		return wrap("read the hours of reports", err)
	}
	if err := read(); err != nil || reach.Covered {
		return err
	}
	if _, err := tx.StmtxContext(ctx, s.q.report.HoursLock).ExecContext(ctx); err != nil {
		return wrap("lock the hours of reports", err)
	}
	if err := read(); err != nil || reach.Covered {
		return err
	}
	if _, err := tx.StmtxContext(ctx, s.q.report.HoursClear).ExecContext(ctx); err != nil {
		return wrap("clear the hours of reports", err)
	}
	since, until := reach.Since.UTC().Truncate(24*time.Hour), reach.Until.UTC()
	var inbox, opens, closes, passed column
	for id, calendar := range calendars {
		sum := time.Duration(0)
		if next, ok := calendar.NextOpening(since); !ok || next.After(until) {
			// Never open: one span of nothing.
			inbox.uuid(id)
			opens.instant(since)
			closes.instant(since)
			passed.number(0)
		}
		for from, to := range calendar.Spans(since, until) {
			inbox.uuid(id)
			opens.instant(from)
			closes.instant(to)
			passed.number(int64(sum.Seconds()))
			sum += to.Sub(from)
		}
	}
	if _, err := tx.StmtxContext(ctx, s.q.report.HoursAdd).ExecContext(ctx, &inbox, &opens, &closes, &passed); err != nil {
		return wrap("save the hours of reports", err)
	}
	_, err := tx.StmtxContext(ctx, s.q.report.HoursReached).ExecContext(ctx, since, until)
	return wrap("save the calendars of reports", err)
}
