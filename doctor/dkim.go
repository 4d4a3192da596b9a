package doctor

import (
	"context"
	"fmt"

	"switchboard/internal/dkim"
	"switchboard/internal/mailauth"
)

// dkimKey checks that the public key of a key that signs mail is published.
func (d *dnsChecker) dkimKey(ctx context.Context, k *dkim.Key) {
	check, publish := "dns DKIM "+k.Name(), "Publish "+k.Zone()
	records, err := d.resolver.LookupTXT(ctx, k.Name())
	if d.failed(check, err) {
		return
	}
	switch {
	case mailauth.Absent(err) || len(records) == 0:
		d.add(check, Warn, "there is no record: the signatures of outgoing mail are invalid", publish)
		return
	case len(records) > 1:
		d.add(check, Warn, fmt.Sprintf("there are %d records, of which verifiers use any", len(records)), "Leave only this one: "+k.Zone())
		return
	}
	switch problem, test := k.Published(records[0]); {
	case problem != "":
		d.add(check, Warn, problem+": the signatures of outgoing mail are invalid", publish+" instead, or sign with another key.")
	case test:
		d.add(check, Warn, "the record says that the key is only tested (t=y), so that signatures may be ignored", "Remove t=y from the record.")
	default:
		d.add(check, OK, "the key is published ("+string(k.Algorithm())+")", "")
	}
}

// signing checks which keys sign the mail from a domain.
func (d *dnsChecker) signing(domain string) {
	check := "DKIM " + domain
	keys := d.keys.For(domain)
	rsa := false
	for i := range keys {
		rsa = rsa || keys[i].Algorithm() == dkim.RSA
	}
	switch {
	case len(keys) == 0 && spfInclude(d.smarthost) != "":
		d.add(check, OK, "not signed here; the provider of "+d.smarthost+" signs if that is enabled there", "")
	case len(keys) == 0:
		d.add(check, Warn, "mail is not signed here: large providers require a signature",
			fmt.Sprintf("Run `switchboard dkim create %s`, which says what to publish and to configure; or have the smarthost sign and ignore this.", domain))
	case !rsa:
		d.add(check, Warn, "mail is signed only with Ed25519, which many servers cannot verify", fmt.Sprintf("Add an RSA key: `switchboard dkim create %s`.", domain))
	default:
		d.add(check, OK, fmt.Sprintf("%d signatures as %s", len(keys), keys[0].Domain), "")
	}
}
