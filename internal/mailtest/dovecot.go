package mailtest

import (
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// Dovecot is an IMAP server with one account, or more with WithAccounts and WithUser.
type Dovecot struct {
	Addr     string // plain and STARTTLS, host:port
	TLSAddr  string // TLS from the first octet
	User     string
	Password string
	// Roots contains the issuer of the server's certificate, which is valid for
	// 127.0.0.1 and localhost.
	Roots    *x509.CertPool
	RootFile string // the same as a PEM file, for other programs
	Maildir  string

	t          testing.TB
	tokens     *TokenServer // nil: passwords only
	mechanisms string
	accounts   int
	users      string                  // lines of WithUser
	cert       func(*x509.Certificate) // changes the certificate before signing; may be nil
	dir        string
	uid, gid   int
	process    *process
	serial     atomic.Int64
}

var dovecotConf = template.Must(template.New("dovecot.conf").Parse(`
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/run
log_path = {{.Dir}}/dovecot.log
instance_name = test-{{.Port}}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{{.Dir}}/cert.pem
ssl_key = <{{.Dir}}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login{{if .OAuth}} {{.Mechanisms}}{{end}}
auth_failure_delay = 0
default_login_user = {{.Account}}
default_internal_user = {{.Account}}
default_internal_group = {{.Group}}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 200
mail_fsync = never
mailbox_idle_check_interval = 1s # where the kernel has no more inotify instances to give
{{- if .OAuth}}
passdb {
  driver = oauth2
  mechanisms = {{.Mechanisms}}
  args = {{.Dir}}/oauth2.conf
}
{{- end}}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {{.Dir}}/users
}
userdb {
  driver = passwd-file
  args = username_format=%u {{.Dir}}/users
}
namespace inbox {
  inbox = yes
}
verbose_proctitle = yes
service imap-login {
  chroot =
  service_count = 0
  client_limit = {{.Room}}
  inet_listener imap {
    address = 127.0.0.1
    port = {{.Port}}
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = {{.TLSPort}}
  }
}
service imap {
  process_limit = {{.Room}}
}
service auth {
  client_limit = {{.Room}}
}
service anvil {
  chroot =
  client_limit = {{.Room}}
  unix_listener anvil-auth-penalty { # refused logins do not slow down the next ones
    mode = 0
  }
}
`))

// introspection lets the server validate tokens with the token server.
const introspection = `introspection_mode = post
introspection_url = %s
username_attribute = username
active_attribute = active
active_value = true
`

// DovecotOption is an option of NewDovecot.
type DovecotOption func(*Dovecot)

// WithTokens also accepts the access tokens of a token server.
func WithTokens(s *TokenServer) DovecotOption { return func(d *Dovecot) { d.tokens = s } }

// WithMechanisms sets the SASL mechanisms for tokens; the default is oauthbearer and
// xoauth2.
func WithMechanisms(list string) DovecotOption { return func(d *Dovecot) { d.mechanisms = list } }

// WithUser adds a user without mail, with the same Password and extra passwd-file
// fields such as "nologin=y".
func WithUser(name, fields string) DovecotOption {
	return func(d *Dovecot) { d.users += name + ":{PLAIN}" + d.Password + "::::::" + fields + "\n" }
}

// WithCertificate changes the server's certificate before it is signed.
func WithCertificate(change func(*x509.Certificate)) DovecotOption {
	return func(d *Dovecot) { d.cert = change }
}

// NewDovecot starts a Dovecot with an empty mailbox.
func NewDovecot(t testing.TB, options ...DovecotOption) *Dovecot {
	t.Helper()
	d := &Dovecot{Addr: FreeAddr(t), TLSAddr: FreeAddr(t), User: "support", Password: "secret", mechanisms: "oauthbearer xoauth2", t: t, dir: folder(t)}
	for _, option := range options {
		option(d)
	}
	account, uid, gid, root := unprivileged(t)
	d.uid, d.gid = uid, gid
	group := "nogroup"
	if !root {
		group = fmt.Sprint(gid)
	}
	for _, sub := range []string{"run", "mail"} {
		d.must(os.Mkdir(filepath.Join(d.dir, sub), 0o755))
	}
	users := d.users + d.home(d.User)
	d.Maildir = filepath.Join(d.dir, "mail", d.User, "Maildir")
	for i := range d.accounts {
		users += d.home(Account(i))
	}
	d.write("users", users)
	if d.tokens != nil {
		d.write("oauth2.conf", fmt.Sprintf(introspection, d.tokens.IntrospectionURL))
	}
	d.certify()
	_, port, _ := net.SplitHostPort(d.Addr)
	_, tlsPort, _ := net.SplitHostPort(d.TLSAddr)
	var conf strings.Builder
	d.must(dovecotConf.Execute(&conf, map[string]any{
		"Dir": d.dir, "Port": port, "TLSPort": tlsPort, "Account": account, "Group": group,
		"OAuth": d.tokens != nil, "Mechanisms": d.mechanisms,
		"Room": 2*d.accounts + 1000,
	}))
	d.write("dovecot.conf", conf.String())
	d.Start()
	return d
}

// Start starts the server again after Stop.
func (d *Dovecot) Start() {
	d.t.Helper()
	d.process = start(d.t, program(d.t, "dovecot", "dovecot-imapd"), "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	awaitPort(d.t, d.Addr)
}

// Pid is the server's main process, the parent of all others, for measurements.
func (d *Dovecot) Pid() int { return d.process.cmd.Process.Pid }

// Stop ends the server and its connections.
func (d *Dovecot) Stop() { d.process.stop() }

// Restart is Stop and Start.
func (d *Dovecot) Restart() {
	d.t.Helper()
	d.Stop()
	d.Start()
}

// Freeze stops every process of the server with SIGSTOP: connections stay open, but
// nothing answers until Thaw.
func (d *Dovecot) Freeze() { d.process.signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (d *Dovecot) Thaw() { d.process.signal(syscall.SIGCONT) }

// Append delivers a message into the INBOX as a delivery agent does. Lines may end in
// LF or CRLF.
func (d *Dovecot) Append(mail []byte) {
	d.t.Helper()
	d.AppendTo("", mail)
}

// AppendTo delivers into another folder, which is created if necessary.
func (d *Dovecot) AppendTo(name string, mail []byte) {
	d.t.Helper()
	base := d.Maildir
	if name != "" {
		base = filepath.Join(base, "."+name)
		for _, sub := range []string{"", "new", "cur", "tmp"} {
			if err := os.Mkdir(filepath.Join(base, sub), 0o755); !os.IsExist(err) {
				d.must(err)
				d.must(os.Chown(filepath.Join(base, sub), d.uid, d.gid))
			}
		}
	}
	d.deliver(base, mail)
}

func (d *Dovecot) deliver(base string, mail []byte) {
	d.t.Helper()
	file := fmt.Sprintf("%d.M%dP%d.test", time.Now().Unix(), d.serial.Add(1), os.Getpid())
	tmp := filepath.Join(base, "tmp", file)
	d.must(os.WriteFile(tmp, mail, 0o644))
	d.must(os.Chown(tmp, d.uid, d.gid))
	d.must(os.Rename(tmp, filepath.Join(base, "new", file)))
}

// Renumber gives the INBOX a new UIDVALIDITY and its messages new UIDs, as if the
// server had lost its index. It restarts the server.
func (d *Dovecot) Renumber(validity uint32) {
	d.t.Helper()
	d.Stop()
	old, err := filepath.Glob(filepath.Join(d.Maildir, "dovecot*"))
	d.must(err)
	for _, path := range old {
		d.must(os.RemoveAll(path))
	}
	path := filepath.Join(d.Maildir, "dovecot-uidlist")
	d.must(os.WriteFile(path, fmt.Appendf(nil, "3 V%d N1\n", validity), 0o644))
	d.must(os.Chown(path, d.uid, d.gid))
	d.Start()
}

// Empty deletes all messages of the INBOX on disk.
func (d *Dovecot) Empty() {
	d.t.Helper()
	for _, sub := range []string{"new", "cur"} {
		mails, err := filepath.Glob(filepath.Join(d.Maildir, sub, "*"))
		d.must(err)
		for _, mail := range mails {
			d.must(os.Remove(mail))
		}
	}
}

// AwaitStatus waits until the STATUS of a folder contains each of want:
// "MESSAGES 3", "UNSEEN 0", "UIDVALIDITY 4711".
func (d *Dovecot) AwaitStatus(folder string, want ...string) {
	d.t.Helper()
	await(d.t, folder+" with "+strings.Join(want, ", "), func() bool {
		said := d.dialogue("a LOGIN "+d.User+" "+d.Password, "b STATUS "+folder+" (MESSAGES UNSEEN UIDVALIDITY)", "c LOGOUT")
		for _, w := range want {
			if !strings.Contains(said, w) {
				return false
			}
		}
		return true
	})
}

// dialogue sends lines and returns everything the server sent until it closed.
func (d *Dovecot) dialogue(lines ...string) string {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.Addr)
	d.must(err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	_, err = io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n")
	d.must(err)
	said, err := io.ReadAll(conn)
	d.must(err)
	return string(said)
}

// Log returns what the server logged.
func (d *Dovecot) Log() string {
	log, _ := os.ReadFile(filepath.Join(d.dir, "dovecot.log"))
	return string(log)
}

func (d *Dovecot) write(name, text string) {
	d.t.Helper()
	d.must(os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o644))
}

func (d *Dovecot) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *Dovecot) certify() {
	d.t.Helper()
	cert, key := CertificateWith(d.t, d.cert)
	d.write("cert.pem", string(cert))
	d.write("key.pem", string(key))
	d.RootFile = filepath.Join(d.dir, "cert.pem")
	d.Roots = x509.NewCertPool()
	d.Roots.AppendCertsFromPEM(cert)
}
