package normalize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/desk"
)

// BenchmarkEmail reads one ordinary message: a short text, its HTML version and an
// attachment, about 25 KiB together.
func BenchmarkEmail(b *testing.B) {
	body, err := os.ReadFile(filepath.Join("testdata", "body-related-in-alternative-in-mixed.eml"))
	if err != nil {
		b.Fatal(err)
	}
	s := strings.Replace(string(body), "\r\n\r\nPlain\r\n", "\r\n\r\n"+strings.Repeat("Dear team, my order is late and I would like to know when it comes.\r\n", 40), 1)
	s = strings.Replace(s, "<p>Rich", strings.Repeat("<p style=\"color:#333\">Dear team, my <b>order</b> is late and I would like to know when it comes.</p>\r\n", 40)+"<p>Rich", 1)
	s = strings.Replace(s, "JVBERi0x", strings.Repeat("JVBERi0xJVBERi0xJVBERi0xJVBERi0xJVBERi0xJVBERi0xJVBERi0xJVBERi0x\r\n", 250)+"JVBERi0x", 1)
	raw := desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: received, Bytes: []byte(s)}
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Email(raw)
	}
}

// BenchmarkPlainText reads a mail of 25 KB of plain text.
func BenchmarkPlainText(b *testing.B) {
	s := "From: Jo <jo@acme.example>\r\nTo: desk@example.net\r\nSubject: Re: My order\r\nMessage-ID: <1@acme.example>\r\n\r\n" +
		strings.Repeat("Dear team, my order is late and I would like to know when it comes.\r\nIt was sent on Monday, 2 March, and is needed for the fair.\r\n\r\n", 190)
	raw := desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: received, Bytes: []byte(s)}
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Email(raw)
	}
}
