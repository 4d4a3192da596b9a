package mailfilter

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"switchboard/internal/mailtest"
)

func testMail(subject, text string) []byte {
	return []byte("From: ann@customer.example\r\nSubject: " + subject + "\r\n\r\n" + text + "\r\n")
}

func TestClamd(t *testing.T) {
	t.Parallel()
	clamd := NewClamd(mailtest.Clamd(t))
	attached := "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=x.bin\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(mailtest.VirusMark)) + "\r\n--b--\r\n"
	for name, c := range map[string]struct {
		content string
		found   string
		fails   bool
	}{
		"clean":                       {string(testMail("x", "Hello.")), "", false},
		"empty":                       {"", "", false},
		"in the text":                 {string(testMail("x", mailtest.VirusMark)), "Switchboard.Test.UNOFFICIAL", false},
		"in an attachment":            {"Received: from x by y; Sat, 21 Nov 2026 10:00:00 +0000\r\nFrom: a@b.example\r\nSubject: x\r\nMessage-ID: <1@x>\r\n" + attached, "Switchboard.Test.UNOFFICIAL", false},
		"larger than StreamMaxLength": {string(testMail("x", strings.Repeat("a line of text without a virus\r\n", 100_000))), "", true},
	} {
		found, err := clamd.Check(t.Context(), []byte(c.content))
		if found != c.found || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v", name, found, err)
		}
	}
}

// TestClamdAway: if clamd is down, silent or answers nonsense, Check returns an
// error and never "nothing found".
func TestClamdAway(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"no answer": "", "unknown answer": "stream: MAYBE\x00", "error answer": "stream: lstat() failed. ERROR\x00"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			if conn, err := l.Accept(); err == nil {
				io.WriteString(conn, answer)
				conn.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, conn)
				conn.Close()
			}
		}()
		if found, err := NewClamd(l.Addr().String()).Check(t.Context(), testMail("x", "y")); err == nil {
			t.Errorf("%s: %q", name, found)
		}
	}
	if _, err := NewClamd("/nowhere/clamd.sock").Check(t.Context(), testMail("x", "y")); err == nil {
		t.Error("no error for a missing socket")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts the message and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, err := l.Accept(); err == nil {
			defer conn.Close()
			conn.Read(make([]byte, 10))
			cancel()
			io.Copy(io.Discard, conn)
		}
	}()
	if _, err := NewClamd(l.Addr().String()).Check(ctx, testMail("x", "y")); err == nil {
		t.Error("no error for a silent scanner")
	}
}

func TestRspamd(t *testing.T) {
	t.Parallel()
	rspamd := NewRspamd(mailtest.Rspamd(t)+"/", "")
	m := Mail{ClientIP: netip.MustParseAddr("192.0.2.7"), Helo: "client.example", From: "ann@customer.example", To: []string{"a@desk.example", "b@desk.example"}}
	for _, action := range []string{"no action", "add header", "rewrite subject", ActionSoftReject, ActionGreylist, ActionReject} {
		m.Content = testMail("action: "+action, "Hello.")
		if got, err := rspamd.Check(t.Context(), m); err != nil || got.Action != action {
			t.Errorf("%s: %+v, %v", action, got, err)
		}
	}
	m.Content = testMail("x", "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X")
	if got, err := rspamd.Check(t.Context(), m); err != nil || got.Action != ActionReject || got.Required != 15 || got.Score < 15 || got.Text() == "" {
		t.Errorf("GTUBE: %+v, %v", got, err)
	}
	m.Content = testMail("action: envelope", "Hello.")
	if got, err := rspamd.Check(t.Context(), m); err != nil || got.Text() != "ann@customer.example a@desk.example,b@desk.example client.example 192.0.2.7" {
		t.Errorf("envelope: %q, %v", got.Text(), err)
	}
	// Control characters in the envelope must not break the request.
	m.Helo, m.From = "x\r\nSubject: y", "\"a\tb\x00\"@customer.example"
	if _, err := rspamd.Check(t.Context(), m); err != nil {
		t.Errorf("control characters in the envelope: %v", err)
	}
}

func TestRspamdAway(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"error status": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"action":"no action"}`, http.StatusForbidden)
		},
		"no action": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"score":1}`) },
		"not JSON":  func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		},
	} {
		s := httptest.NewServer(http.HandlerFunc(answer))
		defer s.Close()
		if got, err := NewRspamd(s.URL, "").Check(t.Context(), Mail{Content: testMail("x", "y")}); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if _, err := NewRspamd("http://127.0.0.1:1", "").Check(t.Context(), Mail{}); err == nil {
		t.Error("no error for a refused connection")
	}
}
