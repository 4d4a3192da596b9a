package direct

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
	"switchboard/internal/mailauth"
	"switchboard/internal/mailtest"
	"switchboard/outbound/mtasts"
	"switchboard/outbound/smtpclient"
)

// exchanger is a mail exchanger at one of this machine's addresses.
type exchanger struct {
	mu    sync.Mutex
	mails []string // recipient, and "tls" or "clear"
	codes map[string]*smtp.SMTPError
}

type visit struct {
	x    *exchanger
	conn *smtp.Conn
	to   string
}

func (x *exchanger) NewSession(c *smtp.Conn) (smtp.Session, error) { return &visit{x: x, conn: c}, nil }

func (v *visit) Reset()                               {}
func (v *visit) Logout() error                        { return nil }
func (v *visit) Mail(string, *smtp.MailOptions) error { return nil }

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.to = to
	if refused := v.x.codes[to]; refused != nil {
		return refused
	}
	return nil
}

func (v *visit) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	how := "clear"
	if _, ok := v.conn.TLSConnectionState(); ok {
		how = "tls"
	}
	v.x.mu.Lock()
	defer v.x.mu.Unlock()
	v.x.mails = append(v.x.mails, v.to+" "+how)
	return err
}

func (x *exchanger) got() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	got := strings.Join(x.mails, ", ")
	x.mails = nil
	return got
}

// port returns one that is free at all addresses that the tests use.
func port(t *testing.T) int {
	t.Helper()
	_, text, err := net.SplitHostPort(mailtest.FreeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// listen starts an exchanger.
func listen(t *testing.T, ip string, port int, cfg *tls.Config) *exchanger {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", ip, port))
	if err != nil {
		t.Fatal(err)
	}
	x := &exchanger{codes: map[string]*smtp.SMTPError{}}
	server := smtp.NewServer(x)
	server.Domain, server.TLSConfig, server.ErrorLog = "mx.example", cfg, log.New(io.Discard, "", 0)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-done })
	return x
}

// greet listens at an address and answers each connection with a greeting, or, if that is
// empty, with silence.
func greet(t *testing.T, ip string, port int, greeting string) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", ip, port))
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { end(); l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				if greeting == "" {
					<-ctx.Done()
					return
				}
				io.WriteString(conn, greeting+"\r\n")
			})
		}
	})
}

// certificate returns a certificate for names, and a pool that trusts it.
func certificate(t *testing.T, names ...string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	cert, key := mailtest.CertificateWith(t, func(c *x509.Certificate) { c.DNSNames = names })
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}}, roots
}

func mailTo(to string) smtpclient.Mail {
	return smtpclient.Mail{From: "help@desk.example", To: to, Data: []byte("Subject: Re: Printer\r\n\r\nPull the plug.\r\n")}
}

func submit(t *testing.T, s *Sender, to string) desk.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return s.Submit(ctx, mailTo(to))
}

