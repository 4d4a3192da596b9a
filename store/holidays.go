package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

type holidayQueries struct {
	Get  *sqlx.Stmt `query:"holidays-get"`
	Save *sqlx.Stmt `query:"holidays-save"`
}

// HolidaySource is a copy of the iCalendar data that a policy names.
type HolidaySource struct {
	Location  string
	Content   []byte
	FetchedAt time.Time
}

// HolidaySources returns the copies of those of the locations that have one.
func (s *Store) HolidaySources(ctx context.Context, locations []string) (list []HolidaySource, err error) {
	var names column
	for _, l := range locations {
		names.text(l)
	}
	return list, wrap("read calendars of holidays", s.q.holidays.Get.SelectContext(ctx, &list, &names))
}

// SaveHolidaySource keeps a copy that was just read.
func (s *Store) SaveHolidaySource(ctx context.Context, location string, content []byte) error {
	_, err := s.q.holidays.Save.ExecContext(ctx, location, content)
	return wrap("save a calendar of holidays", err)
}
