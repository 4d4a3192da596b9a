package mailsig_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/mailsig"
	"switchboard/internal/mailtest"
	"switchboard/normalize"
)

// received is the current time, because gpg dates its signatures by the clock.
var received = time.Now()

const (
	entity = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nDear all,=20\nthe printer smokes, gr=C3=BC=C3=9Fe.\n"
	footer = "_______________________________________________\nusers mailing list\n"
)

// mail prepends a header to a signed entity.
func mail(from, signed string, extra ...string) string {
	return "From: " + from + "\nTo: support@desk.example\nSubject: Printer\nMessage-ID: <1@acme.example>\n" + strings.Join(append(extra, signed), "\n")
}

func mixed(parts ...string) string {
	return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\n" + strings.Join(parts, "\n--outer\n") + "\n--outer--\n"
}

func load(t testing.TB, c mailsig.Config) *mailsig.Trust {
	t.Helper()
	trust, err := mailsig.Load(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

// verifyMail verifies a message with the line ends it has in transport.
func verifyMail(t *testing.T, trust *mailsig.Trust, text string) *desk.Signature {
	t.Helper()
	return verifyMailAt(t, trust, strings.ReplaceAll(text, "\n", "\r\n"), received)
}

func verifyMailAt(t *testing.T, trust *mailsig.Trust, text string, at time.Time) *desk.Signature {
	t.Helper()
	m := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: at, Bytes: []byte(text)})
	if m.Signed == nil {
		t.Fatalf("no signature was found; problems %v, text %q", m.Problems, m.TextBody)
	}
	return trust.Verify(m.Signed, at)
}

type expectation struct {
	name, mail string
	status     desk.SignatureStatus
	reason     string // a substring of it
}

func (e expectation) check(t *testing.T, got *desk.Signature) {
	t.Helper()
	if got.Status != e.status || !strings.Contains(got.Reason, e.reason) {
		t.Errorf("%s: %s (%s), want %s (... %s ...)", e.name, got.Status, got.Reason, e.status, e.reason)
	}
	if (got.Status == desk.SignatureValid) != (e.status == desk.SignatureValid) {
		t.Errorf("%s: status and validity do not agree", e.name)
	}
}

