package store_test

import (
	"testing"

	"switchboard/agent"
	"switchboard/internal/mailtest"
	"switchboard/outbound"
	"switchboard/outbound/mailer"
	"switchboard/outbound/smtpclient"
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
	client, err := smtpclient.New(smtpclient.Config{Addr: sink.Addr, TLS: smtpclient.TLSNone})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	for i := range b.N {
		if i%200 == 0 {
			c = o.letter(b)
		}
		if _, err := o.desk.Reply(b.Context(), o.ana, c, agent.Reply{Text: "Pull the plug."}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	o.run(b, mail(mailer.New(client, o.Store, mailer.Options{})), outbound.Options{})
	o.await(b, 0, "select count(*) from deliveries where not settled")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
