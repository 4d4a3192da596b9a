package netfault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dial returns the error of connecting to addr, with TLS if config is set.
func dial(t *testing.T, network, addr string, config *tls.Config) error {
	t.Helper()
	var conn net.Conn
	var err error
	if config != nil {
		conn, err = tls.Dial(network, addr, config)
	} else {
		conn, err = net.Dial(network, addr)
	}
	if err == nil {
		conn.Close()
		t.Fatalf("%s: connecting did not fail", addr)
	}
	return fmt.Errorf("somewhere: %w", err)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	clear := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(clear.Close)
	taken, secure := clear.Listener.Addr().String(), web.Listener.Addr().String()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	_, busy := net.Listen("tcp", taken)
	_, foreign := net.Listen("tcp", "192.0.2.1:0")
	_, missing := os.ReadFile(filepath.Join(t.TempDir(), "cert.pem"))
	ended := x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{NotAfter: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}}
	future := x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{NotAfter: time.Now().Add(2 * time.Hour), NotBefore: time.Now().Add(time.Hour)}}
	for _, c := range []struct {
		name, addr   string
		err          error
		what, advice string
	}{
		{"refused", "127.0.0.1:1", dial(t, "tcp", "127.0.0.1:1", nil), "nothing listens on 127.0.0.1:1", "is running"},
		{"no socket", "/nowhere/x.sock", dial(t, "unix", "/nowhere/x.sock", nil), "/nowhere/x.sock does not exist", "create what is missing"},
		{"in use", taken, busy, taken + " is in use by another program", "Stop that program"},
		{"not a local address", "192.0.2.1:0", foreign, "192.0.2.1:0 is not an address of this machine", "this machine's addresses"},
		{"no file", "x", missing, "cert.pem does not exist", "create what is missing"},
		{"no permission", "/run/x", fmt.Errorf("open: %w", syscall.EACCES), "permission denied for /run/x", "access to it"},
		{"unknown name", "a.example:1", &net.DNSError{Name: "a.example", IsNotFound: true}, `the host name "a.example" does not exist`, "spelling"},
		{"no DNS", "a.example:1", &net.DNSError{Name: "a.example", IsTimeout: true}, `the host name "a.example" could not be resolved`, "resolv.conf"},
		{"timeout", "a:1", context.DeadlineExceeded, "a:1 does not answer", "firewalls"},
		{"no route", "a:1", syscall.ENETUNREACH, "there is no network route to a:1", "network"},
		{"closed", "a:1", io.ErrUnexpectedEOF, "a:1 closed the connection", "log"},
		{"no TLS", taken, dial(t, "tcp", taken, &tls.Config{RootCAs: roots, ServerName: "example.com"}), "does not speak TLS: a web server answered", "port"},
		{"old TLS", secure, dial(t, "tcp", secure, &tls.Config{RootCAs: roots, ServerName: "example.com", MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}), "aborted the TLS handshake (protocol version not supported)", "TLS 1.2"},
		{"unknown authority", secure, dial(t, "tcp", secure, &tls.Config{ServerName: "example.com"}), "is signed by", "install its authority's certificate"},
		{"wrong name", secure, dial(t, "tcp", secure, &tls.Config{RootCAs: roots, ServerName: "imap.acme.example"}), "is for example.com, *.example.com, 127.0.0.1, ::1, not for imap.acme.example", "one of the certificate's names"},
		{"expired", "a:1", ended, "the certificate of a:1 expired on 2026-01-02", "renew"},
		{"not yet", "a:1", future, "the certificate of a:1 is not valid before", "clock"},
		{"something else", "a:1", errors.New("moon"), "", ""},
	} {
		what, advice := Explain(c.addr, c.err)
		if !strings.Contains(what, c.what) || !strings.Contains(advice, c.advice) || c.what == "" && what != "" {
			t.Errorf("%s: %q, %q from %v", c.name, what, advice, c.err)
		}
		for _, word := range []string{"dial", "x509", "tls:", "syscall", "EOF", "lookup"} {
			if strings.Contains(what+advice, word) {
				t.Errorf("%s: technical term %q in %q, %q", c.name, word, what, advice)
			}
		}
	}
}
