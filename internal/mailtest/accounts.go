package mailtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// WithAccounts adds accounts 0 to n-1, see Account, all with the Password. The
// server then has room for a connection of each.
func WithAccounts(n int) DovecotOption { return func(d *Dovecot) { d.accounts = n } }

// Account is the name of an account of WithAccounts.
func Account(i int) string { return fmt.Sprintf("account-%04d", i) }

// home makes an account's folder and returns its line in the server's list.
func (d *Dovecot) home(name string) (line string) {
	d.t.Helper()
	dir := filepath.Join(d.dir, "mail", name)
	for _, sub := range []string{"", "Maildir", "Maildir/new", "Maildir/cur", "Maildir/tmp"} {
		d.must(os.Mkdir(filepath.Join(dir, sub), 0o755))
		d.must(os.Chown(filepath.Join(dir, sub), d.uid, d.gid))
	}
	return fmt.Sprintf("%s:{PLAIN}%s:%d:%d::%s::\n", name, d.Password, d.uid, d.gid, dir)
}

// Deliver is Append for an account of WithAccounts.
func (d *Dovecot) Deliver(account string, mail []byte) {
	d.t.Helper()
	d.deliver(filepath.Join(d.dir, "mail", account, "Maildir"), mail)
}

// Expunge removes the mails from first to last, counted from 1 in the order of
// arrival, of the INBOX.
func (d *Dovecot) Expunge(first, last int) {
	d.t.Helper()
	said := d.dialogue("a LOGIN "+d.User+" "+d.Password, "b SELECT INBOX", fmt.Sprintf(`c STORE %d:%d +FLAGS.SILENT (\Deleted)`, first, last),
		"d EXPUNGE", "e LOGOUT")
	if !strings.Contains(said, "\nd OK") {
		d.t.Fatalf("expunge: %q", said)
	}
}
