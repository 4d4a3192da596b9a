package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"switchboard/config"
	"switchboard/internal/diskspace"
	"switchboard/internal/imf"
	"switchboard/internal/listen"
	"switchboard/internal/localaddr"
	"switchboard/internal/netfault"
	"switchboard/internal/screening"
	"switchboard/internal/tlscert"
)

// http checks the address of the HTTP server and reports whether a gateway is running
// on it.
func (x *checker) http(ctx context.Context) (running bool) {
	l, err := net.Listen("tcp", x.cfg.Addr)
	switch {
	case err == nil:
		l.Close()
		x.add("addr", OK, x.cfg.Addr+" is free", "")
		return false
	case !errors.Is(err, syscall.EADDRINUSE):
		f := listen.Fault("addr", x.cfg.Addr, err)
		x.add("addr", Fail, f.What, f.Advice)
		return false
	}
	if err := checkLive(ctx, "http://"+x.cfg.Addr); err != nil {
		x.add("addr", Fail, x.cfg.Addr+" is in use by another program", "Stop that program, or choose another addr.")
		return false
	}
	x.add("addr", OK, x.cfg.Addr+" is served by a running gateway", "")
	return true
}

var errNoGateway = errors.New("the server there is not a gateway")

// checkLive requests /livez of a gateway.
func checkLive(ctx context.Context, base string) error {
	const timeout = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/livez", nil)
	if err != nil {
		return err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("X-Request-Id") == "" {
		return fmt.Errorf("%w: status %d", errNoGateway, res.StatusCode)
	}
	return nil
}

// public checks the URL at which customers and agents reach the gateway.
func (x *checker) public(ctx context.Context, running bool) {
	const check = "public_url"
	u, err := url.Parse(x.cfg.PublicURL)
	switch {
	case x.cfg.PublicURL == "":
		if len(x.cfg.Widgets)+len(x.cfg.Forms) > 0 {
			x.add(check, Warn, "not set", "Set it to the https:// URL of your proxy; widgets and forms use it.")
		}
		return
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		x.add(check, Fail, fmt.Sprintf("%q is not a valid URL", x.cfg.PublicURL), "Write it like https://help.example.com, without a trailing slash.")
		return
	case u.Scheme == "http" && !config.IsLoopback(u.Hostname()):
		x.add(check, Warn, x.cfg.PublicURL+" is not encrypted: passwords and chats can be read in transit", "Use a TLS proxy and its https:// URL.")
		return
	case !running:
		x.add(check, OK, x.cfg.PublicURL+" is checked only while a gateway is running", "")
		return
	}
	switch err := checkLive(ctx, strings.TrimSuffix(x.cfg.PublicURL, "/")); {
	case err == nil:
		x.add(check, OK, x.cfg.PublicURL+" leads to a gateway", "")
	case errors.Is(err, errNoGateway):
		x.add(check, Fail, fmt.Sprintf("%s: %v", x.cfg.PublicURL, err), "Configure the proxy to forward all paths unchanged to "+x.cfg.Addr+".")
	default: // it may be reachable only from outside
		what, advice := netfault.Explain(u.Host, err)
		if what == "" {
			what, advice = x.cfg.PublicURL+" cannot be reached", "Try it in a browser."
		}
		x.add(check, Warn, "from this machine "+what, advice+" If the URL is meant to work only from outside, ignore this.")
	}
}

// port checks that a listener's address can be used, or is in use by a running gateway.
func (x *checker) port(key, addr string, running bool) {
	if addr == "" {
		return
	}
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		l.Close()
		x.add(key, OK, addr+" is free", "")
	case errors.Is(err, syscall.EADDRINUSE) && running:
		x.add(key, OK, addr+" is in use while a gateway is running", "")
	default:
		f := listen.Fault(key, addr, err)
		x.add(key, Fail, f.What, f.Advice)
	}
}

// socket checks the LMTP socket without creating it.
func (x *checker) socket(path string, running bool) {
	const key = "smtp.lmtp"
	if path == "" {
		return
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		conn.Close()
		if running {
			x.add(key, OK, path+" is in use while a gateway is running", "")
		} else {
			x.add(key, Fail, path+" is in use by another program", "Stop that program, or choose another "+key+".")
		}
		return
	}
	const maxLength, writable = 100, 2
	_, err := os.Stat(filepath.Dir(path))
	if err == nil {
		err = syscall.Access(filepath.Dir(path), writable)
	}
	if err == nil && len(path) > maxLength {
		err = syscall.EINVAL
	}
	if info, statErr := os.Lstat(path); err == nil && statErr == nil && info.Mode().Type() != os.ModeSocket {
		err = syscall.EADDRINUSE
	}
	switch {
	case err != nil:
		f := listen.Fault(key, path, err)
		x.add(key, Fail, f.What, f.Advice)
	case running:
		x.add(key, Warn, "a gateway is running and does not listen on "+path, "Restart it with this configuration.")
	default:
		x.add(key, OK, path+" can be created", "")
	}
}

