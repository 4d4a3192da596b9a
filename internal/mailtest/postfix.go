package mailtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Postfix is a mail server that relays everything to another one.
type Postfix struct {
	Addr string // plain, without login

	t   testing.TB
	dir string
}

// postfixServices are those of a relay, without chroot.
const postfixServices = `
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`

// NewPostfix starts a Postfix that relays to addr. Its master program has to be started
// by root.
func NewPostfix(t testing.TB, addr string) *Postfix {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("Postfix has to be started by root")
	}
	p := &Postfix{Addr: FreeAddr(t), t: t, dir: folder(t)}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	daemons := filepath.Dir(program(t, "master", "postfix"))
	write("main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
daemon_directory = %[2]s
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
myhostname = relay.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
alias_maps =
local_recipient_maps =
mynetworks = 127.0.0.0/8
relayhost = [%[3]s]:%[4]s
smtp_tls_security_level = none
smtpd_client_connection_count_limit = 0
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
`, p.dir, daemons, host, port))
	write("master.cf", p.Addr+" inet n - n - - smtpd"+postfixServices)
	for _, sub := range []string{"queue", "data"} {
		if err := os.Mkdir(filepath.Join(p.dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("chown", "postfix", filepath.Join(p.dir, "data")).CombinedOutput(); err != nil {
		t.Fatalf("chown: %v %s", err, out)
	}
	if out, err := exec.Command(program(t, "postfix", "postfix"), "-c", p.dir, "check").CombinedOutput(); err != nil {
		t.Fatalf("postfix check: %v\n%s", err, out)
	}
	start(t, filepath.Join(daemons, "master"), "-d", "-c", p.dir)
	awaitPort(t, p.Addr)
	return p
}

// Log returns what the server logged.
func (p *Postfix) Log() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return string(text)
}

// Queued returns how many messages the server has not relayed yet.
func (p *Postfix) Queued() (n int) {
	for _, queue := range []string{"maildrop", "incoming", "active", "deferred"} {
		err := filepath.WalkDir(filepath.Join(p.dir, "queue", queue), func(_ string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				n++
			}
			return nil // a file may be gone by now
		})
		if err != nil && !strings.Contains(err.Error(), "no such file") {
			p.t.Error(err)
		}
	}
	return n
}
