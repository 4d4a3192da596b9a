package gateway_test

import (
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// TestSignatures: signed mail is received by SMTP, and the API returns the result of
// verifying its signature.
func TestSignatures(t *testing.T) {
	t.Parallel()
	ca, g, keys := mailtest.NewAuthority(t, "Acme Mail CA"), mailtest.NewGPG(t), t.TempDir()
	jo := ca.Person("Jo Acme", "jo@acme.example")
	g.Key("Bo Acme <bo@acme.example>", "never")
	g.Export(keys, "bo@acme.example")
	r := start(t, func(cfg *config.Config) {
		cfg.Signatures = config.Signatures{SMIMEAuthorities: []string{ca.File}, OpenPGPKeys: []string{keys}}
	})
	const entity = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nThe printer smokes, grüße.\n"
	good := ca.Sign(jo, entity)
	send := func(from, subject, signed string) message {
		t.Helper()
		head := "From: " + from + "\nTo: support@desk.example\nSubject: " + subject + "\nMessage-ID: <" + subject + "@acme.example>\n"
		r.post("jo@acme.example", "support@desk.example", head+signed)
		return r.messages(r.only(subject).ID)[0]
	}
	mixed := func(parts ...string) string {
		return "List-Id: <users.lists.example>\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\n" + strings.Join(parts, "\n--outer\n") + "\n--outer--\n"
	}
	evil := mailtest.NewAuthority(t, "Unknown CA")
	for _, test := range []struct{ subject, from, signed, kind, status string }{
		{"detached", "jo@acme.example", good, "smime", "valid"},
		{"opaque", "jo@acme.example", ca.Sign(jo, entity, "-nodetach"), "smime", "valid"},
		{"changed", "jo@acme.example", strings.Replace(good, "smokes", "burns", 1), "smime", "invalid"},
		{"stranger", "eve@evil.example", good, "smime", "mismatch"},
		{"unknown", "jo@acme.example", evil.Sign(evil.Person("Jo Acme", "jo@acme.example"), entity), "smime", "untrusted"},
		{"expired", "jo@acme.example", ca.Sign(ca.Expired("Jo 2020", "jo@acme.example"), entity), "smime", "expired"},
		{"blanks", "jo@acme.example", ca.Sign(jo, strings.Replace(entity, "grüße.", "grüße.  \t", 1)), "smime", "valid"},
		{"quoted", "jo@acme.example", ca.Sign(jo, "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nThe printer smokes, gr=C3=BC=C3=9Fe.=\n\n"), "smime", "valid"},
		{"linefeeds", "jo@acme.example", ca.Sign(jo, entity, "-binary"), "smime", "invalid"}, // RFC 8551 §3.1.1: line ends must be CRLF when it is signed
		{"opaquefeeds", "jo@acme.example", ca.Sign(jo, entity, "-binary", "-nodetach"), "smime", "valid"},
		{"footer", "bo@acme.example", mixed(g.Sign("bo@acme.example", entity), "Content-Type: text/plain\n\n_____\nusers\n"), "openpgp", "valid"},
		{"nested", "jo@acme.example", mixed("Content-Type: text/plain\n\nPay to the other account.\n", good), "smime", "partial"},
		{"pgp", "bo@acme.example", g.Sign("bo@acme.example", entity), "openpgp", "valid"},
		{"clear", "bo@acme.example", "Content-Type: text/plain; charset=utf-8\n\n" + g.Clear("bo@acme.example", "The printer smokes, grüße.\n"), "openpgp", "valid"},
	} {
		m := send(test.from, test.subject, test.signed)
		if s := m.Signature; s == nil || s.Kind != test.kind || s.Status != test.status || s.Reason == "" || (s.Key == "") != (test.status == "partial") || (s.Footer != "") != (test.subject == "footer") {
			t.Errorf("%s: %+v", test.subject, s)
		}
		if want := "The printer smokes, grüße."; test.subject != "changed" && !strings.Contains(m.Text, want) {
			t.Errorf("%s: text %q", test.subject, m.Text)
		}
		if len(m.Attachments) != 1 {
			t.Errorf("%s: attachments %v, want the signed part", test.subject, m.Attachments)
		}
	}
	if m := send("jo@acme.example", "unsigned", "\nHello.\n"); m.Signature != nil {
		t.Errorf("unsigned mail: %+v", m.Signature)
	}
	g.Key("New Acme <new@acme.example>", "never")
	g.Export(keys, "new@acme.example")
	if m := send("new@acme.example", "newcomer", g.Sign("new@acme.example", entity)); m.Signature == nil || m.Signature.Status != "valid" {
		t.Errorf("a key added later: %+v", m.Signature)
	}
}
