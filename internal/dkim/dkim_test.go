package dkim_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/dkim"
	"switchboard/internal/mailauth"
	"switchboard/internal/mailtest"
	"switchboard/outbound/render"
)

func key(t *testing.T, domain, selector string, a dkim.Algorithm) dkim.Key {
	t.Helper()
	text, err := dkim.Generate(a)
	if err != nil {
		t.Fatal(err)
	}
	private, err := dkim.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return dkim.Key{Domain: domain, Selector: selector, Private: private}
}

// dkimpy returns what an independent verifier says about the signatures of a message.
func dkimpy(t *testing.T, message []byte, keys ...dkim.Key) string {
	t.Helper()
	python := "/usr/bin/python3" // Debian's, which has the package
	if _, err := os.Stat(python); err != nil {
		python = "python3"
	}
	args := []string{"testdata/verify.py"}
	for i := range keys {
		args = append(args, keys[i].Name(), keys[i].Record())
	}
	cmd := exec.CommandContext(t.Context(), python, args...)
	cmd.Stdin = bytes.NewReader(message)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v (scripts/test-tools installs what this needs)\n%s", err, out)
	}
	return strings.Join(strings.Split(strings.TrimSpace(string(out)), "\n"), ", ")
}

func message() desk.Message {
	return desk.Message{MessageID: "1@desk.example", SentAt: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC),
		From: []desk.Address{{Name: "Zoë at Acme", Email: "help@desk.example"}}, To: []desk.Address{{Name: "李雷", Email: "li@例え.example"}},
		CC: []desk.Address{{Email: "cc@other.example"}}, Subject: "Re: Büro — " + strings.Repeat("sehr langer Betreff ", 12),
		References: []string{"a@x.example", "b@x.example"}, InReplyTo: []string{"b@x.example"},
		TextBody: "Grüße  \n\n.\n..two dots\nFrom here  \t\n\n\n", HTMLBody: "<p>Grüße</p>",
		Attachments: []desk.Part{{Name: "📎.bin", Type: "application/octet-stream", Data: bytes.Repeat([]byte{0, 255}, 500)}}}
}

// TestSignatures: dkimpy and our own verifier accept both signatures, and neither accepts
// a message with a field changed or added.
func TestSignatures(t *testing.T) {
	t.Parallel()
	r, e := key(t, "desk.example", "r2026", dkim.RSA), key(t, "desk.example", "e2026", dkim.Ed25519)
	raw, err := render.Message(message(), "help+token@desk.example")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := dkim.Keys{r, e, key(t, "other.example", "o", dkim.RSA)}.Sign("help@desk.example", raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(signed, raw) {
		t.Fatal("signing changed the message")
	}
	if got := dkimpy(t, signed, r, e); got != "r2026 True, e2026 True" {
		t.Errorf("dkimpy: %s", got)
	}
	checker := mailauth.New("desk.example", mailauth.System(mailtest.Zone(t, r.Name()+" TXT "+r.Record(), e.Name()+" TXT "+e.Record(),
		"_dmarc.desk.example TXT v=DMARC1; p=reject; adkim=s")))
	if got := checker.Check(t.Context(), mailauth.Facts{Content: signed}); strings.Count(got, "dkim=pass") != 2 || !strings.Contains(got, "dmarc=pass") {
		t.Errorf("our own verifier: %s", got)
	}
	for _, change := range []struct{ name, old, new string }{
		{"subject", "Subject: ", "Subject: x"},
		{"second From", "From: ", "From: eve@evil.example\r\nFrom: "},
		{"second Subject", "Subject: ", "Subject: other\r\nSubject: "},
		{"second To", "To: ", "To: eve@evil.example\r\nTo: "},
		{"second Cc", "Cc: ", "Cc: eve@evil.example\r\nCc: "},
		{"second Date", "Date: ", "Date: Mon, 30 Nov 2026 12:00:00 +0000\r\nDate: "},
		{"body", "Gr=C3=BC=C3=9Fe", "Gr=C3=BC=C3=9Fen"},
	} {
		changed := bytes.Replace(signed, []byte("\r\n"+change.old), []byte("\r\n"+change.new), 1)
		if bytes.Equal(changed, signed) {
			t.Fatalf("%s: not found in\n%s", change.name, signed)
		}
		if got := dkimpy(t, changed, r, e); strings.Contains(got, "True") {
			t.Errorf("%s changed: %s", change.name, got)
		}
	}
}

// TestLines: no line of the signatures exceeds the limit of RFC 5322 §2.1.1.
func TestLines(t *testing.T) {
	t.Parallel()
	raw, err := render.Message(message(), "")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := dkim.Keys{key(t, "desk.example", "r", dkim.RSA)}.Sign("help@desk.example", raw)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(signed), "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d octets: %s", len(line), line)
		}
	}
}

// TestFor: the keys of the sender's own domain sign, or else those of one above it, so that
// DMARC finds an aligned signature.
func TestFor(t *testing.T) {
	t.Parallel()
	keys := dkim.Keys{key(t, "example.com", "a", dkim.Ed25519), key(t, "help.example.com", "b", dkim.Ed25519), key(t, "help.example.com", "c", dkim.Ed25519)}
	for domain, want := range map[string]string{"example.com": "a", "Help.Example.com": "b c", "eu.help.example.com": "b c", "mail.example.com": "a",
		"notexample.com": "", "example.org": "", "com": ""} {
		var got []string
		for _, k := range keys.For(domain) {
			got = append(got, k.Selector)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: signed by %q, want %q", domain, s, want)
		}
	}
	plain := []byte("From: a@example.org\r\n\r\nx\r\n")
	if out, err := keys.Sign("a@example.org", plain); err != nil || !bytes.Equal(out, plain) {
		t.Errorf("a domain without keys: %q, %v", out, err)
	}
}

// TestParse: keys of other programs are accepted, weak and encrypted ones are not.
func TestParse(t *testing.T) {
	t.Parallel()
	openssl := func(args ...string) []byte {
		out, err := exec.CommandContext(t.Context(), "openssl", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, c := range []struct {
		name string
		text []byte
		want string
	}{
		{"PKCS #1", openssl("genrsa", "-traditional", "2048"), ""},
		{"PKCS #8", openssl("genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"), ""},
		{"Ed25519", openssl("genpkey", "-algorithm", "ed25519"), ""},
		{"weak", openssl("genrsa", "1024"), "too weak"},
		{"encrypted", openssl("genrsa", "-aes128", "-passout", "pass:x", "2048"), "ENCRYPTED"},
		{"another kind", openssl("genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "neither"},
		{"no key", []byte("hello"), "no private key"},
	} {
		_, err := dkim.Parse(c.text)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestZone: the record is split in strings of at most 255 octets, which joined are the record.
func TestZone(t *testing.T) {
	t.Parallel()
	k := key(t, "desk.example", "s", dkim.RSA)
	joined := ""
	for _, m := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(k.Zone(), -1) {
		if joined += m[1]; len(m[1]) > 255 {
			t.Errorf("a string of %d octets", len(m[1]))
		}
	}
	if joined != k.Record() {
		t.Errorf("%q, want %q", joined, k.Record())
	}
}
