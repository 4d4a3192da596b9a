package dkim

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// Keys are the keys of a site. They are safe for concurrent use.
type Keys []Key

// For returns the keys that sign mail from a domain: those of the domain itself, or else
// those of the nearest domain above, which DMARC accepts too unless the domain demands
// strict alignment (RFC 7489 §3.1.1). All of them sign: verifiers that do not know the
// algorithm of one signature use another (RFC 8463 §3).
func (keys Keys) For(domain string) Keys {
	for domain = strings.ToLower(domain); strings.Contains(domain, "."); _, domain, _ = strings.Cut(domain, ".") {
		var found Keys
		for _, k := range keys {
			if k.Domain == domain {
				found = append(found, k)
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// The fields that are signed: those that RFC 6376 §5.4.1 recommends as far as mail of ours
// has them, those that decide how it is shown, and those by which a
// program unsubscribes its reader (RFC 8058 §4).
var (
	// sealed are signed once more than they occur (RFC 6376 §8.15): one that somebody adds on
	// the way breaks the signature.
	sealed = []string{"From", "To", "Cc", "Subject", "Date", "Reply-To", "Mime-Version", "Content-Type"}
	others = []string{"Message-Id", "In-Reply-To", "References", "Content-Transfer-Encoding", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", "Thread-Topic", "Thread-Index"}
)

// Sign returns a message with a DKIM-Signature for each key of the domain of its sender,
// from; without keys, the message as it is. The message must have CRLF line ends.
func (keys Keys) Sign(from string, message []byte) ([]byte, error) {
	at := strings.LastIndexByte(from, '@')
	signers := keys.For(from[at+1:])
	if len(signers) == 0 {
		return message, nil
	}
	fields, err := signedFields(message)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, k := range signers {
		s, err := dkim.NewSigner(&dkim.SignOptions{Domain: k.Domain, Selector: k.Selector, Signer: k.Private, Hash: crypto.SHA256,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed, HeaderKeys: fields})
		if err == nil {
			_, err = s.Write(message)
			err = errors.Join(err, s.Close())
		}
		if err != nil {
			return nil, fmt.Errorf("sign with %s: %w", k.Name(), err)
		}
		out = append(out, s.Signature()...)
	}
	return append(out, message...), nil
}

// signedFields returns the names of the fields to sign.
func signedFields(message []byte) ([]string, error) {
	head, _, ok := bytes.Cut(message, []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("the message has no body")
	}
	var present []string
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if name, _, ok := bytes.Cut(line, []byte(":")); ok && line[0] != ' ' && line[0] != '\t' {
			present = append(present, textproto.CanonicalMIMEHeaderKey(string(name)))
		}
	}
	var out []string
	for _, name := range slices.Concat(sealed, others) {
		for _, have := range present {
			if have == name {
				out = append(out, name)
			}
		}
		if slices.Contains(sealed, name) {
			out = append(out, name)
		}
	}
	return out, nil
}
