package config

import (
	"cmp"
	"fmt"
	"net/mail"
	"strings"
)

// Delivery configures how mail leaves: how much of it at once, and whether it goes to the
// servers of the recipients' domains if there is no smarthost.
type Delivery struct {
	Direct    bool `koanf:"direct"`     // without a smarthost, deliver to the recipients' mail exchangers
	Parallel  int  `koanf:"parallel"`   // attempts at once; 0: 8 to smarthosts, 32 if Direct
	PerDomain int  `koanf:"per_domain"` // attempts at once to a domain, if Direct
	Rate      int  `koanf:"rate"`       // messages per minute to a domain, if Direct; 0: no limit
	// TLS to mail exchangers: opportunistic, or required, which does without checking certificates.
	TLS    string `koanf:"tls"`
	MTASTS bool   `koanf:"mta_sts"` // follow the policies of RFC 8461
	Port   int    `koanf:"port"`    // of mail exchangers
	// AllowNetworks are private networks in which mail exchangers may be. The sender of a
	// mail chooses the domain that the answer goes to.
	AllowNetworks []string `koanf:"allow_networks"`
}

// Values of Delivery.TLS.
const (
	TLSOpportunistic = "opportunistic"
	TLSRequired      = "required"
)

func defaultDelivery() Delivery {
	return Delivery{PerDomain: 4, TLS: TLSOpportunistic, MTASTS: true, Port: 25}
}

// Attempts is how many attempts are made at once.
func (d *Delivery) Attempts() int {
	if d.Direct {
		return cmp.Or(d.Parallel, 32)
	}
	return cmp.Or(d.Parallel, 8)
}

// SenderSmarthost relays the mail of some senders: of an inbox with its own addresses.
type SenderSmarthost struct {
	Name string `koanf:"name"`
	// Senders are addresses, or "@" and a domain.
	Senders []string `koanf:"senders"`

	Smarthost `koanf:",squash"`
}

// Sends reports whether any mail can be sent.
func (c *Config) Sends() bool {
	return c.Smarthost.Addr != "" || c.Delivery.Direct || len(c.Smarthosts) > 0
}

// delivery checks the [delivery] and [[smarthosts]] sections.
func (v *validator) delivery(c *Config) {
	d := &c.Delivery
	if d.Direct && c.Smarthost.Addr != "" {
		v.add("delivery.direct", "smarthost.addr is set: mail goes there or directly, not both; remove one of them")
	}
	v.between("delivery.parallel", d.Parallel, 0, 500)
	v.between("delivery.per_domain", d.PerDomain, 1, 100)
	v.between("delivery.rate", d.Rate, 0, 100_000)
	v.between("delivery.port", d.Port, 1, 65535)
	v.oneOf("delivery.tls", d.TLS, TLSOpportunistic, TLSRequired)
	v.networks("delivery.allow_networks", d.AllowNetworks)
	if len(c.Smarthosts) > 0 && !c.Sends() {
		v.add("smarthosts", "set smarthost.addr, or delivery.direct = true, for the mail of all other senders")
	}
	seen := map[string]string{}
	uniqueKeys(v, "smarthosts", "name", c.Smarthosts, func(s SenderSmarthost) string { return s.Name })
	for i := range c.Smarthosts {
		s, at := &c.Smarthosts[i], fmt.Sprintf("smarthosts[%d].", i)
		v.relay(at, &s.Smarthost)
		if s.Addr == "" {
			v.add(at+"addr", "set host:port of the server")
		}
		if strings.ContainsFunc(s.Name, func(r rune) bool { return !strings.ContainsRune(keyCharacters, r) }) {
			v.add(at+"name", fmt.Sprintf("%q: use only letters a to z, digits, - and _", s.Name))
		}
		if len(s.Senders) == 0 {
			v.add(at+"senders", "list the addresses whose mail goes there, or domains like @example.com")
		}
		for _, sender := range s.Senders {
			whole := sender
			if strings.HasPrefix(sender, "@") {
				whole = "any" + sender
			}
			key := strings.ToLower(sender)
			if parsed, err := mail.ParseAddress(whole); err != nil || parsed.Address != whole {
				v.add(at+"senders", fmt.Sprintf("%q is neither an address nor a domain like @example.com", sender))
			} else if other, ok := seen[key]; ok {
				v.add(at+"senders", fmt.Sprintf("%q belongs to %q, too", sender, other))
			}
			seen[key] = s.Name
		}
	}
}

// between checks a whole number.
func (v *validator) between(key string, n, least, most int) {
	if n < least || n > most {
		v.add(key, fmt.Sprintf("must be between %d and %d, not %d", least, most, n))
	}
}
