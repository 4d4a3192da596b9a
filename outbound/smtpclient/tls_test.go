package smtpclient

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"switchboard/desk"
)

// submission is a server that requires TLS and a password.
type submission struct {
	mechanism string
	mu        sync.Mutex
	helo      []string // the last EHLO name for each message
	mails     int
}

type submitter struct {
	s      *submission
	c      *smtp.Conn
	signed bool
}

func (s *submission) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &submitter{s: s, c: c}, nil
}

func (u *submitter) AuthMechanisms() []string { return []string{u.s.mechanism} }

func (u *submitter) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if u.signed = user == "desk" && password == "right"; !u.signed {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no"}
		}
		return nil
	}
	if mech == sasl.Plain {
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	}
	return &loginServer{check: check}, nil
}

// loginServer implements AUTH LOGIN, which has two challenges.
type loginServer struct {
	check func(user, password string) error
	said  []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.said = append(l.said, string(response))
	}
	switch len(l.said) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.said[0], l.said[1])
}

func (u *submitter) Mail(string, *smtp.MailOptions) error {
	if _, ok := u.c.TLSConnectionState(); !ok || !u.signed {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in"}
	}
	return nil
}
func (u *submitter) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (u *submitter) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil || len(b) == 0 {
		return errors.New("torn")
	}
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mails++
	u.s.helo = append(u.s.helo, u.c.Hostname())
	return nil
}
func (u *submitter) Reset()        {}
func (u *submitter) Logout() error { return nil }

// certify returns a certificate for 127.0.0.1 and a pool that trusts it.
func certify(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "smarthost"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLSAndAuth(t *testing.T) {
	cert, pool := certify(t)
	for _, c := range []struct {
		name      string
		mode      TLSMode
		mechanism string
		password  string
		trust     *x509.CertPool
		state     desk.DeliveryState
		says      string
	}{
		{"STARTTLS, PLAIN", TLSStart, sasl.Plain, "right", pool, desk.DeliverySent, ""},
		{"TLS, PLAIN", TLSImplicit, sasl.Plain, "right", pool, desk.DeliverySent, ""},
		{"STARTTLS, LOGIN", TLSStart, sasl.Login, "right", pool, desk.DeliverySent, ""},
		{"wrong password", TLSStart, sasl.Plain, "wrong", pool, desk.DeliveryDelayed, `rejected the login of "desk": 535 5.7.8 no`},
		{"unsupported mechanism", TLSStart, "SCRAM-SHA-256", "right", pool, desk.DeliveryDelayed, "neither"},
		{"untrusted certificate", TLSStart, sasl.Plain, "right", x509.NewCertPool(), desk.DeliveryDelayed, "certificate"},
		{"untrusted certificate, implicit TLS", TLSImplicit, sasl.Plain, "right", x509.NewCertPool(), desk.DeliveryDelayed, "certificate"},
		{"no TLS where the server requires it", TLSNone, sasl.Plain, "right", nil, desk.DeliveryDelayed, "neither"},
	} {
		t.Run(c.name, func(t *testing.T) {
			backend := &submission{mechanism: c.mechanism}
			server := smtp.NewServer(backend)
			server.Domain, server.ErrorLog = "smarthost", log.New(io.Discard, "", 0)
			server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			if c.mode == TLSImplicit {
				l = tls.NewListener(l, server.TLSConfig)
			}
			ended := make(chan error, 1)
			go func() { ended <- server.Serve(l) }()
			t.Cleanup(func() { server.Close(); <-ended })
			m := clientFor(t, l.Addr().String(), func(cfg *Config) {
				cfg.TLS, cfg.User, cfg.Password, cfg.TLSConfig = c.mode, "desk", c.password, &tls.Config{RootCAs: c.trust}
			})
			for range 2 {
				r := m.Submit(t.Context(), mailTo("jo@acme.example"))
				if r.State != c.state || !strings.Contains(r.Detail, c.says) || strings.Contains(r.Detail, "right") {
					t.Fatalf("got %+v", r)
				}
			}
			if c.state == desk.DeliverySent && (backend.mails != 2 || backend.helo[0] != "desk.example") {
				t.Errorf("%d messages, EHLO %q", backend.mails, backend.helo)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no port":              {Addr: "smarthost"},
		"invalid TLS mode":     {Addr: "smarthost:25", TLS: "maybe"},
		"unencrypted password": {Addr: "smarthost:25", TLS: TLSNone, User: "desk", Password: "x"},
	} {
		if _, err := New(cfg); err == nil || desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
