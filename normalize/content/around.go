package content

import (
	"bytes"
	"strings"
	"unicode"

	"switchboard/normalize/mimeparse"
	"switchboard/normalize/plaintext"
)

// maxAround is how much text before or after the parts is read.
const maxAround = 64 << 10

// aroundParts returns the text that a message without a text part has before its first
// part or after its last. MIME readers ignore that (RFC 2046 §5.1.1), but programs that
// add an attachment to a plain message leave its words there.
func (r *Content) aroundParts(p *mimeparse.Part) Body {
	for _, data := range [][]byte{p.Preamble, p.Epilogue} {
		if data = withoutNotice(plaintext.ClipBytes(data, maxAround)); data != nil {
			r.parser.Report("text-outside-parts", "the text is outside the parts of the message, where most programs do not show it")
			return r.text(&mimeparse.Part{Type: "text/plain"}, data)
		}
	}
	for _, c := range p.Children {
		if v := r.aroundParts(c); !v.blank() {
			return v
		}
	}
	return Body{}
}

// noticeWords are in the notices to readers without MIME.
var noticeWords = []string{"mime", "multi-part", "multipart", "multi part", "mehrteilig", "mail reader", "mail client", "mailreader", "mail program", "email client", "e-mail client"}

// withoutNotice removes the paragraphs that tell readers without MIME why they see
// this; nil if no words are left.
func withoutNotice(data []byte) []byte {
	var kept [][]byte
	words := false
	for _, paragraph := range bytes.Split(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\n\n")) {
		if plaintext.ContainsAny(strings.ToLower(string(paragraph)), noticeWords) {
			continue
		}
		kept = append(kept, paragraph)
		words = words || bytes.ContainsFunc(paragraph, func(c rune) bool { return unicode.IsLetter(c) || c == unicode.ReplacementChar })
	}
	if !words {
		return nil
	}
	return bytes.Trim(bytes.Join(kept, []byte("\n\n")), "\n")
}
