package mailtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// WithAccounts adds accounts 0 to n-1 (see Account), all with the same Password. The
// server then allows a connection for each.
func WithAccounts(n int) DovecotOption { return func(d *Dovecot) { d.accounts = n } }

// Account returns the name of an account of WithAccounts.
func Account(i int) string { return fmt.Sprintf("account-%04d", i) }

// home creates an account's folder and returns its line of the passwd-file.
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

// AppendRead puts a mail into the INBOX that was received at a time and has been read.
func (d *Dovecot) AppendRead(mail []byte, received time.Time) {
	d.t.Helper()
	file := fmt.Sprintf("%d.M%dP%d.test", received.Unix(), d.serial.Add(1), os.Getpid())
	tmp := filepath.Join(d.Maildir, "tmp", file)
	d.must(os.WriteFile(tmp, mail, 0o644))
	d.must(os.Chown(tmp, d.uid, d.gid))
	d.must(os.Chtimes(tmp, received, received)) // Dovecot's INTERNALDATE
	d.must(os.Rename(tmp, filepath.Join(d.Maildir, "cur", file+":2,S")))
}

// Expunge removes messages first to last from the INBOX, counted from 1 in order of
// arrival.
func (d *Dovecot) Expunge(first, last int) {
	d.t.Helper()
	said := d.dialogue("a LOGIN "+d.User+" "+d.Password, "b SELECT INBOX", fmt.Sprintf(`c STORE %d:%d +FLAGS.SILENT (\Deleted)`, first, last),
		"d EXPUNGE", "e LOGOUT")
	if !strings.Contains(said, "\nd OK") {
		d.t.Fatalf("expunge: %q", said)
	}
}