func TestSMIME(t *testing.T) {
	t.Parallel()
	acme, evil := mailtest.NewAuthority(t, "Acme Mail CA"), mailtest.NewAuthority(t, "Anybody CA")
	trust := load(t, mailsig.Config{Authorities: []string{acme.File}})
	jo, bo := acme.Person("Jo Acme", "jo@acme.example"), acme.Person("Bo Acme", "bo@acme.example")
	sub := acme.Intermediate("Acme Mail CA 2")
	subJo := sub.Person("Jo Acme", "jo@acme.example")
	const from = "Jo <jo@acme.example>"
	good := acme.Sign(jo, entity)
	opaque := acme.Sign(jo, entity, "-nodetach")
	spaced := "Content-Type: text/plain\n\nwith blanks at the end   \nand\tafter  \n"
	eight := "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ngrüße\n"
	for _, e := range []expectation{
		{"detached", mail(from, good), "valid", "unchanged since jo@acme.example signed it"},
		{"opaque", mail(from, opaque), "valid", ""},
		{"opaque, streamed", mail(from, acme.Sign(jo, entity, "-nodetach", "-stream")), "valid", ""},
		{"8-bit", mail(from, acme.Sign(jo, eight)), "valid", ""},
		{"blanks at line ends", mail(from, acme.Sign(jo, spaced)), "valid", ""},
		{"two encodings deep", mail(from, acme.Sign(jo, mixed(entity, "Content-Type: text/csv; name=a.csv\nContent-Transfer-Encoding: base64\n\nYSxiCg=="))), "valid", ""},
		{"issued by an intermediate", mail(from, sub.Sign(subJo, entity, "-certfile", sub.File)), "valid", ""},
		{"two signers", mail(from, acme.Sign(bo, entity, "-signer", jo, "-inkey", strings.TrimSuffix(jo, ".pem")+".key")), "valid", "unchanged since jo@acme.example signed it"},
		{"address in another case", mail("JO@Acme.Example", good), "valid", ""},
		{"address in the subject alone", mail(from, acme.Sign(acme.Old("Old Jo", "jo@acme.example"), entity)), "valid", ""},
		{"one part in a multipart", mail(from, mixed(good)), "valid", ""},
		{"list footer", mail(from, mixed(good, "Content-Type: text/plain\n\n"+footer), "List-Id: <users.lists.example>"), "valid", "mailing list added"},

		{"changed body", mail(from, strings.Replace(good, "smokes", "burns", 1)), "invalid", "changed after"},
		{"changed header of the part", mail(from, strings.Replace(good, "charset=utf-8", "charset=utf-7", 1)), "invalid", "changed after"},
		{"signer of another address", mail(from, acme.Sign(bo, entity)), "mismatch", "signed by bo@acme.example, but the message claims to be from jo@acme.example"},
		{"another From", mail("jo@acme-corp.example", good), "mismatch", "jo@acme-corp.example"},
		{"two From fields", mail("bo@acme.example", good, "From: jo@acme.example"), "mismatch", "does not name exactly one author"},
		{"two authors", mail("jo@acme.example, bo@acme.example", good), "mismatch", "does not name exactly one author"},
		{"look-alike address", mail("jo@acme.example <eve@evil.example>", good), "mismatch", "eve@evil.example"},
		{"unknown authority", mail(from, evil.Sign(evil.Person("Jo Acme", "jo@acme.example"), entity)), "untrusted", "no trusted authority"},
		{"expired certificate", mail(from, acme.Sign(acme.Expired("Jo 2020", "jo@acme.example"), entity)), "expired", "expired on 2021-01-01"},
		{"a stranger's expired certificate", mail(from, evil.Sign(evil.Expired("Jo 2020", "jo@acme.example"), entity)), "untrusted", ""},
		{"an intermediate that did not come along", mail(from, sub.Sign(subJo, entity)), "untrusted", ""},
		{"two signers, changed", mail(from, strings.Replace(acme.Sign(jo, entity, "-signer", bo, "-inkey", strings.TrimSuffix(bo, ".pem")+".key"), "smokes", "burns", 1)), "invalid", ""},
		{"certificate of a server", mail(from, acme.Sign(acme.Server("Jo Web", "jo@acme.example"), entity)), "untrusted", "usage"},
		{"SHA-1", mail(from, acme.Sign(jo, entity, "-md", "sha1")), "weak", ""},
		{"text before it", mail(from, mixed("Content-Type: text/plain\n\nPay to the other account.", good)), "partial", ""},
		{"text after it", mail(from, mixed(good, "Content-Type: text/plain\n\nPay to the other account."), "List-Id: <users.lists.example>"), "partial", ""},
		{"a footer without a list", mail(from, mixed(good, "Content-Type: text/plain\n\n"+footer)), "partial", ""},
		{"a footer in HTML", mail(from, mixed(good, "Content-Type: text/html\n\n<p>_____</p>"), "List-Id: <users.lists.example>"), "partial", ""},
		{"a page of a footer", mail(from, mixed(good, "Content-Type: text/plain\n\n"+footer+strings.Repeat("Pay. ", 500)), "List-Id: <users.lists.example>"), "partial", ""},
		{"opaque beside text", mail(from, mixed("Content-Type: text/plain\n\nPay.", opaque)), "partial", ""},
		{"damaged signature", mail(from, strings.Replace(good, "filename=\"smime.p7s\"\n\nMII", "filename=\"smime.p7s\"\n\nMAA", 1)), "unreadable", ""},
		{"PGP for S/MIME", mail(from, strings.Replace(good, `protocol="application/pkcs7-signature"`, `protocol="application/pgp-signature"`, 1)), "unreadable", ""},
	} {
		e.check(t, verifyMail(t, trust, e.mail))
	}
	got := verifyMail(t, trust, mail(from, good))
	if got.Email != "jo@acme.example" || got.Name != "Jo Acme" || got.Issuer != "CN=Acme Mail CA" || len(got.Key) != 64 || got.SignedAt == nil || got.Kind != desk.SignatureSMIME {
		t.Errorf("%+v", got)
	}
	if got := verifyMailAt(t, trust, mail(from, good), received); got.Status != desk.SignatureValid {
		t.Errorf("delivered with LF: %+v", got)
	}
	if got := verifyMailAt(t, trust, mail(from, acme.Sign(jo, entity, "-binary")), received); got.Status != desk.SignatureValid {
		t.Errorf("signed and delivered with LF: %+v", got)
	}
	if got := verifyMailAt(t, trust, strings.ReplaceAll(mail(from, acme.Sign(acme.Expired("Jo 2021", "jo@acme.example"), entity)), "\n", "\r\n"), time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)); got.Status != desk.SignatureValid {
		t.Errorf("received while the certificate was good: %+v", got)
	}
	if got := verifyMail(t, load(t, mailsig.Config{}), mail(from, good)); got.Status != desk.SignatureUnchecked {
		t.Errorf("without authorities: %+v", got)
	}
	if got := verifyMail(t, load(t, mailsig.Config{Authorities: []string{jo}}), mail(from, good)); got.Status != desk.SignatureValid {
		t.Errorf("with the certificate of the signer trusted: %+v", got)
	}
}

