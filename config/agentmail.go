package config

import (
	"cmp"
	"net"
	"net/netip"
)

// AgentMail is the access of the agents' mail programs to inboxes. A listener whose address is empty is off.
type AgentMail struct {
	IMAP          string `koanf:"imap"`           // host:port of IMAP without TLS; on loopback only
	IMAPTLS       string `koanf:"imap_tls"`       // host:port of IMAP with implicit TLS
	Submission    string `koanf:"submission"`     // host:port of SMTP submission without TLS; on loopback only
	SubmissionTLS string `koanf:"submission_tls"` // host:port of SMTP submission with implicit TLS
	TLSCert       string `koanf:"tls_cert"`       // PEM files, both or neither; default: those of smtp
	TLSKey        string `koanf:"tls_key"`
}

// On reports whether there is a listener.
func (m *AgentMail) On() bool { return m.IMAP+m.IMAPTLS+m.Submission+m.SubmissionTLS != "" }

// Certificate returns the files of the certificate for the agents' mail programs.
func (c *Config) Certificate() (cert, key string) {
	return cmp.Or(c.AgentMail.TLSCert, c.SMTP.TLSCert), cmp.Or(c.AgentMail.TLSKey, c.SMTP.TLSKey)
}

// agentMail checks the [agent_mail] section.
func (v *validator) agentMail(c *Config) {
	m := &c.AgentMail
	for key, addr := range map[string]string{"agent_mail.imap_tls": m.IMAPTLS, "agent_mail.submission_tls": m.SubmissionTLS} {
		v.address(key, addr, false)
		if cert, _ := c.Certificate(); addr != "" && cert == "" {
			v.add(key, "TLS requires agent_mail.tls_cert and agent_mail.tls_key, or those of smtp")
		}
	}
	for key, addr := range map[string]string{"agent_mail.imap": m.IMAP, "agent_mail.submission": m.Submission} {
		v.address(key, addr, false)
		if host, _, err := net.SplitHostPort(addr); err == nil && !loopback(host) {
			v.add(key, "passwords would travel in the clear: use an address of this machine, like 127.0.0.1, or "+key+"_tls")
		}
	}
	if (m.TLSCert == "") != (m.TLSKey == "") {
		v.add("agent_mail.tls_cert", "set agent_mail.tls_cert and agent_mail.tls_key together")
	}
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