// certificate checks the files of smtp.tls_cert and smtp.tls_key.
func (x *checker) certificate() {
	c := x.cfg.SMTP
	const key = "smtp.tls_cert"
	if c.TLSCert == "" {
		if c.Addr != "" {
			x.add(key, Warn, "mail is received without TLS", "Set smtp.tls_cert and smtp.tls_key.")
		}
		return
	}
	switch leaf, hint, fault := tlscert.Check(c.TLSCert, c.TLSKey, time.Now()); {
	case fault != nil:
		x.add(key, Fail, fault.What, fault.Advice)
	case hint != nil:
		x.add(key, Warn, hint.What, hint.Advice)
	default:
		x.add(key, OK, fmt.Sprintf("%s until %s", strings.Join(leaf.DNSNames, ", "), leaf.NotAfter.Format(time.DateOnly)), "")
	}
}

// filters checks that rspamd and clamd respond.
func (x *checker) filters(ctx context.Context) {
	for _, f := range screening.Filters(&x.cfg.SMTP) {
		bounded, cancel := context.WithTimeout(ctx, serverTimeout)
		fault := f.Ping(bounded)
		cancel()
		if fault != nil {
			x.add(f.Name, Fail, fault.What, fault.Advice)
		} else {
			x.add(f.Name, OK, f.Addr+" answers", "")
		}
	}
}

// publicProviders are domains where anyone can get an address.
var publicProviders = []string{"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "gmx.net", "gmx.de",
	"web.de", "t-online.de", "aol.com", "proton.me", "protonmail.com", "mail.ru", "qq.com", "163.com", "orange.fr", "laposte.net", "libero.it"}

// addresses checks that the support addresses and catch-all domains are plausible.
func (x *checker) addresses() {
	const key = "mail.addresses"
	local, before := localaddr.New(x.cfg.Mail.Addresses, x.cfg.Mail.CatchAll), len(x.found)
	if local.Len() < len(x.cfg.Mail.Addresses) {
		x.add(key, Warn, "an address is listed twice", "Remove one; upper and lower case are the same.")
	}
	for _, d := range x.cfg.Mail.CatchAll {
		if slices.Contains(publicProviders, strings.ToLower(d)) {
			x.add("mail.catch_all", Fail, "everyone with an address at "+d+" would be treated as this site, not as a customer", "Remove "+d+".")
		}
	}
	for _, d := range local.Domains() {
		if slices.Contains(publicProviders, d) && x.cfg.Mail.Domain == "" {
			x.add("mail.domain", Warn, "this machine would use the host name "+d, "Set mail.domain to a name of your own.")
		}
	}
	for _, m := range x.cfg.Mailboxes {
		if imf.ValidAddr(m.User) && !local.Contains(m.User) {
			x.add(key, Warn, fmt.Sprintf("the user of mailbox %q, %s, is not a support address: mail it sends would count as a customer's", m.Name, m.User), "Add it to mail.addresses.")
		}
	}
	if len(x.found) == before {
		x.add(key, OK, strings.Join(x.cfg.Mail.Addresses, ", "), "")
	}
}

// disk checks the free space of the private database.
func (x *checker) disk() {
	if x.cfg.DB.URL != "" {
		return
	}
	free, err := diskspace.Free(x.cfg.Data)
	if err != nil {
		x.add("disk", Fail, err.Error(), "Make the data folder readable for this user.")
		return
	}
	floor := x.cfg.SpaceFloor()
	detail := fmt.Sprintf("%.1f GiB free for %s", float64(free)/(1<<30), x.cfg.Data)
	switch {
	case free < floor:
		x.add("disk", Fail, detail, fmt.Sprintf("Free some space: below %d MiB (min_free_space) nothing is received.", floor>>20))
	case free < max(diskWarn, 2*floor):
		x.add("disk", Warn, detail, "Free some space soon.")
	default:
		x.add("disk", OK, detail, "")
	}
}
