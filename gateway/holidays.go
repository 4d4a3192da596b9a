package gateway

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchboard/channels"
	"switchboard/internal/egress"
	"switchboard/internal/health"
	"switchboard/internal/holidayfeed"
	"switchboard/router"
)

// holidayInterval is how often the holidays that the policy names are looked at: those of
// files, and those that another node has fetched. URLs are fetched once a day.
const holidayInterval = time.Hour

// addHolidays adds the reading of holidays to the channels, where its problems are shown.
func (g *Gateway) addHolidays() {
	g.watched.holidays.Do(func() {
		g.group.Add("holidays", &health.Probe{Interval: holidayInterval, Check: func(ctx context.Context, _ channels.Sink) (hint, fault error) {
			return nil, g.readHolidays(ctx, g.holidayReader())
		}})
	})
}

func (g *Gateway) holidayReader() *holidayfeed.Reader {
	reader := &holidayfeed.Reader{Store: g.store, Client: egress.New(nil)}
	if g.cfg.Policy != "" {
		reader.Folder = filepath.Dir(g.cfg.Policy)
	}
	return reader
}

// renewHolidays reads the holidays that policies which have just come into force name.
func (g *Gateway) renewHolidays(ctx context.Context) error {
	rules := g.rules.Load()
	if len(rules.Policy.HolidaySources()) == 0 && (rules.Pilot == nil || len(rules.Pilot.Policy.HolidaySources()) == 0) {
		return nil
	}
	return g.readHolidays(ctx, g.holidayReader())
}

// readHolidays puts the holidays in force. The error says which could not be read; their
// last good copies are in force.
func (g *Gateway) readHolidays(ctx context.Context, reader *holidayfeed.Reader) error {
	seen := g.rules.Load()
	live, problems, err := g.readHolidaysOf(ctx, reader, seen.Version)
	if err != nil {
		return err
	}
	pilot := seen.Pilot
	if pilot != nil {
		with, more, err := g.readHolidaysOf(ctx, reader, pilotVersion(seen))
		if err != nil {
			return err
		}
		pilot = &router.Pilot{Policy: with, Share: pilot.Share, Segment: pilot.Segment}
		problems = append(problems, more...)
		slices.Sort(problems)
		problems = slices.Compact(problems)
	}
	for {
		old := g.rules.Load()
		if old.Version != seen.Version || pilotVersion(old) != pilotVersion(seen) {
			break // a newer policy came into force meanwhile
		}
		rules := *old
		rules.Policy, rules.Pilot = live, pilot
		if g.rules.CompareAndSwap(old, &rules) {
			break
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &channels.Fault{What: fmt.Sprintf("holidays of the policy cannot be read: %s", strings.Join(problems, "; ")),
		Advice: "check the files and URLs that the policy names as ical; the last good copies stay in force"}
}

// readHolidaysOf returns a version of the policy with its holidays, and what is wrong with those.
func (g *Gateway) readHolidaysOf(ctx context.Context, reader *holidayfeed.Reader, version int64) (*router.Policy, []string, error) {
	document, err := g.store.PolicyVersion(ctx, version)
	if err != nil {
		return nil, nil, err
	}
	plain, err := router.Compile([]byte(document.Document)) // the one in force has the holidays of before
	if err != nil {
		return nil, nil, err
	}
	plain.Version = version
	return reader.Refresh(ctx, plain, time.Now())
}