// TestSubmit delivers to domains whose servers work, refuse, or do not.
func TestSubmit(t *testing.T) {
	t.Parallel()
	p := port(t)
	cfg, _ := certificate(t, "mx.example")
	first, second, plain := listen(t, "127.0.0.2", p, cfg), listen(t, "127.0.0.3", p, cfg), listen(t, "127.0.0.4", p, nil)
	broken := listen(t, "127.0.0.5", p, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, io.EOF }})
	greet(t, "127.0.0.6", p, "554 5.7.1 go away")
	greet(t, "127.0.0.7", p, "")
	first.codes["gone@acme.example"] = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user; relay denied"}
	first.codes["full@acme.example"] = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
	dns := mailauth.System(mailtest.Zone(t, "mx1.example A 127.0.0.2", "mx2.example A 127.0.0.3", "plain.example A 127.0.0.4", "broken.example A 127.0.0.5",
		"refusing.example A 127.0.0.6", "silent.example A 127.0.0.7", "down.example A 127.0.0.8", "two.example A 127.0.0.8", "two.example A 127.0.0.2",
		"mixed.example AAAA 100::1", "mixed.example A 127.0.0.2",
		"acme.example MX mx1.example", "acme.example MX 20 mx2.example", "backup.example MX down.example", "backup.example MX 20 mx2.example",
		"refused.example MX refusing.example", "refused.example MX 20 mx2.example", "quiet.example MX silent.example", "quiet.example MX 20 mx2.example",
		"dead.example MX down.example", "never.example MX refusing.example", "ghost.example MX nowhere.example", "null.example MX 0 .",
		"fails.example FAIL", "many.example MX two.example", "v6.example MX mixed.example", "half.example MX nowhere.example", "half.example MX 20 mx2.example"))
	s := New(Options{DNS: dns, Hostname: "desk.example", Port: p, Timeout: 2 * time.Second, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Close)
	for _, c := range []struct {
		to, want string // state, enhanced code, and whether the destination was reached
		at       *exchanger
		how      string
	}{
		{"jo@acme.example", "sent", first, "tls"},
		{"jo@ACME.example", "sent", first, "tls"},
		{"gone@acme.example", "failed 5.1.1", nil, ""},
		{"full@acme.example", "delayed 4.2.2", nil, ""}, // what one server says is not asked of another
		{"jo@backup.example", "sent", second, "tls"},
		{"jo@refused.example", "sent", second, "tls"},
		{"jo@quiet.example", "sent", second, "tls"},
		{"jo@half.example", "sent", second, "tls"},
		{"jo@many.example", "sent", first, "tls"},
		{"jo@v6.example", "sent", first, "tls"},
		{"jo@plain.example", "sent", plain, "clear"}, // the implicit MX, without TLS
		{"jo@broken.example", "sent", broken, "clear"},
		{"jo@dead.example", "delayed unreached", nil, ""},
		{"jo@never.example", "delayed 5.7.1 unreached", nil, ""},
		{"jo@ghost.example", "failed 5.4.4", nil, ""},
		{"jo@absent.example", "failed 5.1.2", nil, ""},
		{"jo@null.example", "failed 5.1.10", nil, ""},
		{"jo@fails.example", "delayed 4.4.3 unreached", nil, ""},
		{"jo@[127.0.0.2]", "failed 5.1.3", nil, ""},
	} {
		r := submit(t, s, c.to)
		got := strings.TrimSpace(string(r.State) + " " + r.EnhancedCode)
		if r.State == desk.DeliverySent {
			got = string(r.State)
		}
		if r.Unreached {
			got += " unreached"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s: %+v", c.to, got, c.want, r)
		}
		for _, x := range []*exchanger{first, second, plain, broken} {
			want := ""
			if x == c.at {
				want = strings.ToLower(c.to) + " " + c.how
			}
			if got := strings.ToLower(x.got()); got != want {
				t.Errorf("%s: an exchanger got %q, want %q", c.to, got, want)
			}
		}
	}
	if r := submit(t, s, "jo@acme.example"); !strings.HasPrefix(r.Server, "mx1.example[127.0.0.2]:") {
		t.Errorf("sent to %q", r.Server)
	}
	// If TLS is required, nothing goes out in the clear.
	strict := New(Options{DNS: dns, Hostname: "desk.example", Port: p, Timeout: 2 * time.Second, RequireTLS: true})
	t.Cleanup(strict.Close)
	for to, want := range map[string]string{"jo@acme.example": "sent", "jo@plain.example": "delayed", "jo@broken.example": "delayed"} {
		if r := submit(t, strict, to); string(r.State) != want {
			t.Errorf("%s with TLS required: %+v", to, r)
		}
	}
	if plain.got()+broken.got() != "" {
		t.Error("a mail went out in the clear")
	}
}

// kept keeps policies as the database does.
type kept struct {
	mu  sync.Mutex
	all map[string]mtasts.Stored
}

func (k *kept) STSPolicy(_ context.Context, domain string) (mtasts.Stored, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.all[domain]
	return s, ok, nil
}

func (k *kept) SaveSTSPolicy(_ context.Context, domain string, s mtasts.Stored) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[domain] = s
	return nil
}

