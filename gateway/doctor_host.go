package gateway

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

	"switchboard/internal/imf"
	"switchboard/internal/netfault"
)

// http reports whether a gateway serves the address already.
func (x *examiner) http(ctx context.Context) (running bool) {
	l, err := net.Listen("tcp", x.cfg.Addr)
	switch {
	case err == nil:
		l.Close()
		x.add("addr", Sound, x.cfg.Addr+" is free", "")
		return false
	case !errors.Is(err, syscall.EADDRINUSE):
		f := bindFault("addr", x.cfg.Addr, err)
		x.add("addr", Fail, f.What, f.Advice)
		return false
	}
	if err := livez(ctx, "http://"+x.cfg.Addr); err != nil {
		x.add("addr", Fail, x.cfg.Addr+" is in use by another program", "Stop that program, or choose another addr.")
		return false
	}
	x.add("addr", Sound, x.cfg.Addr+" is served by a running gateway", "")
	return true
}

var errNoGateway = errors.New("something else than a gateway answers")

// livez asks a gateway whether it lives.
func livez(ctx context.Context, base string) error {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
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

// public looks at where customers and agents reach us.
func (x *examiner) public(ctx context.Context, running bool) {
	const check = "public_url"
	u, err := url.Parse(x.cfg.PublicURL)
	switch {
	case x.cfg.PublicURL == "":
		if len(x.cfg.Widgets)+len(x.cfg.Forms) > 0 {
			x.add(check, Warn, "it is not set", "Set it to the https:// address of your proxy: widgets and forms are reached there.")
		}
		return
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		x.add(check, Fail, fmt.Sprintf("%q is no URL of a website", x.cfg.PublicURL), "Name it as https://help.example.com, without a slash at the end.")
		return
	case u.Scheme == "http" && !loopback(u.Hostname()):
		x.add(check, Warn, x.cfg.PublicURL+" is not encrypted: passwords and chats could be read on the way", "Put a TLS proxy in front, and name it with https://.")
		return
	case !running:
		x.add(check, Sound, x.cfg.PublicURL+" is asked when a gateway runs", "")
		return
	}
	switch err := livez(ctx, strings.TrimSuffix(x.cfg.PublicURL, "/")); {
	case err == nil:
		x.add(check, Sound, x.cfg.PublicURL+" leads to a gateway", "")
	case errors.Is(err, errNoGateway):
		x.add(check, Fail, fmt.Sprintf("%s: %v", x.cfg.PublicURL, err), "Let the proxy pass everything on to "+x.cfg.Addr+", paths unchanged.")
	default: // perhaps it is reached from outside alone
		what, advice := netfault.Explain(u.Host, err)
		if what == "" {
			what, advice = x.cfg.PublicURL+" is not reached", "Try it with a browser."
		}
		x.add(check, Warn, "from this machine "+what, advice+" If the address works from outside alone, this is no fault.")
	}
}

func (x *examiner) port(key, addr string, running bool) {
	if addr == "" {
		return
	}
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		l.Close()
		x.add(key, Sound, addr+" is free", "")
	case errors.Is(err, syscall.EADDRINUSE) && running:
		x.add(key, Sound, addr+" is in use, and a gateway runs", "")
	default:
		f := bindFault(key, addr, err)
		x.add(key, Fail, f.What, f.Advice)
	}
}

// socket looks at the socket of LMTP without making it.
func (x *examiner) socket(path string, running bool) {
	const key = "smtp.lmtp"
	if path == "" {
		return
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		conn.Close()
		if running {
			x.add(key, Sound, path+" is served, and a gateway runs", "")
		} else {
			x.add(key, Fail, path+" is in use by another program", "Stop that program, or choose another "+key+".")
		}
		return
	}
	const most, writable = 100, 2
	_, err := os.Stat(filepath.Dir(path))
	if err == nil {
		err = syscall.Access(filepath.Dir(path), writable)
	}
	if err == nil && len(path) > most {
		err = syscall.EINVAL
	}
	if info, statErr := os.Lstat(path); err == nil && statErr == nil && info.Mode().Type() != os.ModeSocket {
		err = syscall.EADDRINUSE
	}
	switch {
	case err != nil:
		f := bindFault(key, path, err)
		x.add(key, Fail, f.What, f.Advice)
	case running:
		x.add(key, Warn, "a gateway runs and does not serve "+path, "Restart it with this configuration.")
	default:
		x.add(key, Sound, path+" can be made", "")
	}
}

