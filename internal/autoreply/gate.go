// Package autoreply decides whether an automatic mail is sent to a customer, and writes
// its text. It is the one gate that every such mail passes: the rules of RFC 3834, and
// budgets that bound what reaches an address, a domain, a conversation and the world,
// whatever the other side does.
package autoreply

import (
	"fmt"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// Limits are the budgets. An automatic mail is withheld if one of them is used up.
type Limits struct {
	AddressDay   int // to one address within a day
	Conversation int // of one kind about one conversation
	DomainHour   int // to the addresses of one organization within an hour
	FreemailHour int // to those of a public provider
	// Fingerprint is how many messages with the same text are answered within an hour.
	Fingerprint int
	// UnverifiedHour is to all senders that nothing confirms, within an hour.
	UnverifiedHour int
	// MaxAge is how old a message may be to be answered.
	MaxAge time.Duration
}

// Default are the limits of a desk.
var Default = Limits{AddressDay: 5, Conversation: 1, DomainHour: 20, FreemailHour: 200, Fingerprint: 1, UnverifiedHour: 30, MaxAge: 24 * time.Hour}

// Burst is how soon a mail of an unverified sender may come after an automatic mail to
// another one without being taken for its answer: a responder that changes its address and
// its domain has nothing else that gives it away.
const Burst = 20 * time.Second

// Settings are what the policy says about this kind of mail in this inbox.
type Settings struct {
	Kind desk.AutomaticKind
	// Unverified: also to senders that nothing confirms, at most one a day to each.
	Unverified bool
	// Every is the time between two mails of one kind to an address.
	Every time.Duration
}

// Used are the automatic mails that were sent before.
type Used struct {
	Address      int // of this kind to the address, within Settings.Every, or a day if it is unverified
	AddressDay   int
	Conversation int // of this kind
	Domain       int // within an hour
	DomainNow    int // within ten minutes
	Fingerprint  int // within an hour
	Unverified   int // within an hour, to unverified senders
	// UnverifiedNow is within Burst.
	UnverifiedNow int
	// Unreachable: nothing more is sent to the address, because it did not arrive.
	Unreachable bool
	// Stopped is until when the circuit breaker has stopped automatic mail; zero: it has not.
	Stopped time.Time
}

// Conversation is what the decision depends on besides the message.
type Conversation struct {
	Closed     bool // it is closed, or merged into another one
	Restricted bool
	Answered   bool // a person has answered meanwhile
	Spam       bool // it is marked as spam
}

// Decision is what comes of a message.
type Decision struct {
	Send   bool
	Rule   string // that withheld it: stable, kebab-case
	Reason string // the same in words
}

// rule is one reason not to answer.
type rule struct {
	name   string
	when   func(in *Input) bool
	reason func(in *Input) string
}

// Input is everything that a decision depends on.
type Input struct {
	Facts        desk.AutomaticFacts
	Conversation Conversation
	Settings     Settings
	Limits       Limits
	Used         Used
	At           time.Time
	// Echoes: the message repeats the subject of the desk's own automatic mail.
	Echoes bool
}

// Decide decides whether an automatic mail is sent. The first rule that objects counts.
func Decide(in Input) Decision {
	for i := range rules {
		if r := &rules[i]; r.when(&in) {
			return Decision{Rule: r.name, Reason: r.reason(&in)}
		}
	}
	return Decision{Send: true}
}

func say(text string) func(*Input) string { return func(*Input) string { return text } }

// chat reports whether an article answers a chat. What is written there reaches only the
// visitor who has the session, so that the rules about addresses do not apply.
func (in *Input) chat() bool {
	return in.Facts.Channel == desk.ChannelChat && in.Settings.Kind == desk.AutomaticArticle
}

// Verified reports whether the sender's address was authenticated.
func (in *Input) Verified() bool {
	return in.chat() || in.Facts.Trust == desk.TrustAligned || in.Facts.Trust == desk.TrustVerified
}

// answers reports whether the mail would answer a message; a survey answers none.
func (in *Input) answers() bool { return in.Settings.Kind != desk.AutomaticSurvey }

// domainLimit is the budget of the address's organization.
func (in *Input) domainLimit() int {
	if imf.Freemail(imf.Domain(in.Facts.Address)) {
		return in.Limits.FreemailHour
	}
	return in.Limits.DomainHour
}

// rules are all reasons not to send, what is certain first.
var rules = []rule{
	{"no-address", func(in *Input) bool { return !in.chat() && !imf.ValidAddr(in.Facts.Address) }, say("the sender left no valid address")},
	{"chat", func(in *Input) bool { return in.Facts.Channel == desk.ChannelChat && !in.chat() }, say("chats are not answered by mail")},
	{"own-address", func(in *Input) bool { return in.Facts.Own }, say("the sender's address belongs to the desk")},
	// RFC 3834 §2: nothing answers the null reverse-path, and addresses of programs.
	{"null-path", func(in *Input) bool { return in.Facts.NullPath }, say("its reverse-path is empty, as that of reports and automatic mail")},
	{"robot-address", func(in *Input) bool { return robot(in.Facts.Address) }, func(in *Input) string { return "programs send from " + in.Facts.Address }},
	{"list", func(in *Input) bool { return in.Facts.Auto == desk.AutoList }, say("it was sent to many, or over a mailing list")},
	{"automatic", func(in *Input) bool { return in.Facts.Auto != "" && in.Facts.Auto != desk.AutoNo }, func(in *Input) string { return "a program sent it (" + string(in.Facts.Auto) + ")" }},
	{"refused", func(in *Input) bool { return in.Facts.Refused != "" }, func(in *Input) string { return "its field " + in.Facts.Refused + " asks for no automatic answer" }},
	// A message whose recipient fields name the address is meant for the desk; any other
	// was forwarded, or sent to many (RFC 3834 §2).
	{"not-named", func(in *Input) bool { return in.answers() && in.Facts.Channel == desk.ChannelEmail && !in.Facts.Named }, say("none of its recipient fields names an address of the desk")},
	{"reply", func(in *Input) bool { return in.answers() && (in.Facts.Reply || in.Echoes) }, say("it answers a mail of ours")},
	{"via", func(in *Input) bool { return in.Facts.Via }, say("it was written for somebody else, whose address nothing confirms")},
	{"forged", func(in *Input) bool { return in.Facts.Trust == desk.TrustForged }, say("the sender is not who it says")},
	{"spam", func(in *Input) bool { return in.Facts.Spam || in.Conversation.Spam }, say("it is marked as spam")},
	{"old", func(in *Input) bool {
		return in.answers() && !in.Facts.Received.IsZero() && in.At.Sub(in.Facts.Received) > in.Limits.MaxAge
	}, func(in *Input) string { return "it is older than " + duration(in.Limits.MaxAge) }},
	{"closed", func(in *Input) bool { return in.answers() && in.Conversation.Closed }, say("the conversation is closed")},
	{"restricted", func(in *Input) bool { return in.Conversation.Restricted }, say("the conversation is restricted")},
	{"answered", func(in *Input) bool { return in.answers() && in.Conversation.Answered }, say("a person has already answered")},
	// Mail to an address that nothing confirms may reach somebody who never wrote.
	{"unverified", func(in *Input) bool { return !in.Verified() && !in.Settings.Unverified }, say("nothing confirms the sender's address, and the policy does not allow automatic mail to such senders")},
	{"unreachable", func(in *Input) bool { return in.Used.Unreachable }, func(in *Input) string { return "mail to " + in.Facts.Address + " did not arrive" }},
	{"circuit-breaker", func(in *Input) bool { return in.At.Before(in.Used.Stopped) }, func(in *Input) string {
		return "automatic mail is stopped until " + in.Used.Stopped.UTC().Format("15:04 MST") + ", because much more of it was sent than usual"
	}},
	{"budget-conversation", func(in *Input) bool { return in.Used.Conversation >= in.Limits.Conversation }, say("one was sent about this conversation before")},
	{"budget-address", func(in *Input) bool { return in.Used.Address >= 1 }, func(in *Input) string { return "one was sent to this address within " + duration(in.Interval()) }},
	{"budget-address", func(in *Input) bool { return in.Used.AddressDay >= in.Limits.AddressDay }, func(in *Input) string {
		return fmt.Sprintf("%d automatic mails were sent to this address within a day", in.Used.AddressDay)
	}},
	{"budget-domain", func(in *Input) bool { return in.Used.Domain >= in.domainLimit() }, func(in *Input) string {
		return fmt.Sprintf("%d automatic mails were sent to %s within an hour", in.Used.Domain, Organization(in.Facts.Address))
	}},
	// A responder that changes its address stays in its organization, mostly.
	{"budget-domain", func(in *Input) bool {
		return !in.Verified() && in.Used.DomainNow >= 1 && !imf.Freemail(imf.Domain(in.Facts.Address))
	}, func(in *Input) string {
		return "one was sent to an unverified address of " + Organization(in.Facts.Address) + " within 10 minutes"
	}},
	{"budget-text", func(in *Input) bool {
		return in.answers() && !in.chat() && in.Facts.Fingerprint != "" && in.Used.Fingerprint >= in.Limits.Fingerprint
	}, say("a message with the same text was answered within an hour")},
	{"budget-unverified", func(in *Input) bool {
		return in.answers() && in.Facts.Channel == desk.ChannelEmail && !in.Verified() && in.Used.UnverifiedNow >= 1
	}, func(in *Input) string {
		return "one was sent to another unverified sender within " + duration(Burst) + "; this may be an answer to it"
	}},
	{"budget-unverified", func(in *Input) bool { return !in.Verified() && in.Used.Unverified >= in.Limits.UnverifiedHour }, func(in *Input) string {
		return fmt.Sprintf("%d automatic mails were sent to unverified senders within an hour", in.Used.Unverified)
	}},
}

// Interval is the time between two mails of this kind to the address.
func (in *Input) Interval() time.Duration {
	if in.Verified() {
		return in.Settings.Every
	}
	return max(in.Settings.Every, 24*time.Hour)
}

// tagSpam is the tag of conversations that a spam filter or a person has marked.
const tagSpam = "spam"

// MarkedSpam reports whether a conversation is marked as spam.
func MarkedSpam(c *desk.Conversation) bool { return slices.Contains(c.Tags, tagSpam) }

// robot reports whether programs send from an address, or nobody reads it.
func robot(address string) bool {
	if imf.IsNoReply(address) || imf.IsMailerDaemon(address) {
		return true
	}
	return listAddress(address)
}

// duration returns a duration in words.
func duration(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d >= u.of && d%u.of == 0 {
			if d == u.of {
				return "one " + u.name
			}
			return fmt.Sprintf("%d %ss", d/u.of, u.name)
		}
	}
	return d.String()
}
