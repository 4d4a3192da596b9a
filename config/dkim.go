package config

import (
	"fmt"
	"os"
	"strings"

	"switchboard/internal/dkim"
	"switchboard/internal/imf"
)

// DKIM is a key that signs outgoing mail. The public key is in the DNS record
// SELECTOR._domainkey.DOMAIN.
type DKIM struct {
	Domain   string `koanf:"domain"` // that of the support addresses, or one above it
	Selector string `koanf:"selector"`
	KeyFile  string `koanf:"key_file"` // PEM file of an RSA or Ed25519 private key
}

// Key reads the key.
func (d *DKIM) Key() (dkim.Key, error) {
	text, err := os.ReadFile(d.KeyFile)
	if err != nil {
		return dkim.Key{}, err
	}
	private, err := dkim.Parse(text)
	if err != nil {
		return dkim.Key{}, fmt.Errorf("%s %w", d.KeyFile, err)
	}
	_, domain, _ := strings.Cut(imf.ASCIIAddr("x@"+strings.ToLower(d.Domain)), "@")
	return dkim.Key{Domain: domain, Selector: d.Selector, Private: private}, nil
}

// DKIMKeys reads all keys.
func (c *Config) DKIMKeys() (dkim.Keys, error) {
	var out dkim.Keys
	for i := range c.DKIM {
		k, err := c.DKIM[i].Key()
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// dkim checks the keys that sign outgoing mail.
func (v *validator) dkim(list []DKIM) {
	seen := map[string]bool{}
	for i := range list {
		d, at := &list[i], fmt.Sprintf("dkim[%d].", i)
		v.domains(at+"domain", []string{d.Domain})
		name := strings.ToLower(d.Selector + "." + d.Domain)
		switch {
		case d.Selector == "" || strings.ContainsFunc(d.Selector, func(r rune) bool { return !strings.ContainsRune(keyCharacters, r) }):
			v.add(at+"selector", fmt.Sprintf("%q is part of a DNS name: use letters a to z, digits and -", d.Selector))
		case seen[name]:
			v.add(at+"selector", fmt.Sprintf("%q is used twice for %s; each key needs its own", d.Selector, d.Domain))
		}
		seen[name] = true
		if _, err := d.Key(); err != nil {
			v.add(at+"key_file", err.Error())
		}
	}
}
