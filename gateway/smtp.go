package gateway

import (
	"crypto/tls"
	"net"

	"switchboard/channels/smtpd"
	"switchboard/config"
	"switchboard/internal/listen"
	"switchboard/internal/screening"
	"switchboard/internal/tlscert"
)

// listenSMTP opens the configured listeners: SMTP, SMTP with implicit TLS, and LMTP.
func (g *Gateway) listenSMTP() error {
	c, host := &g.cfg.SMTP, g.cfg.Mail.Hostname()
	base := smtpd.Config{Domain: host, Recipients: g.local.Accepts, MaxSize: c.Limit(), Log: g.log,
		ProxyFrom: config.Networks(c.ProxyFrom), Check: screening.New(host, c, g.log).Check, Reserve: g.receiving.Reserve, Ready: g.space.Err}
	if c.TLSCert != "" {
		cert, err := tlscert.Load(c.TLSCert, c.TLSKey, g.log)
		if err != nil {
			return listen.StartError("smtp.tls_cert", tlscert.Fault(c.TLSCert, c.TLSKey, err))
		}
		base.TLS = &tls.Config{GetCertificate: cert.Get, MinVersion: tls.VersionTLS12}
	}
	smtps := base
	smtps.ImplicitTLS = true
	lmtp := base
	lmtp.LMTP, lmtp.TLS, lmtp.ProxyFrom = true, nil, nil
	var err error
	if g.smtpAddr, err = g.addSMTP("smtp", "smtp.addr", c.Addr, base); err != nil {
		return err
	}
	if g.smtpsAddr, err = g.addSMTP("smtps", "smtp.tls_addr", c.TLSAddr, smtps); err != nil {
		return err
	}
	_, err = g.addSMTP("lmtp", "smtp.lmtp", c.LMTP, lmtp)
	return err
}

// addSMTP listens on addr, the value of the configuration key, and adds the server as
// a channel. An empty address leaves it off.
func (g *Gateway) addSMTP(name, key, addr string, cfg smtpd.Config) (net.Addr, error) {
	if addr == "" {
		return nil, nil
	}
	cfg.Addr = addr
	server, err := smtpd.New(cfg)
	if err != nil {
		return nil, err
	}
	bound, err := server.Listen()
	if err != nil {
		return nil, listen.StartError(key, listen.Fault(key, addr, err))
	}
	g.group.Add(name, server)
	return bound, nil
}
