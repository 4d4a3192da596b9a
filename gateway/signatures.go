package gateway

import (
	"fmt"
	"strings"
	"time"

	"switchboard/internal/mailsig"
)

// Signatures is what signed mail is verified with. The files are read again when they
// change; private keys are refused.
type Signatures struct {
	// SMIMEAuthorities are PEM files of the authorities whose certificates count, or of
	// single persons' certificates.
	SMIMEAuthorities []string `koanf:"smime_authorities"`
	SMIMESystem      bool     `koanf:"smime_system"` // the machine's authorities count too
	// OpenPGPKeys are files of public keys, armoured or not, and folders of such.
	OpenPGPKeys []string `koanf:"openpgp_keys"`
}

func (s *Signatures) trust() mailsig.Config {
	return mailsig.Config{Authorities: s.SMIMEAuthorities, System: s.SMIMESystem, Keys: s.OpenPGPKeys}
}

func (v *validator) signatures(s *Signatures) {
	if err := s.trust().LoadAuthorities(); err != nil {
		v.add("signatures.smime_authorities", err.Error())
	}
	if err := s.trust().LoadKeys(); err != nil {
		v.add("signatures.openpgp_keys", err.Error())
	}
}

// signatures counts what signed mail is verified with, and names what has run out.
func (x *examiner) signatures() {
	c := &x.cfg.Signatures
	have, err := c.trust().Inventory(time.Now())
	if err != nil {
		x.add("signatures", Fail, err.Error(), "Name files that this user may read: PEM certificates in smime_authorities, public keys in openpgp_keys.")
		return
	}
	for _, half := range []struct {
		key  string
		of   []string
		n    int
		what string
		past []string
	}{
		{"signatures.smime_authorities", c.SMIMEAuthorities, have.Authorities, "certificates", have.PastAuthorities},
		{"signatures.openpgp_keys", c.OpenPGPKeys, have.Keys, "keys", have.PastKeys},
	} {
		switch {
		case len(half.of) == 0:
		case len(half.past) > 0:
			x.add(half.key, Warn, fmt.Sprintf("%s: %d, not valid any more: %s", half.what, half.n, strings.Join(half.past, ", ")), "Ask for their successors; mail signed by them is not shown as valid.")
		default:
			x.add(half.key, Sound, fmt.Sprintf("%s: %d", half.what, half.n), "")
		}
	}
}
