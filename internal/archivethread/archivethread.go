// Package archivethread threads a mail archive into conversations, for the command line.
package archivethread

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/internal/mailarchive"
	"switchboard/normalize"
	"switchboard/threading"
)

// Write threads the mail at path and writes one line of JSON for each message, in order
// of arrival. With byAccount, senders are separated by account; otherwise all of it is
// the mail of one account.
func Write(ctx context.Context, path string, byAccount bool, out io.Writer) error {
	archive, senders := threading.NewArchive(), newSenders(byAccount)
	if byAccount {
		archive = threading.NewGuardedArchive()
	}
	err := normalizeAll(ctx, path, func(m *desk.Message) {
		account, contact := senders.resolve(m)
		archive.Add(m, account, contact)
	})
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, p := range archive.Place() {
		line := struct {
			MessageID    string `json:"message_id"`
			Conversation string `json:"conversation"`
			Method       string `json:"method"`
			Evidence     string `json:"evidence"`
		}{p.MessageID, p.Conversation.String(), p.Method, p.Evidence}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return w.Flush()
}

// normalizeAll normalizes the mail at path on all cores and calls fn in order. Only a
// few messages are in memory at a time.
func normalizeAll(ctx context.Context, path string, fn func(*desk.Message)) error {
	g, ctx := errgroup.WithContext(ctx)
	pending := make(chan chan desk.Message, 2*runtime.GOMAXPROCS(0))
	g.Go(func() error {
		defer close(pending)
		workers := make(chan struct{}, runtime.GOMAXPROCS(0))
		return mailarchive.Each(path, func(name string, mail []byte) error {
			result := make(chan desk.Message, 1)
			select {
			case pending <- result:
			case <-ctx.Done():
				return ctx.Err()
			}
			workers <- struct{}{}
			g.Go(func() error {
				defer func() { <-workers }()
				m, err := normalize.Message(desk.Raw{Channel: desk.ChannelEmail, Endpoint: "file", SourceKey: name,
					Size: int64(len(mail)), Bytes: mail})
				if err != nil {
					close(result)
					return fmt.Errorf("%s: %w", name, err)
				}
				m.Attachments, m.HTMLBody = nil, ""
				if m.ReceivedAt.IsZero() {
					m.ReceivedAt = m.SentAt // a file has no other time of arrival
				}
				result <- m
				return nil
			})
			return nil
		})
	})
	g.Go(func() error {
		for result := range pending {
			if m, ok := <-result; ok {
				fn(&m)
			}
		}
		return nil
	})
	return g.Wait()
}

// senders assigns accounts and contacts to senders.
type senders struct {
	byAccount bool
	accounts  map[string]desk.AccountID
	contacts  map[string]desk.ContactID
	shared    desk.AccountID // of everyone, unless byAccount
}

func newSenders(byAccount bool) *senders {
	return &senders{byAccount, map[string]desk.AccountID{}, map[string]desk.ContactID{}, desk.NewID[desk.AccountID]()}
}

// resolve returns the account and the contact of the author. An account is a domain,
// or a single address of a freemail provider.
func (s *senders) resolve(m *desk.Message) (desk.AccountID, desk.ContactID) {
	if !s.byAccount {
		return s.shared, desk.ContactID{}
	}
	address := ""
	if len(m.From) > 0 {
		address = strings.ToLower(m.From[0].Email)
	}
	owner := address
	if _, domain, ok := strings.Cut(address, "@"); ok && !imf.Freemail(domain) {
		owner = domain
	}
	account, ok := s.accounts[owner]
	if !ok {
		account = desk.NewID[desk.AccountID]()
		s.accounts[owner] = account
	}
	contact, ok := s.contacts[address]
	if !ok {
		contact = desk.NewID[desk.ContactID]()
		s.contacts[address] = contact
	}
	return account, contact
}
