package mailtest

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS starts a DNS server that answers TXT queries from records (by name without a
// final dot) and all others with NXDOMAIN. It returns its address.
func DNS(t testing.TB, records map[string]string) string {
	t.Helper()
	lines := make([]string, 0, len(records))
	for name, text := range records {
		lines = append(lines, name+" TXT "+text)
	}
	return Zone(t, lines...)
}

// Zone starts a DNS server with records such as "example.com MX mx.example.com" or
// "example.com MX 20 mx.example.com", of the types TXT, MX, A, AAAA and PTR (by address). It
// answers everything else with NXDOMAIN. The type FAIL makes all queries for a name fail, for
// the name "*" every query. It returns its address.
func Zone(t testing.TB, records ...string) string {
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
				conn.WriteTo(packed, from) // the client will retry
			}
		}
	}()
	return conn.LocalAddr().String()
}

func answerFrom(records []string, query dnsmessage.Message) dnsmessage.Message {
	question := query.Questions[0]
	answer := dnsmessage.Message{Header: dnsmessage.Header{ID: query.ID, Response: true, Authoritative: true}, Questions: query.Questions[:1]}
	answer.RCode = dnsmessage.RCodeNameError
	asked := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	for _, record := range records {
		name, rest, _ := strings.Cut(record, " ")
		kind, value, _ := strings.Cut(rest, " ")
		if kind == "PTR" {
			name = reversed(name)
		}
		switch {
		case kind == "FAIL" && (name == "*" || name == asked):
			answer.RCode = dnsmessage.RCodeServerFailure
			return answer
		case name != asked:
			continue
		}
		answer.RCode = dnsmessage.RCodeSuccess
		if body := resource(kind, value); body != nil && strings.TrimPrefix(question.Type.String(), "Type") == kind {
			answer.Answers = append(answer.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: 60}, Body: body})
		}
	}
	return answer
}

// reversed returns the name of an IPv4 address's PTR records (RFC 1035 section 3.5).
func reversed(address string) string {
	labels := strings.Split(address, ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + ".in-addr.arpa"
}

func resource(kind, value string) dnsmessage.ResourceBody {
	switch kind {
	case "TXT":
		var strings []string // of at most 255 octets
		for ; len(value) > 255; value = value[255:] {
			strings = append(strings, value[:255])
		}
		return &dnsmessage.TXTResource{TXT: append(strings, value)}
	case "MX":
		preference := uint64(10)
		if first, host, ok := strings.Cut(value, " "); ok {
			value = host
			preference, _ = strconv.ParseUint(first, 10, 16) //nolint:errcheck // a test with another value fails
		}
		return &dnsmessage.MXResource{Pref: uint16(preference), MX: dnsmessage.MustNewName(strings.TrimSuffix(value, ".") + ".")}
	case "PTR":
		return &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(value + ".")}
	case "AAAA":
		return &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(value).As16()}
	case "A":
		return &dnsmessage.AResource{A: netip.MustParseAddr(value).As4()}
	}
	return nil
}
