package imapd

import (
	"bytes"
	"io"
	"strings"

	"github.com/emersion/go-imap/v2"

	"switchboard/internal/deskmail"
)

// AppendLimit implements imapserver.SessionAppendLimit.
func (s *session) AppendLimit() uint32 { return deskmail.MaxDraft }

// Append implements imapserver.Session. Drafts keeps what programs save. A copy of what was sent is accepted and not kept: Sent shows
// the message that was sent.
func (s *session) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return nil, err
	}
	defer cancel()
	m, err := s.find(ctx, as, name)
	if err != nil {
		return nil, refuse(imap.ResponseCodeTryCreate, "There is no such folder")
	}
	if m.Kind != deskmail.Drafts && m.Kind != deskmail.Sent {
		return nil, refuse(imap.ResponseCodeCannot, "Only drafts can be saved here. A customer's mail arrives by mail")
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, deskmail.MaxDraft+1)); err != nil {
		return nil, err
	}
	if m.Kind == deskmail.Sent {
		return nil, nil
	}
	var flags []string
	for _, f := range options.Flags {
		flags = append(flags, strings.ToLower(strings.TrimPrefix(string(f), `\`)))
	}
	uid, err := s.server.cfg.Flags.AddMailDraft(ctx, m, b.Bytes(), flags)
	if err != nil {
		return nil, s.failure(err)
	}
	s.server.Wake()
	return &imap.AppendData{UIDValidity: s.user.UIDValidity(m), UID: imap.UID(uid)}, nil
}
