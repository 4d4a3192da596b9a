package store_test

import (
	"testing"

	"switchboard/agent"
	"switchboard/internal/mailtest"
	"switchboard/outbound"
	"switchboard/outbound/mailer"
)

// BenchmarkReply is one agent answering: the transaction that the API waits for.
func BenchmarkReply(b *testing.B) {
	o := openOffice(b)
	c := o.letter(b)
	for b.Loop() {
		if _, err := o.desk.Reply(b.Context(), o.ana, c, agent.Reply{Text: "Pull the plug."}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOutbound is an answer's way from the queue to smtp-sink's 250 and the
// recorded outcome.
func BenchmarkOutbound(b *testing.B) {
	o := openOffice(b)
	c := o.letter(b)
	sink := mailtest.NewSMTPSink(b)
	m, err := mailer.New(mailer.Config{Addr: sink.Addr, TLS: mailer.TLSNone}, o.Store)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(m.Close)
	for i := range b.N {
		if i%200 == 0 {
			c = o.letter(b)
		}
		if _, err := o.desk.Reply(b.Context(), o.ana, c, agent.Reply{Text: "Pull the plug."}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	o.run(b, mail(m), outbound.Options{})
	o.await(b, 0, "select count(*) from deliveries where not settled")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
