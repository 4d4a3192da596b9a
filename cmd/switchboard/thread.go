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
		Short: "Sort mail into conversations",
		Long: `Sort the mail of an mbox file, a Maildir or a folder of mail files into
conversations and print one JSON object a line, in order of arrival:

  {"message_id": "...", "conversation": "cv_...", "method": "...", "evidence": "..."}

method is new, references, in-reply-to, report or subject; evidence says what it
rests on. The identifiers of conversations are made for each run.

Without a flag all of it is one account's correspondence: a mailing list, or the
mail of one customer. Everything is read before anything is printed: two threads
that a later mail shows to be one are printed as one, and a reply that lost its
headers joins the thread that it quotes, or a message of which it names.

With --by-account senders belong to the account of their domain (to one of their
own when the domain gives mailboxes to the public), and mail joins only what the
product would let it join. Threads of one account that a later mail refers to
together are printed as one; the product proposes that as a merge.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("give one mbox file, Maildir or folder of mail files")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return threadFile(cmd.Context(), args[0], byAccount, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&byAccount, "by-account", false, "keep the senders' accounts apart")
	return cmd
}

// threadFile threads the mail at path and writes where each message went.
func threadFile(ctx context.Context, path string, byAccount bool, out io.Writer) error {
	archive, people := threading.NewArchive(), newPeople(byAccount)
	if byAccount {
		archive = threading.NewGuardedArchive()
	}
	err := normalizeAll(ctx, path, func(m *desk.Message) {
		account, contact := people.of(m)
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

// normalizeAll normalizes the mail at path on all cores and hands it on in order.
// A few mails are in memory at a time.
func normalizeAll(ctx context.Context, path string, fn func(*desk.Message)) error {
	if ctx == nil {
		ctx = context.Background()
	}
	g, ctx := errgroup.WithContext(ctx)
	waiting := make(chan chan desk.Message, 2*runtime.GOMAXPROCS(0))
	g.Go(func() error {
		defer close(waiting)
		workers := make(chan struct{}, runtime.GOMAXPROCS(0))
		return mailarchive.Each(path, func(name string, mail []byte) error {
			result := make(chan desk.Message, 1)
			select {
			case waiting <- result:
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
					m.ReceivedAt = m.SentAt // a file has no other arrival
				}
				result <- m
				return nil
			})
			return nil
		})
	})
	g.Go(func() error {
		for result := range waiting {
			if m, ok := <-result; ok {
				fn(&m)
			}
		}
		return nil
	})
	return g.Wait()
}

// people gives senders their accounts.
type people struct {
	byAccount bool
	accounts  map[string]desk.AccountID
	contacts  map[string]desk.ContactID
	one       desk.AccountID
}

func newPeople(byAccount bool) *people {
	return &people{byAccount, map[string]desk.AccountID{}, map[string]desk.ContactID{}, desk.NewID[desk.AccountID]()}
}

func (p *people) of(m *desk.Message) (desk.AccountID, desk.ContactID) {
	if !p.byAccount {
		return p.one, desk.ContactID{}
	}
	address := ""
	if len(m.From) > 0 {
		address = strings.ToLower(m.From[0].Email)
	}
	owner := address
	if _, domain, ok := strings.Cut(address, "@"); ok && !imf.Freemail(domain) {
		owner = domain
	}
	account, ok := p.accounts[owner]
	if !ok {
		account = desk.NewID[desk.AccountID]()
		p.accounts[owner] = account
	}
	contact, ok := p.contacts[address]
	if !ok {
		contact = desk.NewID[desk.ContactID]()
		p.contacts[address] = contact
	}
	return account, contact
}
