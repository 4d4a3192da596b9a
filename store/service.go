package store

import (
	"context"
	"time"

	"github.com/lib/pq"

	"switchboard/desk/view"
)

// ServiceCounts counts first responses, resolutions and clocks from an instant until before
// another one, by segment, tier and channel.
func (s *Store) ServiceCounts(ctx context.Context, from, to time.Time) (list []view.ServiceCount, err error) {
	r, err := s.reporting(ctx, &view.ReportFilter{Measure: "first_response", From: from, To: to, Business: true})
	if err != nil {
		return nil, err
	}
	var rows []struct {
		view.ServiceCount
		Wall, Business pq.Float64Array
	}
	if err := r.read(ctx, &rows, r.query("report-service"), r.args(from, to, "first_response", "resolution", "clock")...); err != nil {
		return nil, wrap("count what was observed", err)
	}
	for _, row := range rows {
		c := row.ServiceCount
		if len(row.Wall) == 2 && len(row.Business) == 2 {
			c.P50, c.P90, c.Business50, c.Business90 = row.Wall[0], row.Wall[1], row.Business[0], row.Business[1]
		}
		list = append(list, c)
	}
	return list, nil
}
