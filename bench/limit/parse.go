package limit

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync/atomic"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the charsets of the corpus
	"github.com/emersion/go-message/mail"
	"github.com/jhillyerd/enmime/v2"
)

// Parser parses one message and returns all its text parts, concatenated.
type Parser func(raw []byte) (text string, err error)

var bare = enmime.NewParser(enmime.DisableTextConversion(true), enmime.DisableCharacterDetection(true))

// Enmime parses with enmime, without text conversion and charset detection.
func Enmime(raw []byte) (string, error) {
	e, err := bare.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	return e.Text + " " + e.HTML, nil
}

// GoMessage parses with go-message, decoding and reading every part.
func GoMessage(raw []byte) (string, error) {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return "", err
	}
	// A mail reader needs both; errors do not matter here.
	_, _ = r.Header.Subject()
	_, _ = r.Header.MsgIDList("References")
	var text strings.Builder
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return text.String(), nil
		}
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			return "", err
		}
		if h, ok := part.Header.(*mail.InlineHeader); ok {
			if kind, _, _ := h.ContentType(); strings.HasPrefix(kind, "text/") {
				text.WriteString(" ")
				text.Write(body)
			}
		}
	}
}

// Parse runs p over all messages on one core. It passes the results to judge, whose
// time is not measured.
func Parse(raws [][]byte, p Parser, judge func(i int, text string)) (Cost, error) {
	texts := make([]string, len(raws))
	var failed atomic.Pointer[error]
	c, err := measure(len(raws), 0, func() error {
		for i, raw := range raws {
			text, err := p(raw)
			if err != nil {
				failed.Store(&err)
			}
			texts[i] = text
		}
		return nil
	})
	if e := failed.Load(); err == nil && e != nil {
		err = *e
	}
	for i, text := range texts {
		judge(i, text)
	}
	return c, err
}
