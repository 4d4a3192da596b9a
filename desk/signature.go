package desk

import "time"

// SignatureKind is the standard of a signature.
type SignatureKind string

const (
	SignatureSMIME   SignatureKind = "smime"   // RFC 8551
	SignatureOpenPGP SignatureKind = "openpgp" // RFC 9580, RFC 3156
)

// Coverage says how much of a mail, as it is shown, a signature covers.
type Coverage string

const (
	CoversAll    Coverage = "all"    // the whole body
	CoversFooter Coverage = "footer" // all but the lines that a mailing list added below
	CoversPart   Coverage = "part"   // unsigned content is shown beside it: it proves nothing about the mail
)

// Signed is what normalize found out about a mail's signature, for a verifier with
// the keys. It is not stored.
type Signed struct {
	Kind SignatureKind
	// Content is the signed octets, exactly those that the message was read from: a
	// MIME entity with its header as received, or clear-signed text in the form that
	// RFC 9580 §7.2 hashes.
	Content []byte
	// Signature is a CMS SignedData or an OpenPGP signature, armoured or not.
	Signature []byte
	Covers    Coverage
	Footer    string // with CoversFooter: the lines that are not covered
	Author    string // the address in From; "" unless there is exactly one
	Broken    string // why it cannot be verified; "" when it can be
}

// SignatureStatus is the result of verifying a signature.
type SignatureStatus string

const (
	// SignatureValid: it matches, the operator trusts the key, and the key belongs to
	// the author.
	SignatureValid SignatureStatus = "valid"
	// SignatureMismatch: it matches and its key is trusted, but the key belongs to
	// someone other than the address in the From field.
	SignatureMismatch SignatureStatus = "mismatch"
	// SignatureInvalid: the mail was changed, or another key made the signature.
	SignatureInvalid SignatureStatus = "invalid"
	// SignatureUntrusted: neither the key nor its issuer is configured as trusted.
	SignatureUntrusted SignatureStatus = "untrusted"
	// SignatureExpired: the key or the certificate was not valid when the mail arrived.
	SignatureExpired SignatureStatus = "expired"
	// SignatureRevoked: the key's owner revoked it.
	SignatureRevoked SignatureStatus = "revoked"
	// SignatureWeak: its digest or key is too weak and can be forged.
	SignatureWeak SignatureStatus = "weak"
	// SignaturePartial: it covers a part of what is shown, and was not verified.
	SignaturePartial SignatureStatus = "partial"
	// SignatureUnreadable: it is damaged, or of an unsupported kind.
	SignatureUnreadable SignatureStatus = "unreadable"
	// SignatureUnchecked: no keys of its kind are configured.
	SignatureUnchecked SignatureStatus = "unchecked"
)

// Signature is the result of verifying a mail's signature. It covers the body and not
// the header: anyone who has a signed mail can send it again under another subject.
type Signature struct {
	Kind   SignatureKind   `json:"kind" enum:"smime,openpgp"`
	Status SignatureStatus `json:"status" enum:"valid,mismatch,invalid,untrusted,expired,revoked,weak,partial,unreadable,unchecked"`
	Reason string          `json:"reason" doc:"Explanation of the status"`
	// Email and Name are the signer's according to the certificate or the OpenPGP key:
	// a mere claim unless the status is valid, mismatch, expired or revoked.
	Email    string     `json:"email" doc:"The signer's address; empty: not known"`
	Name     string     `json:"name" doc:"The signer's name; empty: not known"`
	Key      string     `json:"key" doc:"The OpenPGP key's fingerprint, or the certificate's SHA-256, in hexadecimal; empty: not known"`
	Issuer   string     `json:"issuer" doc:"Who issued the certificate; empty with OpenPGP"`
	SignedAt *time.Time `json:"signed_at" doc:"When it was signed, by the signer's clock; null: not stated"`
	Footer   string     `json:"footer" doc:"Lines that a mailing list added below and the signature does not cover; may be empty"`
}
