package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Probe logs in and looks at every folder once, changing nothing. It returns
// what is there, or a *channels.Fault with what to do.
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
		counts = append(counts, fmt.Sprintf("%s: %d mails", f.name, data.NumMessages))
	}
	if err := s.target(); err != nil {
		return "", err
	}
	found = "logged in as " + m.cfg.User + "; " + strings.Join(counts, ", ")
	if !s.client.Caps().Has(imap.CapIdle) {
		found += fmt.Sprintf("; the server does not tell of new mail (no IDLE), so it is looked for every %s", m.cfg.Poll)
	}
	return found, nil
}

// target looks whether imported mail can go where it is to.
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