func (x *examiner) certificate() {
	c := x.cfg.SMTP
	const key = "smtp.tls_cert"
	if c.TLSCert == "" {
		if c.Addr != "" {
			x.add(key, Warn, "mail is received without TLS", "Set smtp.tls_cert and smtp.tls_key.")
		}
		return
	}
	switch leaf, hint, fault := certificateState(c.TLSCert, c.TLSKey, time.Now()); {
	case fault != nil:
		x.add(key, Fail, fault.What, fault.Advice)
	case hint != nil:
		x.add(key, Warn, hint.What, hint.Advice)
	default:
		x.add(key, Sound, fmt.Sprintf("%s until %s", strings.Join(leaf.DNSNames, ", "), leaf.NotAfter.Format(time.DateOnly)), "")
	}
}

func (x *examiner) filters(ctx context.Context) {
	for _, f := range filterPings(&x.cfg.SMTP) {
		bounded, cancel := context.WithTimeout(ctx, examineTime)
		err := f.ping(bounded)
		cancel()
		if fault := f.fault(err); fault != nil {
			x.add(f.name, Fail, fault.What, fault.Advice)
		} else {
			x.add(f.name, Sound, f.addr+" answers", "")
		}
	}
}

// shared are domains where everybody has an address.
var shared = []string{"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "gmx.net", "gmx.de",
	"web.de", "t-online.de", "aol.com", "proton.me", "protonmail.com", "mail.ru", "qq.com", "163.com", "orange.fr", "laposte.net", "libero.it"}

// addresses looks whether what is ours can be ours.
func (x *examiner) addresses() {
	const key = "mail.addresses"
	own, before := newAddresses(x.cfg.Mail), len(x.found)
	if len(own.base) < len(x.cfg.Mail.Addresses) {
		x.add(key, Warn, "an address stands there twice", "Leave one out; upper and lower case are the same.")
	}
	for _, d := range x.cfg.Mail.CatchAll {
		if slices.Contains(shared, strings.ToLower(d)) {
			x.add("mail.catch_all", Fail, "everybody with an address at "+d+" would be one of us, and no customer", "Take "+d+" out.")
		}
	}
	for d := range own.domains {
		if slices.Contains(shared, d) && x.cfg.Mail.Domain == "" {
			x.add("mail.domain", Warn, "this machine would call itself "+d, "Set mail.domain to a name of your own.")
		}
	}
	for _, m := range x.cfg.Mailboxes {
		if imf.ValidAddr(m.User) && !own.own(m.User) {
			x.add(key, Warn, fmt.Sprintf("the mailbox %q is read as %s, which is none of them: what it sends would count as a customer's", m.Name, m.User), "Add it to mail.addresses.")
		}
	}
	if len(x.found) == before {
		x.add(key, Sound, strings.Join(x.cfg.Mail.Addresses, ", "), "")
	}
}

// disk looks where the private database is, or will be.
func (x *examiner) disk() {
	if x.cfg.DB.URL != "" {
		return
	}
	dir, err := filepath.Abs(x.cfg.Data)
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	var fs syscall.Statfs_t
	if err == nil {
		err = syscall.Statfs(dir, &fs)
	}
	if err != nil {
		x.add("disk", Fail, err.Error(), "Make the data folder readable for this user.")
		return
	}
	free := uint64(fs.Bavail) * uint64(fs.Bsize) //nolint:unconvert // the types differ between systems
	detail := fmt.Sprintf("%.1f GiB free at %s", float64(free)/(1<<30), dir)
	switch {
	case free < diskFail:
		x.add("disk", Fail, detail, "Make room: without it no mail can be taken.")
	case free < diskWarn:
		x.add("disk", Warn, detail, "Make room soon.")
	default:
		x.add("disk", Sound, detail, "")
	}
}
