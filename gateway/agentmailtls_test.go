package gateway_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// TestMailProgramsUseTLS: IMAP and submission work over TLS, and an app password that is revoked ends what is open on both: a
// program that is signed in can neither read nor submit.
func TestMailProgramsUseTLS(t *testing.T) {
	t.Parallel()
	cert, key := mailtest.Certificate(t)
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, content := range map[string][]byte{certFile: cert, keyFile: key} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	imaps, submissions := mailtest.FreeAddr(t), mailtest.FreeAddr(t)
	r := start(t, func(c *config.Config) {
		c.AgentMail = config.AgentMail{IMAPTLS: imaps, SubmissionTLS: submissions, TLSCert: certFile, TLSKey: keyFile}
	})
	password := r.appPassword("ana@desk.example")
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	secure := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}

	reader, err := imapclient.DialTLS(imaps, &imapclient.Options{TLSConfig: secure})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	if err := reader.Login("ana@desk.example", password).Wait(); err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", submissions, secure)
	if err != nil {
		t.Fatal(err)
	}
	writer, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writer.Close() })
	if err := writer.Auth(smtp.PlainAuth("", "ana@desk.example", password, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	submit := func() error {
		if err := writer.Mail("ana@desk.example"); err != nil {
			return err
		}
		if err := writer.Rcpt("jo@customer.example"); err != nil {
			return err
		}
		w, err := writer.Data()
		if err != nil {
			return err
		}
		fmt.Fprint(w, "From: ana@desk.example\r\nTo: jo@customer.example\r\nSubject: Hello\r\n\r\nHello\r\n")
		return w.Close()
	}
	if err := submit(); err == nil || !strings.HasPrefix(err.Error(), "550") {
		t.Errorf("a mail that answers nothing: %v", err)
	}
	var list struct{ Data []struct{ ID string } }
	r.call("GET", "/app-passwords", nil, &list)
	for _, p := range list.Data {
		r.call("DELETE", "/app-passwords/"+p.ID, nil, nil)
	}
	if err := submit(); err == nil || !strings.HasPrefix(err.Error(), "535") {
		t.Errorf("after the password was revoked: %v", err)
	}
	r.eventually("the session that reads has ended", func() bool {
		_, err := reader.List("", "*", nil).Collect()
		return err != nil
	})
}
