package doctor

import (
	"fmt"
	"strings"
	"time"
)

// signatures counts the trust anchors for signed mail and lists those that expired.
func (x *checker) signatures() {
	c := &x.cfg.Signatures
	have, err := c.Trust().Inventory(time.Now())
	if err != nil {
		x.add("signatures", Fail, err.Error(), "Use files that this user may read: PEM certificates in smime_authorities, public keys in openpgp_keys.")
		return
	}
	for _, list := range []struct {
		key     string
		files   []string
		n       int
		what    string
		expired []string
	}{
		{"signatures.smime_authorities", c.SMIMEAuthorities, have.Authorities, "certificates", have.PastAuthorities},
		{"signatures.openpgp_keys", c.OpenPGPKeys, have.Keys, "keys", have.PastKeys},
	} {
		switch {
		case len(list.files) == 0:
		case len(list.expired) > 0:
			x.add(list.key, Warn, fmt.Sprintf("%s: %d, of which expired: %s", list.what, list.n, strings.Join(list.expired, ", ")), "Obtain their replacements; mail signed with them is not shown as valid.")
		default:
			x.add(list.key, OK, fmt.Sprintf("%s: %d", list.what, list.n), "")
		}
	}
}
