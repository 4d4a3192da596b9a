package mailtest

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS answers questions for TXT from records (by name without a final dot), and
// everything else with "no such name". It returns its address.
func DNS(t testing.TB, records map[string]string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var query dnsmessage.Message
			if query.Unpack(buf[:n]) != nil || len(query.Questions) == 0 {
				continue
			}
			answer := answerFrom(records, query)
			if packed, err := answer.Pack(); err == nil {
				conn.WriteTo(packed, from) // a client that is gone asks again
			}
		}
	}()
	return conn.LocalAddr().String()
}

func answerFrom(records map[string]string, query dnsmessage.Message) dnsmessage.Message {
	question := query.Questions[0]
	answer := dnsmessage.Message{Header: dnsmessage.Header{ID: query.ID, Response: true, Authoritative: true}, Questions: query.Questions[:1]}
	text, known := records[strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))]
	switch {
	case !known:
		answer.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeTXT:
		answer.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: 60},
			Body: &dnsmessage.TXTResource{TXT: []string{text}}}}
	}
	return answer
}
