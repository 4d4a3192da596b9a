package transfer

import (
	"bytes"
	"encoding/base64"
	"testing"
)

// BenchmarkLooseBase64 decodes an attachment of ordinary form: lines of 76 digits.
func BenchmarkLooseBase64(b *testing.B) {
	line := []byte(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x12, 0xfe, 0x80}, 19)) + "\r\n")
	data := bytes.Repeat(line, 1000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		LooseBase64(data)
	}
}
