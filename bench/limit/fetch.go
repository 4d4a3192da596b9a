package limit

import (
	"fmt"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// batch is the number of messages fetched or stored at once.
const batch = 50

// Fetch reads all messages of the INBOX with FETCH commands of 50 UIDs each, one after
// the other, and discards them. pid is the IMAP server's main process.
func Fetch(addr, user, password string, pid int) (Cost, error) {
	c, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		return Cost{}, err
	}
	defer c.Close()
	if err := c.Login(user, password).Wait(); err != nil {
		return Cost{}, err
	}
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return Cost{}, err
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil {
		return Cost{}, err
	}
	uids := found.AllUIDs()
	return measure(len(uids), pid, func() error {
		for rest := uids; len(rest) > 0; {
			k := min(batch, len(rest))
			n, err := drain(c.Fetch(imap.UIDSetNum(rest[:k]...), &imap.FetchOptions{UID: true,
				BodySection: []*imap.FetchItemBodySection{{Peek: true}}}))
			if err != nil {
				return err
			}
			if n != k {
				return fmt.Errorf("FETCH of %d mails gave %d", k, n)
			}
			rest = rest[k:]
		}
		return nil
	})
}

// drain reads and discards all messages of a FETCH and returns their number.
func drain(command *imapclient.FetchCommand) (n int, err error) {
	for message := command.Next(); message != nil; message = command.Next() {
		for item := message.Next(); item != nil; item = message.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok && body.Literal != nil {
				if _, err := io.Copy(io.Discard, body.Literal); err != nil {
					return n, err
				}
				n++
			}
		}
	}
	return n, command.Close()
}
