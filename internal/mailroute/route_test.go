package mailroute

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/mailtest"
	"switchboard/outbound/smtpclient"
)

// TestSmarthostsOfSenders: mail goes to the smarthost of its sender, and its destination says
// the same.
func TestSmarthostsOfSenders(t *testing.T) {
	t.Parallel()
	main, billing, shop := mailtest.NewSMTPSink(t), mailtest.NewSMTPSink(t), mailtest.NewSMTPSink(t)
	cfg := config.Defaults()
	cfg.Mail.Addresses = []string{"help@desk.example", "billing@desk.example", "jo@shop.example"}
	cfg.Smarthost = config.Smarthost{Addr: main.Addr, TLS: "none", Connections: 5, Rate: 30}
	cfg.Smarthosts = []config.SenderSmarthost{
		{Name: "billing", Senders: []string{"Billing@desk.example", "help@shop.example"}, Smarthost: config.Smarthost{Addr: billing.Addr, TLS: "none", Connections: 2}},
		{Name: "shop", Senders: []string{"@Shop.example"}, Smarthost: config.Smarthost{Addr: shop.Addr, TLS: "none"}},
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(&cfg, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	routes := Routes(&cfg)
	for author, want := range map[string]struct {
		sink        *mailtest.SMTPSink
		destination string
	}{
		"help@desk.example": {main, "smarthost"}, "billing@desk.example": {billing, "smarthost:billing"}, "help@shop.example": {billing, "smarthost:billing"},
		"any@shop.example": {shop, "smarthost:shop"}, "": {main, "smarthost"},
	} {
		before := len(want.sink.Mails())
		r := s.Submit(t.Context(), smtpclient.Mail{From: author, To: "jo@acme.example", Author: author, Data: []byte("Subject: x\r\n\r\nx\r\n")})
		if r.State != desk.DeliverySent || r.Server != want.sink.Addr {
			t.Errorf("from %q: %+v", author, r)
		}
		want.sink.Await(before + 1)
		if got := routeOf(routes, author); got != want.destination {
			t.Errorf("from %q: destination %q", author, got)
		}
	}
	l := Limits(&cfg)
	if l.Named["smarthost"].Most != 5 || l.Named["smarthost"].Pace() != 2*time.Second || l.Named["smarthost:billing"].Most != 2 || l.Most != 0 {
		t.Errorf("limits %+v", l)
	}
	var checked []string
	for _, h := range s.Smarthosts {
		for _, a := range h.Senders() {
			checked = append(checked, h.Name+" "+a)
		}
	}
	if len(checked) != 3 || checked[0] != "smarthost help@desk.example" || checked[1] != "smarthost billing billing@desk.example" || checked[2] != "smarthost shop jo@shop.example" {
		t.Errorf("checked %q", checked)
	}
}

// TestDirect: without a smarthost mail goes to the mail exchangers, but not into networks that
// are not allowed.
func TestDirect(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	cfg := config.Defaults()
	cfg.Mail.Addresses = []string{"help@desk.example"}
	cfg.Delivery.Direct, cfg.Delivery.MTASTS = true, false
	cfg.SMTP.DNS = mailtest.Zone(t, "acme.example MX mx.acme.example", "mx.acme.example A 127.0.0.1")
	cfg.Delivery.Port = portOf(t, sink.Addr)
	for _, allowed := range []bool{false, true} {
		if allowed {
			cfg.Delivery.AllowNetworks = []string{"127.0.0.0/8"}
		}
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		s, err := Open(&cfg, Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		r := s.Submit(t.Context(), smtpclient.Mail{From: "help@desk.example", To: "jo@acme.example", Author: "help@desk.example", Data: []byte("Subject: x\r\n\r\nx\r\n")})
		if (r.State == desk.DeliverySent) != allowed || r.Unreached == allowed {
			t.Errorf("allowed %v: %+v", allowed, r)
		}
	}
	if l := Limits(&cfg); l.Most != 4 || Routes(&cfg)[""] != "" {
		t.Errorf("limits %+v, routes %v", l, Routes(&cfg))
	}
	cfg.Smarthost.Addr = "127.0.0.1:25"
	if cfg.Validate() == nil {
		t.Error("a smarthost and direct delivery at once")
	}
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return int(at.Port())
}
