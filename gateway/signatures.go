package gateway

import "switchboard/internal/mailsig"

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
