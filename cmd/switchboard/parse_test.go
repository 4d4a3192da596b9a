package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"switchboard/desk"
	"switchboard/internal/mailtest"
)

func TestParseVerifies(t *testing.T) {
	t.Parallel()
	ca := mailtest.NewAuthority(t, "Acme Mail CA")
	mail := filepath.Join(t.TempDir(), "signed.eml")
	signed := ca.Sign(ca.Person("Jo Acme", "jo@acme.example"), "Content-Type: text/plain\n\nhello\n", "-nodetach")
	if err := os.WriteFile(mail, []byte("From: jo@acme.example\nSubject: x\n"+signed), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string // the status; "" when nothing was verified
	}{
		{[]string{mail}, ""},
		{[]string{"--smime-authorities", ca.File, mail}, "valid"},
		{[]string{"--openpgp-keys", "../../internal/mailsig/testdata/anna.asc", mail}, "unchecked"},
	} {
		var out bytes.Buffer
		cmd := parseCommand()
		cmd.SetArgs(test.args)
		cmd.SetOut(&out)
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Text      string
			Signed    struct{ Kind, Covers string }
			Signature *desk.Signature
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Text != "hello" || got.Signed.Kind != "smime" || got.Signed.Covers != "all" {
			t.Errorf("%v: %+v", test.args, got)
		}
		if got.Signature == nil && test.want != "" || got.Signature != nil && string(got.Signature.Status) != test.want {
			t.Errorf("%v: %+v, want %q", test.args, got.Signature, test.want)
		}
	}
}
