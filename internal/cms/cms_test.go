package cms

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
)

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.der")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if (d == nil) == (err == nil) {
			t.Fatalf("%v, %v", d, err)
		}
		if err != nil {
			return
		}
		for _, s := range d.Signers {
			if c := d.Certificate(s); c != nil {
				s.Verify(d.Content, c) //nolint:errcheck // whatever it says, it must come back
			}
		}
	})
}

// The files were made by OpenSSL: see testdata/README.
func TestVerify(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		want error
	}{
		{"rsa", nil}, {"rsa-pss", nil}, {"ecdsa", nil}, {"key-identifier", nil}, {"stream", nil}, {"no-attributes", nil},
		{"sha1", ErrWeak}, {"rsa-1024", ErrWeak},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile("testdata/" + test.name + ".der")
			if err != nil {
				t.Fatal(err)
			}
			d, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Signers) != 1 || string(d.Content) != "The printer smokes.\r\n" {
				t.Fatalf("%d signers of %q", len(d.Signers), d.Content)
			}
			s := d.Signers[0]
			c := d.Certificate(s)
			if c == nil {
				t.Fatal("no certificate")
			}
			if err := s.Verify(d.Content, c); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if test.want != nil {
				return
			}
			if s.attributes != nil && s.SignedAt.IsZero() {
				t.Error("no signing time")
			}
			if err := s.Verify([]byte("The printer burns.\r\n"), c); !errors.Is(err, ErrChanged) {
				t.Errorf("changed content: %v", err)
			}
			s.signature[len(s.signature)/2] ^= 1
			if err := s.Verify(d.Content, c); err == nil {
				t.Error("a changed signature is accepted")
			}
		})
	}
}

// TestHugeKey: a certificate with a key that would take seconds is ignored.
func TestHugeKey(t *testing.T) {
	t.Parallel()
	issuer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for bits, want := range map[uint]bool{2048: true, 1 << 20: false} {
		modulus := new(big.Int).SetBit(big.NewInt(1), int(bits-1), 1)
		template := &x509.Certificate{SerialNumber: big.NewInt(1)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &rsa.PublicKey{N: modulus, E: 1<<31 - 1}, issuer)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if hasReasonableKey(c) != want {
			t.Errorf("%d bits: %t", bits, !want)
		}
	}
}

func TestNotSigned(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/enveloped.der")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(b); !errors.Is(err, ErrNotSigned) {
		t.Errorf("enveloped: %v", err)
	}
	for n := range len(b) {
		if _, err := Parse(b[:n]); err == nil {
			t.Errorf("the first %d octets parse", n)
		}
	}
}
