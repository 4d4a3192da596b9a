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
		rules, ok := policy.Rules.Inbox(in.Key)
		if !ok {
			continue
		}
		calendar, ok := policy.Rules.Calendar(rules.Calendar)
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

// keepHours makes report_hours those of the calendars in force. If they are others than before,
// the points of reports are made again.
func (s *Store) keepHours(ctx context.Context) error {
	calendars, digest := s.reportCalendars()
	current := func(q interface {
		GetContext(ctx context.Context, dest any, args ...any) error
	}) (same, ok bool, err error) {
		var have struct {
			Digest  string
			Current bool
		}
		err = q.GetContext(ctx, &have)
		return have.Digest == digest, have.Digest == digest && have.Current, wrap("read the hours of reports", err)
	}
	if _, ok, err := current(s.q.report.Calendars); err != nil || ok {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.report.HoursLock).ExecContext(ctx); err != nil {
			return wrap("lock the hours of reports", err)
		}
		same, ok, err := current(tx.StmtxContext(ctx, s.q.report.Calendars))
		if err != nil || ok {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.report.HoursClear).ExecContext(ctx); err != nil {
			return wrap("clear the hours of reports", err)
		}
		if !same {
			if _, err := tx.StmtxContext(ctx, s.q.reportKeep.Reset).ExecContext(ctx); err != nil {
				return wrap("make the points of reports again", err)
			}
		}
		since, until := time.Now().AddDate(-reportYears, 0, 0).UTC().Truncate(24*time.Hour), time.Now().AddDate(1, 0, 0)
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
		_, err = tx.StmtxContext(ctx, s.q.report.CalendarsSave).ExecContext(ctx, digest, since, until)
		return wrap("save the calendars of reports", err)
	})
}