func TestOpenPGP(t *testing.T) {
	t.Parallel()
	g, dir := mailtest.NewGPG(t), t.TempDir()
	g.Key("Jo Acme <jo@acme.example>", "never")
	g.Key("Bo Acme <bo@acme.example>", "never")
	g.Key("Eve <jo@acme.example>", "never", "--allow-freeform-uid")
	g.Key("Old Jo <old@acme.example>", "20210101T000000", "--faked-system-time", "20200101T000000")
	const from = "Jo <jo@acme.example>"
	jo, eve := fingerprint(t, g, "Jo Acme"), fingerprint(t, g, "Eve")
	for _, id := range []string{jo, "bo@acme.example", "old@acme.example"} {
		g.Export(dir, id)
	}
	trust := load(t, mailsig.Config{Keys: []string{dir}})
	good := g.Sign(jo, entity)
	text := "Dear all,\n- the printer smokes   \n-----\nJo\n"
	plain := "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
	clear := g.Clear(jo, text)
	for _, e := range []expectation{
		{"detached", mail(from, good), "valid", "unchanged since jo@acme.example signed it"},
		{"detached, text mode", mail(from, g.Sign(jo, entity, "--textmode")), "valid", ""},
		{"two signers", mail(from, g.Sign("bo@acme.example", entity, "--local-user", jo)), "valid", "unchanged since jo@acme.example signed it"},
		{"clear", mail(from, plain+clear), "valid", ""},
		{"clear, quoted-printable", mail(from, "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"+strings.ReplaceAll(clear, "=", "=3D")), "valid", ""},
		{"clear, list footer", mail(from, plain+clear+footer, "List-Id: <users.lists.example>"), "valid", "mailing list added"},
		{"list footer", mail(from, mixed(good, "Content-Type: text/plain\n\n"+footer), "List-Id: <users.lists.example>"), "valid", "mailing list added"},

		{"changed body", mail(from, strings.Replace(good, "smokes", "burns", 1)), "invalid", "changed after"},
		{"clear, changed", mail(from, plain+strings.Replace(clear, "smokes", "burns", 1)), "invalid", "changed after"},
		{"signer of another address", mail(from, g.Sign("bo@acme.example", entity)), "mismatch", "signed by bo@acme.example"},
		{"unknown key of the same address", mail(from, g.Sign(eve, entity)), "untrusted", "is unknown"},
		{"expired key", mail("old@acme.example", g.Sign("old@acme.example", entity, "--faked-system-time", "20200601T000000")), "expired", ""},
		{"SHA-1", mail(from, g.Sign(jo, entity, "--digest-algo", "SHA1")), "weak", ""},
		{"text before it", mail(from, mixed("Content-Type: text/plain\n\nPay.", good)), "partial", ""},
		{"a third part", mail(from, strings.Replace(good, "\n--signed--\n", "\n--signed\nContent-Type: text/plain\n\nPay.\n--signed--\n", 1)), "unreadable", "does not consist of one signed part"},
		{"clear, text before it", mail(from, plain+"Pay.\n\n"+clear), "partial", ""},
		{"clear, text after it", mail(from, plain+clear+"\nPay.\n", "List-Id: <users.lists.example>"), "partial", ""},
		{"clear beside a file", mail(from, mixed("Content-Type: text/plain\n\n"+clear, "Content-Type: text/csv; name=a.csv\n\na,b")), "partial", ""},
		{"clear, two of them", mail(from, plain+clear+clear), "partial", ""},
		{"no signature", mail(from, strings.Replace(good, "-----BEGIN PGP SIGNATURE-----", "-----BEGIN NOTHING-----", 1)), "unreadable", ""},
	} {
		e.check(t, verifyMail(t, trust, e.mail))
	}
	got := verifyMail(t, trust, mail(from, good))
	if got.Email != "jo@acme.example" || got.Name != "Jo Acme" || !strings.EqualFold(got.Key, jo) || got.SignedAt == nil || got.Kind != desk.SignatureOpenPGP || got.Issuer != "" {
		t.Errorf("%+v", got)
	}
	revocation := filepath.Join(g.Home(), "openpgp-revocs.d", jo+".rev")
	b, err := os.ReadFile(revocation)
	if err != nil {
		t.Fatal(err)
	}
	g.Run(strings.Replace(string(b), ":-----BEGIN", "-----BEGIN", 1), "--import")
	g.Export(dir, jo)
	if got := verifyMail(t, trust, mail(from, good)); got.Status != desk.SignatureRevoked {
		t.Errorf("after the key's file changed: %+v", got)
	}
	if got := verifyMail(t, load(t, mailsig.Config{}), mail(from, good)); got.Status != desk.SignatureUnchecked {
		t.Errorf("without keys: %+v", got)
	}
}