// TestPolicies: a domain's policy decides which servers are tried, and that they have valid
// certificates; nothing that an attacker does to the network leads to less.
func TestPolicies(t *testing.T) {
	t.Parallel()
	p := port(t)
	cfg, roots := certificate(t, "mx.good.example", "good.example")
	good, plain := listen(t, "127.0.0.2", p, cfg), listen(t, "127.0.0.3", p, nil)
	records := []string{"good.example MX mx.good.example", "mx.good.example A 127.0.0.2"}
	for _, name := range []string{"stripped", "wrongname", "notlisted", "testing", "nopolicy", "htmlpage", "remembered"} {
		records = append(records, fmt.Sprintf("%[1]s.example MX mx.%[1]s.example", name), fmt.Sprintf("_mta-sts.%s.example TXT v=STSv1; id=1;", name))
	}
	records = append(records, "_mta-sts.good.example TXT v=STSv1; id=1;", "mx.stripped.example A 127.0.0.3", "mx.wrongname.example A 127.0.0.2",
		"mx.notlisted.example A 127.0.0.2", "mx.testing.example A 127.0.0.3", "mx.nopolicy.example A 127.0.0.3", "mx.htmlpage.example A 127.0.0.3", "mx.remembered.example A 127.0.0.3")
	texts := map[string]string{"good": "enforce mx.good.example", "stripped": "enforce *.stripped.example", "wrongname": "enforce mx.wrongname.example",
		"notlisted": "enforce mx.other.example", "testing": "testing mx.other.example"}
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimSuffix(strings.TrimPrefix(r.Host, "mta-sts."), ".example")
		mode, mx, ok := strings.Cut(texts[name], " ")
		if !ok || r.URL.Path != "/.well-known/mta-sts.txt" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, "version: STSv1\r\nmode: %s\r\nmx: %s\r\nmax_age: 86400\r\n", mode, mx)
	}))
	t.Cleanup(web.Close)
	client := web.Client()
	transport := client.Transport.(*http.Transport)
	transport.TLSClientConfig.InsecureSkipVerify = true // the certificate of httptest has other names
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, web.Listener.Addr().String())
	}
	fetch := func(ctx context.Context, url string) ([]byte, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		res, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("status %s", res.Status)
		}
		return io.ReadAll(res.Body)
	}
	dns := mailauth.System(mailtest.Zone(t, records...))
	keep := &kept{all: map[string]mtasts.Stored{"remembered.example": {ID: "0", Fetched: time.Now(), Policy: mtasts.Policy{Mode: mtasts.Enforce, MX: []string{"*.remembered.example"}, MaxAge: time.Hour}}}}
	s := New(Options{DNS: dns, Hostname: "desk.example", Port: p, Timeout: 5 * time.Second, Roots: roots,
		Policies: mtasts.New(dns, fetch, keep, slog.New(slog.DiscardHandler))})
	t.Cleanup(s.Close)
	for name, want := range map[string]string{"good": "sent", "stripped": "STARTTLS", "wrongname": "certificate", "notlisted": "MTA-STS", "testing": "sent",
		"nopolicy": "sent", "htmlpage": "sent", "remembered": "STARTTLS"} {
		r := submit(t, s, "jo@"+name+".example")
		if want == "sent" && r.State != desk.DeliverySent || want != "sent" && (r.State != desk.DeliveryDelayed || !r.Unreached || !strings.Contains(r.Detail, want)) {
			t.Errorf("%s: %+v, want %s", name, r, want)
		}
	}
	if got := good.got(); got != "jo@good.example tls" {
		t.Errorf("with a policy: %q", got)
	}
	got := plain.got()
	for _, name := range []string{"testing", "nopolicy", "htmlpage"} {
		if !strings.Contains(got, "jo@"+name+".example clear") {
			t.Errorf("in the clear: %q", got)
		}
	}
	if strings.Contains(got, "stripped") || strings.Contains(got, "remembered") {
		t.Errorf("downgraded: %q", got)
	}
	if _, ok := keep.all["good.example"]; !ok || len(keep.all) != 6 {
		t.Errorf("kept: %v", keep.all)
	}
}
