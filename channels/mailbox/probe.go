package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Probe logs in and opens every folder once without changing anything. It returns a
// summary, or a *channels.Fault that says how to fix the problem.
func (m *Mailbox) Probe(ctx context.Context) (found string, err error) {
	s, err := connect(ctx, &m.cfg)
	if err != nil {
		return "", err
	}
	defer s.close()
	var counts []string
	for _, f := range m.folders {
		data, err := s.open(f.name)
		if err != nil {
			return "", err
		}
		counts = append(counts, fmt.Sprintf("%s: %d messages", f.name, data.NumMessages))
	}
	if err := s.target(); err != nil {
		return "", err
	}
	found = "logged in as " + m.cfg.User + "; " + strings.Join(counts, ", ")
	if !s.client.Caps().Has(imap.CapIdle) {
		found += fmt.Sprintf("; the server does not support IDLE, so new mail is fetched every %s", m.cfg.Poll)
	}
	return found, nil
}

// target checks that imported mail can be moved to its folder.
func (s *session) target() error {
	if s.cfg.AfterImport != Move {
		return nil
	}
	s.expect(0)
	_, err := s.client.Status(s.cfg.MoveTo, &imap.StatusOptions{NumMessages: true}).Wait()
	if refused, ok := errors.AsType[*imap.Error](err); ok {
		missing := *refused
		missing.Code = imap.ResponseCodeNonExistent
		return s.cfg.refusedAfter(&missing)
	}
	if err != nil {
		return s.protocolError("STATUS", err)
	}
	return nil
}