func fingerprint(t *testing.T, g *mailtest.GPG, id string) string {
	t.Helper()
	for _, l := range strings.Split(g.Run("", "--with-colons", "--list-keys", id), "\n") {
		if fields := strings.Split(l, ":"); fields[0] == "fpr" {
			return fields[9]
		}
	}
	t.Fatalf("no key %s", id)
	return ""
}

// TestLoad: errors name the file and say what to do.
func TestLoad(t *testing.T) {
	t.Parallel()
	a, g, dir := mailtest.NewAuthority(t, "CA"), mailtest.NewGPG(t), t.TempDir()
	g.Key("Jo <jo@acme.example>", "never")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret := write("secret.asc", g.Run("", "--armor", "--export-secret-keys"))
	noise := write("noise.txt", "nothing of use\n")
	binary := write("binary.gpg", g.Run("", "--export"))
	key, err := os.ReadFile(g.Export(dir, "jo@acme.example"))
	if err != nil {
		t.Fatal(err)
	}
	two := write("two.asc", string(key)+"\nsome words\n"+string(key))
	for file, want := range map[string]string{secret: "private key", noise: "no OpenPGP key", filepath.Join(dir, "none"): "no such file", binary: "", two: ""} {
		err := mailsig.Config{Keys: []string{file}}.LoadKeys()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file)) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	for file, want := range map[string]string{noise: "no certificate", strings.TrimSuffix(a.File, ".pem") + ".key": "private key", filepath.Join(dir, "none"): "no such file", a.File: ""} {
		err := mailsig.Config{Authorities: []string{file}}.LoadAuthorities()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file)) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}
