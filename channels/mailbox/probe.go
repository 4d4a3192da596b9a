package mailbox

import (
	"context"
	"fmt"
	"strings"
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
	return "logged in as " + m.cfg.User + "; " + strings.Join(counts, ", "), nil
}
