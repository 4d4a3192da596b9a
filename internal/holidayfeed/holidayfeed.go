// Package holidayfeed reads the iCalendar data with holidays that a policy names: files
// next to the policy file, and https URLs. The database keeps the last good copies, so
// that all nodes and restarts have them although a server is away.
package holidayfeed

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchboard/router"
	"switchboard/router/holidays"
	"switchboard/store"
)

// fresh is for how long a copy of a URL is used before it is fetched again: a day, less
// the time that the check of another node may take.
const fresh = 23 * time.Hour

// Store keeps the last good copies.
type Store interface {
	HolidaySources(ctx context.Context, locations []string) ([]store.HolidaySource, error)
	SaveHolidaySource(ctx context.Context, location string, content []byte) error
}

// Client fetches from public servers.
type Client interface {
	Get(ctx context.Context, address, accept string, most int64) ([]byte, error)
}

// IsURL reports whether a source is fetched from a server.
func IsURL(location string) bool {
	scheme, _, ok := strings.Cut(location, "://")
	return ok && strings.EqualFold(scheme, "https")
}

// Stored returns a policy with the holidays of which there is a copy, as of an instant.
func Stored(ctx context.Context, st Store, p *router.Policy, at time.Time) (*router.Policy, error) {
	sources := p.HolidaySources()
	if len(sources) == 0 {
		return p, nil
	}
	copies, err := st.HolidaySources(ctx, sources)
	if err != nil {
		return nil, err
	}
	contents := map[string][]byte{}
	for _, c := range copies {
		contents[c.Location] = c.Content
	}
	with, _ := p.WithHolidays(contents, at)
	return with, nil
}

// Reader reads sources.
type Reader struct {
	Store  Store
	Client Client
	Folder string // of the policy file; empty: files are not read, only their copies are used
}

// Refresh reads the sources of a policy that are due, and returns the policy with their
// holidays. problems say what could not be read or understood; the last good copy is then
// used. An error means that the database could not be asked.
func (r *Reader) Refresh(ctx context.Context, p *router.Policy, at time.Time) (with *router.Policy, problems []string, err error) {
	copies, err := r.Store.HolidaySources(ctx, p.HolidaySources())
	if err != nil {
		return nil, nil, err
	}
	contents := map[string][]byte{}
	for _, location := range p.HolidaySources() {
		i := slices.IndexFunc(copies, func(c store.HolidaySource) bool { return c.Location == location })
		if i >= 0 {
			contents[location] = copies[i].Content
			if IsURL(location) && at.Sub(copies[i].FetchedAt) < fresh || !IsURL(location) && r.Folder == "" {
				continue
			}
		}
		content, err := r.read(ctx, location)
		if err == nil {
			_, err = holidays.Parse(content, time.UTC, at.AddDate(-1, 0, 0), at.AddDate(1, 0, 0))
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", location, err))
			continue
		}
		if !bytes.Equal(content, contents[location]) || IsURL(location) {
			if err := r.Store.SaveHolidaySource(ctx, location, content); err != nil {
				return nil, nil, err
			}
		}
		contents[location] = content
	}
	with, found := p.WithHolidays(contents, at)
	for _, f := range found {
		problems = append(problems, f.String())
	}
	return with, problems, nil
}

// Check reads all sources of a policy now, keeps nothing, and returns what is wrong.
func (r *Reader) Check(ctx context.Context, p *router.Policy, at time.Time) (problems []string) {
	contents := map[string][]byte{}
	for _, location := range p.HolidaySources() {
		content, err := r.read(ctx, location)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", location, err))
			continue
		}
		contents[location] = content
	}
	_, found := p.WithHolidays(contents, at)
	for _, f := range found {
		problems = append(problems, f.String())
	}
	return problems
}

// read reads a source.
func (r *Reader) read(ctx context.Context, location string) ([]byte, error) {
	if IsURL(location) {
		return r.Client.Get(ctx, location, "text/calendar", holidays.MaxSize)
	}
	if r.Folder == "" {
		return nil, fmt.Errorf("the file is relative to the policy file, which is not configured on this node")
	}
	return ReadFile(r.Folder, location)
}

// ReadFile reads a file that a policy in a folder names.
func ReadFile(folder, name string) ([]byte, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(folder, name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	content, err := io.ReadAll(io.LimitReader(f, holidays.MaxSize+1))
	if err == nil && len(content) > holidays.MaxSize {
		err = fmt.Errorf("the file is larger than %d KiB", holidays.MaxSize>>10)
	}
	return content, err
}
