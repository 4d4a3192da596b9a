package ingest

import (
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// sender is who a message came from, according to the message itself: its author, or
// the customer for whom the author wrote (customer.go).
type sender struct {
	key    IdentityKey
	name   string
	domain string // the domain that leads to an account; "" for freemail, our own, and the like
	email  string // lower-case addr-spec; "" for an anonymous visitor
	trust  desk.Trust
	via    string // the field that names them, if they are not the author
	known  bool   // they have written before
	system bool   // a mail system, which is nobody's customer and gets no replies
}

// authenticated reports whether the address was authenticated.
func (s sender) authenticated() bool {
	return s.trust == desk.TrustAligned || s.trust == desk.TrustVerified
}

// address returns the address, "" if the message names no one.
func (s sender) address() string {
	if s.email == unknownSender || s.system {
		return ""
	}
	return s.email
}

// scope identifies the account, for its lock, before the account is known.
func (s sender) scope() Scope { return Scope{Address: s.key.Address, Domain: s.domain} }

// unknownSender is the address of a mail without an author. No reply goes to it.
const unknownSender = "unknown@invalid.invalid"

// mailSystem is the identity of all mail systems, under which their reports are shown
// that belong to no conversation.
const mailSystem = "mail-system@invalid.invalid"

// isSystem reports whether a mail system wrote a mail, and not a person. A postmaster is
// one when reporting, a mailer-daemon always is.
func isSystem(raw *desk.Raw, m *desk.Message, author string) bool {
	if raw.Channel != desk.ChannelEmail || raw.Outgoing {
		return false
	}
	return imf.IsDaemon(author) || m.AutoSubmitted == desk.AutoBounce && (author == "" || imf.IsMailerDaemon(author) || isBounce(m) && m.Report.Returned.MailSystem)
}

// senderOf returns the sender. A mail's author is its From (RFC 5322 §3.6.2), or
// the reverse-path when From is empty. A visitor is identified by the session: an
// address typed into a chat leads to an account, never to another person's
// identity.
func senderOf(raw *desk.Raw, m *desk.Message, session Session, sessionID desk.SessionID, rules *Rules) sender {
	s := sender{trust: trust(m)}
	if len(m.From) > 0 {
		s.name, s.email = m.From[0].Name, imf.NormalizeAddr(m.From[0].Email)
	}
	if isSystem(raw, m, s.email) {
		s.key, s.name, s.system = IdentityKey{desk.ChannelEmail, mailSystem}, "Mail system", true
		return s
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
			s.email = unknownSender
		}
		s.key = IdentityKey{desk.ChannelEmail, s.email}
	}
	if _, domain, ok := strings.Cut(s.email, "@"); ok && !imf.Freemail(domain) && strings.Contains(domain, ".") && !rules.insider(s.email) {
		s.domain = domain
	}
	return s
}

// identity returns the sender's address as an identity of a contact.
func (s sender) identity(contact desk.ContactID, trust desk.Trust) desk.ContactIdentity {
	return desk.ContactIdentity{Contact: contact, Identity: desk.Identity{Channel: s.key.Channel, Address: s.key.Address, Trust: trust}}
}

// person is a resolved sender: the contact and their account.
type person struct {
	contact desk.Contact
	account desk.Account
}

// seen reports whether the sender's address has been authenticated before.
func (b *batch) seen(s sender) bool {
	authentic := func(i desk.Identity) bool {
		return i.Channel == s.key.Channel && i.Address == s.key.Address && i.Trust != desk.TrustClaimed
	}
	return slices.ContainsFunc(b.snap.Contacts[s.key].Identities, authentic) ||
		slices.ContainsFunc(b.out.Identities, func(i desk.ContactIdentity) bool { return authentic(i.Identity) })
}

// resolve returns the sender's contact and account, and creates what is missing.
// An identity keeps the account that it got when it was first seen.
func (b *batch) resolve(s sender) person {
	if contact, ok := b.snap.Contacts[s.key]; ok {
		b.raiseTrust(s, contact)
		return person{contact, b.snap.Accounts[contact.AccountID]}
	}
	account := b.accountFor(s)
	contact := desk.Contact{ID: desk.NewID[desk.ContactID](), AccountID: account.ID, Name: s.name, CreatedAt: b.now}
	b.out.Contacts = append(b.out.Contacts, contact)
	b.out.Identities = append(b.out.Identities, s.identity(contact.ID, s.initialTrust()))
	b.snap.Contacts[s.key] = contact
	return person{contact, account}
}

// peek is resolve without creating anything: what is unknown is zero.
func (b *batch) peek(s sender) (who person) {
	contact, ok := b.snap.Contacts[s.key]
	if !ok {
		if id, ok := b.snap.Domains[s.domain]; ok && s.domain != "" {
			who.account = b.snap.Accounts[id]
		}
		return who
	}
	return person{contact, b.snap.Accounts[contact.AccountID]}
}

// accountFor returns the account behind a domain, or creates one: for the domain,
// or for the person when the domain belongs to no organization. Only an exact
// match counts: the owner of a subdomain is not necessarily a colleague.
func (b *batch) accountFor(s sender) desk.Account {
	if id, ok := b.snap.Domains[s.domain]; ok && s.domain != "" {
		return b.snap.Accounts[id]
	}
	account := desk.Account{ID: desk.NewID[desk.AccountID](), Name: s.domain, CreatedAt: b.now}
	if s.domain != "" {
		account.Domains = []string{s.domain}
		b.out.Domains = append(b.out.Domains, desk.AccountDomain{Domain: s.domain, Account: account.ID})
		b.snap.Domains[s.domain] = account.ID
	} else {
		account.Name = firstOf(s.email, s.name, "Visitor")
		if s.system || b.rules.Own(s.email) { // a visitor gives it as theirs
			account.Name = firstOf(s.name, "Visitor")
		}
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
