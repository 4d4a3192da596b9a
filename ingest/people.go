package ingest

import (
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// sender is who a message came from, as far as the message itself says.
type sender struct {
	key    IdentityKey
	name   string
	domain string // the domain that leads to an account; "" when it is nobody's
	email  string // lower-case addr-spec; "" for an anonymous visitor
	trust  desk.Trust
}

// scope is what the account's lock is named after until the account is known.
func (s sender) scope() Scope { return Scope{Address: s.key.Address, Domain: s.domain} }

// nobody stands for the author of a mail that names none; it is never answered.
const nobody = "unknown@invalid.invalid"

// senderOf names the sender. A mail's author is its From (RFC 5322 §3.6.2), and
// the reverse-path when From says nothing. A visitor is known by the session
// first: an address typed into a chat leads to an account, never to another
// person's identity.
func senderOf(raw *desk.Raw, m *desk.Message, session Session, sessionID desk.SessionID) sender {
	s := sender{trust: trust(m)}
	if len(m.From) > 0 {
		s.name, s.email = m.From[0].Name, imf.NormalizeAddr(m.From[0].Email)
	}
	if s.email == "" && raw.Channel == desk.ChannelEmail && len(raw.EnvelopeFrom) <= imf.MaxAddr {
		s.email = imf.NormalizeAddr(raw.EnvelopeFrom)
	}
	if raw.Channel == desk.ChannelChat {
		if s.email == "" {
			s.email = imf.NormalizeAddr(session.Email)
		}
		if s.name == "" {
			s.name = session.Name
		}
		s.key = IdentityKey{desk.ChannelChat, sessionID.String()}
	} else {
		if s.email == "" {
			s.email = nobody
		}
		s.key = IdentityKey{desk.ChannelEmail, s.email}
	}
	if _, domain, ok := strings.Cut(s.email, "@"); ok && !imf.Freemail(domain) && strings.Contains(domain, ".") {
		s.domain = domain
	}
	return s
}

// person is a sender resolved: the contact and the account that pays.
type person struct {
	contact desk.Contact
	account desk.Account
}

// resolve finds the sender's contact and account, or makes them. An identity
// keeps the account it was given when it was first seen.
func (b *batch) resolve(s sender) person {
	if contact, ok := b.snap.Contacts[s.key]; ok {
		b.prove(s, contact)
		return person{contact, b.snap.Accounts[contact.AccountID]}
	}
	account := b.accountFor(s)
	contact := desk.Contact{ID: desk.NewID[desk.ContactID](), AccountID: account.ID, Name: s.name, CreatedAt: b.now}
	b.out.Contacts = append(b.out.Contacts, contact)
	b.out.Identities = append(b.out.Identities, Identity{IdentityKey: s.key, Contact: contact.ID, Trust: s.proven()})
	b.snap.Contacts[s.key] = contact
	return person{contact, account}
}

// accountFor finds the organization behind a domain, or opens an account: for
// the domain, or for the person when the domain is nobody's. Only the very domain
// counts: whoever rents a subdomain is not thereby a colleague.
func (b *batch) accountFor(s sender) desk.Account {
	if id, ok := b.snap.Domains[s.domain]; ok && s.domain != "" {
		return b.snap.Accounts[id]
	}
	account := desk.Account{ID: desk.NewID[desk.AccountID](), Name: s.domain, CreatedAt: b.now}
	if s.domain != "" {
		account.Domains = []string{s.domain}
		b.out.Domains = append(b.out.Domains, Domain{s.domain, account.ID})
		b.snap.Domains[s.domain] = account.ID
	} else {
		account.Name = firstOf(s.email, s.name, "Visitor")
	}
	b.out.Accounts = append(b.out.Accounts, account)
	b.snap.Accounts[account.ID] = account
	return account
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
