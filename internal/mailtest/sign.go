package mailtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Authority issues S/MIME certificates and signs with them, using openssl.
type Authority struct {
	t    testing.TB
	dir  string
	File string // its certificate, PEM
}

// opensslConfig is for openssl ca, the only command that can backdate certificates.
const opensslConfig = `
[ca]
default_ca = here
[here]
dir = %DIR%
database = $dir/index.txt
new_certs_dir = $dir
serial = $dir/serial
unique_subject = no
default_md = sha256
policy = any
email_in_dn = yes
[any]
commonName = supplied
emailAddress = optional
[req]
distinguished_name = dn
[dn]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[person]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = emailProtection
subjectAltName = email:%ADDRESS%
[server]
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = email:%ADDRESS%
[old]
keyUsage = critical,digitalSignature
`

// NewAuthority creates an authority that is valid since 2015.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	a := newAuthority(t)
	a.File = a.issue("authority", "/CN="+name, "authority", "", "20150101000000Z", "20400101000000Z", "-selfsign")
	return a
}

func newAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{t: t, dir: t.TempDir()}
	for file, text := range map[string]string{"index.txt": "", "serial": "01\n"} {
		a.write(file, text)
	}
	return a
}

// Intermediate creates an authority certified by this one.
func (a *Authority) Intermediate(name string) *Authority {
	a.t.Helper()
	sub := newAuthority(a.t)
	sub.File = a.issue(filepath.Join(sub.dir, "authority"), "/CN="+name, "authority", "", "20150101000000Z", "20400101000000Z")
	return sub
}

func (a *Authority) write(name, text string) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// issue creates NAME.key and NAME.pem, relative to the authority's folder.
func (a *Authority) issue(name, subject, extensions, address, from, until string, args ...string) string {
	a.t.Helper()
	config := a.write("openssl.cnf", strings.NewReplacer("%DIR%", a.dir, "%ADDRESS%", address).Replace(opensslConfig))
	at := func(suffix string) string {
		if filepath.IsAbs(name) {
			return name + suffix
		}
		return filepath.Join(a.dir, name+suffix)
	}
	a.openssl(nil, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", config, "-subj", subject, "-keyout", at(".key"), "-out", at(".csr"))
	args = append(args, "-batch", "-notext", "-config", config, "-in", at(".csr"), "-out", at(".pem"), "-extensions", extensions, "-startdate", from, "-enddate", until)
	if a.File == "" {
		args = append(args, "-keyfile", at(".key"))
	} else {
		args = append(args, "-cert", a.File, "-keyfile", keyOf(a.File))
	}
	args = append([]string{"ca"}, args...)
	a.openssl(nil, args...)
	return at(".pem")
}

// Person issues a certificate for an address and returns its file.
func (a *Authority) Person(name, address string) string {
	return a.issue(name, "/CN="+name, "person", address, "20200101000000Z", "20390101000000Z")
}

// Expired issues a certificate that was valid in 2020.
func (a *Authority) Expired(name, address string) string {
	return a.issue(name, "/CN="+name, "person", address, "20200101000000Z", "20210101000000Z")
}

// Server issues a certificate that is not for mail.
func (a *Authority) Server(name, address string) string {
	return a.issue(name, "/CN="+name, "server", address, "20200101000000Z", "20390101000000Z")
}

// Old issues a certificate with the address only in its subject.
func (a *Authority) Old(name, address string) string {
	return a.issue(name, "/CN="+name+"/emailAddress="+address, "old", "", "20200101000000Z", "20390101000000Z")
}

// Sign signs a MIME entity as the owner of a certificate. It returns the signed
// entity with LF line ends: multipart/signed, or opaque with the argument -nodetach.
func (a *Authority) Sign(certificate, entity string, args ...string) string {
	a.t.Helper()
	args = append([]string{"cms", "-sign", "-md", "sha256", "-signer", certificate, "-inkey", keyOf(certificate)}, args...)
	return strings.ReplaceAll(string(a.openssl([]byte(entity), args...)), "\r\n", "\n")
}

func keyOf(certificate string) string { return strings.TrimSuffix(certificate, ".pem") + ".key" }

func (a *Authority) openssl(in []byte, args ...string) []byte {
	a.t.Helper()
	return run(a.t, exec.Command(program(a.t, "openssl", "openssl"), args...), in)
}

func run(t testing.TB, cmd *exec.Cmd, in []byte) []byte {
	t.Helper()
	var out, failed bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &failed
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, failed.String())
	}
	return out.Bytes()
}

// GPG is a GnuPG installation with its own keyring.
type GPG struct {
	t    testing.TB
	home string
}

// NewGPG creates an empty keyring. Its gpg-agent ends with the test.
func NewGPG(t testing.TB) *GPG {
	t.Helper()
	home, err := os.MkdirTemp("", "gpg") // a short path, because it contains a socket
	if err != nil {
		t.Fatal(err)
	}
	g := &GPG{t, home}
	t.Cleanup(func() {
		cmd := exec.Command(program(t, "gpgconf", "gnupg"), "--homedir", home, "--kill", "all")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("gpgconf: %v %s", err, out)
		}
		os.RemoveAll(home)
	})
	return g
}

// Home returns the folder of the keyring.
func (g *GPG) Home() string { return g.home }

// Run runs gpg non-interactively.
func (g *GPG) Run(in string, args ...string) string {
	g.t.Helper()
	args = append([]string{"--homedir", g.home, "--batch", "--yes", "--quiet", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)
	return string(run(g.t, exec.Command(program(g.t, "gpg", "gnupg"), args...), []byte(in)))
}

// Key creates a signing key that expires at until, in gpg's format, such as "never".
func (g *GPG) Key(uid, until string, args ...string) {
	g.t.Helper()
	g.Run("", append(args, "--quick-gen-key", uid, "ed25519", "sign", until)...)
}

// Export writes the armoured public keys of an address to a file in dir.
func (g *GPG) Export(dir, address string) string {
	g.t.Helper()
	path := filepath.Join(dir, address+".asc")
	if err := os.WriteFile(path, []byte(g.Run("", "--armor", "--export", address)), 0o600); err != nil {
		g.t.Fatal(err)
	}
	return path
}

// Sign returns a multipart/signed (RFC 3156) of an entity with LF line ends.
func (g *GPG) Sign(address, entity string, args ...string) string {
	g.t.Helper()
	entity = strings.TrimSuffix(entity, "\n")
	args = append(args, "--local-user", address, "--armor", "--detach-sign")
	signature := g.Run(strings.ReplaceAll(entity, "\n", "\r\n"), args...)
	return "MIME-Version: 1.0\nContent-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"; boundary=\"signed\"\n\n" +
		"--signed\n" + entity + "\n--signed\nContent-Type: application/pgp-signature; name=signature.asc\n\n" + signature + "\n--signed--\n"
}

// Clear clear-signs a text.
func (g *GPG) Clear(address, text string) string {
	g.t.Helper()
	return g.Run(text, "--local-user", address, "--clear-sign")
}
