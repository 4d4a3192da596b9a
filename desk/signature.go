package desk

import "time"

// SignatureKind is the standard by which a mail is signed.
type SignatureKind string

const (
	SignatureSMIME   SignatureKind = "smime"   // RFC 8551
	SignatureOpenPGP SignatureKind = "openpgp" // RFC 9580, RFC 3156
)

// Coverage says how much of what a mail shows its signature is for.
type Coverage string

const (
	CoversAll    Coverage = "all"    // the whole body
	CoversFooter Coverage = "footer" // all but the lines that a mailing list put below it
	CoversPart   Coverage = "part"   // something stands beside it: it says nothing of the mail
)

// Signed is what normalize found of a mail's signature, to be verified by
// whoever has keys. It is not stored.
type Signed struct {
	Kind SignatureKind
	// Content is the signed octets, exactly those that the message was read from:
	// of a MIME entity with its header and as it came, of clear-signed text as
	// RFC 9580 §7.2 has it hashed.
	Content []byte
	// Signature is a CMS SignedData or an OpenPGP signature, armoured or not.
	Signature []byte
	Covers    Coverage
	Footer    string // with CoversFooter: the lines that it is not for
	Author    string // the one address of the one From field; "" when there is no such
	Broken    string // why it cannot be verified, in words; "" when it can be tried
}

// SignatureStatus is what a signature is worth.
type SignatureStatus string

const (
	// SignatureValid: it fits, a key that the operator trusts made it, and the
	// key is the author's.
	SignatureValid SignatureStatus = "valid"
	// SignatureMismatch: it fits and its key is trusted, but the key is somebody else's
	// than the address in the From field.
	SignatureMismatch SignatureStatus = "mismatch"
	// SignatureInvalid: the mail has been changed, or the key did not make it.
	SignatureInvalid SignatureStatus = "invalid"
	// SignatureUntrusted: nobody has said that the key or its issuer is to be trusted.
	SignatureUntrusted SignatureStatus = "untrusted"
	// SignatureExpired: the key or the certificate was not valid when the mail came.
	SignatureExpired SignatureStatus = "expired"
	// SignatureRevoked: the key's owner has called it back.
	SignatureRevoked SignatureStatus = "revoked"
	// SignatureWeak: it is made with a digest or a key that can be forged.
	SignatureWeak SignatureStatus = "weak"
	// SignaturePartial: it is for a part of what is shown, and was not looked at.
	SignaturePartial SignatureStatus = "partial"
	// SignatureUnreadable: it is damaged, or of a kind that is not understood.
	SignatureUnreadable SignatureStatus = "unreadable"
	// SignatureUnchecked: no keys of its kind are configured.
	SignatureUnchecked SignatureStatus = "unchecked"
)

// Signature is what was found out of a mail's signature. It is for the body and not for
// the header: whoever has a signed mail can send it again under another subject.
type Signature struct {
	Kind   SignatureKind   `json:"kind" enum:"smime,openpgp"`
	Status SignatureStatus `json:"status" enum:"valid,mismatch,invalid,untrusted,expired,revoked,weak,partial,unreadable,unchecked"`
	Reason string          `json:"reason" doc:"The status in words"`
	// Email and Name are the signer's, by the certificate or the OpenPGP key. They are
	// a claim unless the status is valid, mismatch, expired or revoked.
	Email    string     `json:"email" doc:"The signer's address; empty when it is not known"`
	Name     string     `json:"name" doc:"The signer's name; empty when it is not known"`
	Key      string     `json:"key" doc:"The OpenPGP key's fingerprint, or the certificate's SHA-256, in hexadecimal; empty when it is not known"`
	Issuer   string     `json:"issuer" doc:"Who issued the certificate; empty with OpenPGP"`
	SignedAt *time.Time `json:"signed_at" doc:"When it was signed, by the signer's clock; null when it does not say"`
	Footer   string     `json:"footer" doc:"The lines below the mail that a mailing list added and the signature is not for; empty when there are none"`
}
