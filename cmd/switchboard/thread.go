package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/internal/mailarchive"
	"switchboard/normalize"
	"switchboard/threading"
)

func threadCommand() *cobra.Command {
	var byAccount bool
	cmd := &cobra.Command{
		Use:   "thread [--by-account] FILE.mbox|MAILDIR",
		Short: "Thread a mail archive into conversations",
		Long: `Thread the mail of an mbox file, a Maildir or a folder of message files into
conversations and print one JSON object per line, in order of arrival:

  {"message_id": "...", "conversation": "cv_...", "method": "...", "evidence": "..."}

method is new, references, in-reply-to, report or subject; evidence is what the
decision is based on. Conversation identifiers are generated for each run.

By default, the archive is treated as the mail of one account: a mailing list, or
the mail of one customer. All of it is read before anything is printed. Two threads
that a later message shows to be one are printed as one, and a reply that lost its
headers joins the thread that it quotes or whose message it mentions.

With --by-account, senders belong to the account of their domain, or to an account
of their own if the domain is a public mail provider, and messages join only
conversations that the gateway would let them join. Threads of one account that a
later message refers to together are printed as one; the gateway suggests merging
them.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("expected one mbox file, Maildir or folder of message files")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return threadFile(cmd.Context(), args[0], byAccount, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&byAccount, "by-account", false, "separate the senders by account")
	return cmd
}

// threadFile threads the mail at path and writes the conversation of each message.
func threadFile(ctx context.Context, path string, byAccount bool, out io.Writer) error {
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
	if ctx == nil {
		ctx = context.Background()
	}
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
