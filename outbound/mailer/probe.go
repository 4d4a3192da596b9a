package mailer

import (
	"context"
	"errors"
)

// Probe connects and logs in as for a mail, and sends none. An error says at
// which step it failed.
func (m *Mailer) Probe(ctx context.Context) error {
	s, failed := m.connect(ctx)
	if s == nil {
		return errors.New(failed.Detail)
	}
	s.abort()
	return nil
}
