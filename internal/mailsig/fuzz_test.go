package mailsig_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/mailsig"
)

// FuzzVerify mutates two valid signatures and their contents. Only what Anna signed
// may ever verify as hers.
func FuzzVerify(f *testing.F) {
	const content = "The printer smokes.\r\n"
	trust := load(f, mailsig.Config{Authorities: []string{"testdata/anna.pem"}, Keys: []string{"testdata/anna.asc"}})
	for _, file := range []string{"signature.p7s", "signature.asc"} {
		b, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		smime := strings.HasSuffix(file, ".p7s")
		if got := verify(trust, []byte(content), b, smime); got.Status != desk.SignatureValid {
			f.Fatalf("%s itself: %+v", file, got)
		}
		f.Add([]byte(content), b, smime)
	}
	f.Fuzz(func(t *testing.T, text, signature []byte, smime bool) {
		got := verify(trust, text, signature, smime)
		if got.Status == "" || got.Reason == "" || strings.Contains(got.Reason, "could not be read:") {
			t.Errorf("%+v", got)
		}
		if same := strings.ReplaceAll(string(text), "\r\n", "\n") == "The printer smokes.\n"; got.Status == desk.SignatureValid && !same {
			t.Errorf("Anna never signed %q", text)
		}
	})
}

func verify(trust *mailsig.Trust, text, signature []byte, smime bool) *desk.Signature {
	s := &desk.Signed{Kind: desk.SignatureOpenPGP, Content: text, Signature: signature, Covers: desk.CoversAll, Author: "anna@example.com"}
	if smime {
		s.Kind = desk.SignatureSMIME
	}
	return trust.Verify(s, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
}
