package classify

import (
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/plaintext"
	"switchboard/normalize/report"
)

// bounce recognizes reports of failed delivery, standard (RFC 3464) or not. Each rule
// requires evidence of a mail system and of a failure, because people also write
// about bounces and forward them.
func (e signs) bounce() bool {
	if e.Status || e.ReportType == "delivery-status" {
		return true
	}
	for _, name := range []string{"x-failed-recipients", "x-ms-exchange-message-is-ndr", "x-ms-embedded-report", "x-mddsn-message"} {
		if e.Header.Has(name) {
			return true
		}
	}
	if strings.EqualFold(e.Header.Get("message-type"), "delivery report") {
		return true // X.400 gateways, RFC 2156
	}
	if e.Notification == report.NotifiesBounce && e.notifier() {
		return true
	}
	if imf.IsForward(e.Evidence.Subject) {
		return false
	}
	if IsListMail(e.Header) {
		return e.bounceOfList()
	}
	daemon := imf.IsMailerDaemon(e.from) || daemonName(e.fromName)
	subject := bounceSubject(e.subject)
	if !daemon && !subject && !e.NullPath && !e.Original && e.keyword == "" {
		return false
	}
	opening := bounceOpening(e.opening)
	switch {
	case autoReplySubject(e.subject) && !(systemOpening(e.opening) && report.HasDiagnostic(e.opening)), awayOpening(plaintext.Clip(e.opening, 400)) && !opening:
		return false
	case daemon && (subject || e.Original || opening && report.HasAddress(e.opening)):
		return true
	case daemon && e.NullPath && report.HasRefusal(e.opening):
		return true // in a language that is not listed below
	case (e.NullPath || e.keyword == "auto-replied" || e.keyword == "auto-generated") && (subject || opening):
		return true
	case imf.IsReply(e.Evidence.Subject):
		return false
	case e.Original:
		return subject || systemOpening(e.opening)
	}
	// Carriers and their customers also write about failed deliveries.
	return subject && report.HasDiagnostic(e.opening) && (systemSender(e.from) || systemOpening(e.opening))
}

// bounceOfList recognizes the bounce of a message that a list distributed: some mail
// systems copy the header fields of the list into it. People write about bounces on
// lists, so that only a mail system's address or the null reverse-path counts, which a
// list replaces by its own (RFC 5321 §4.4).
func (e signs) bounceOfList() bool {
	system := systemOpening(e.opening)
	failed := bounceSubject(e.subject) && (bounceOpening(e.opening) || report.HasAddress(e.opening))
	local, _ := imf.SplitAddr(e.from)
	switch {
	case imf.IsReply(e.Evidence.Subject) && !e.NullPath:
		return false
	case imf.IsMailerDaemon(e.from) && !strings.HasPrefix(local, "postmaster"), e.NullPath:
		return failed || system
	}
	return (imf.IsMailerDaemon(e.from) || daemonName(e.fromName)) && system // postmasters are on lists, too
}

// MailSystem reports whether the author of a report is a mail system. Some of them
// leave From empty.
func MailSystem(from desk.Address) bool {
	addr := strings.ToLower(from.Email)
	return addr == "" || imf.IsMailerDaemon(addr) || daemonName(strings.ToLower(from.Name)) || systemSender(addr)
}

// systemSender reports whether an address probably belongs to a program; the subject
// must confirm it.
func systemSender(addr string) bool {
	local, _ := imf.SplitAddr(addr)
	switch local {
	case "mailer", "smtp", "nobody", "mailmarshal", "mailgate", "antispam", "antivirus", "bounce", "bounces", "mailbot":
		return true
	}
	return imf.IsNoReply(addr)
}

// daemonName reports whether a display name, in lower case, is one that mail systems
// use.
func daemonName(name string) bool {
	for _, n := range []string{"mail delivery subsystem", "mail delivery system", "mail delivery service", "mailer-daemon", "mail administrator", "system administrator", "postmaster", "mail system", "microsoft outlook", "internet mail delivery", "mail delivery", "systemadministrator", "administrateur système", "mailer daemon"} {
		if strings.HasPrefix(name, n) {
			return true
		}
	}
	return false
}

// systemSentences, in lower case, open the reports of mail systems. People do not
// write them.
var systemSentences = []string{
	"this is the mail system at host", "this is the qmail-send program", "this message was created automatically by mail delivery software", "this message was created automatically by the mail system", "a message that you sent could not be delivered", "a message that you sent has not yet been delivered",
	"the following addresses had permanent fatal errors", "the following addresses had transient", "the following address(es) failed", "the original message was received at", "your message did not reach some or all of the intended recipients", "your message could not be delivered", "your message couldn't be delivered", "your message cannot be delivered", "your message wasn't delivered", "your message was not delivered", "your message has not been delivered", "your mail could not be delivered", "your e-mail could not be delivered", "your email could not be delivered",
	"delivery has failed to these recipients", "delivery to the following recipient", "delivery to these recipients", "delivery to the following address", "could not be delivered to", "couldn't be delivered to", "wasn't delivered to", "was not delivered to", "has not been delivered to", "was undeliverable", "is undeliverable", "undeliverable to the following", "unable to deliver", "i was not able to deliver", "i wasn't able to deliver", "i'm afraid i wasn't able to", "sorry, i couldn't find any host", "sorry, i wasn't able to establish", "sorry to have to inform you", "failed to deliver", "not able to deliver", "cannot deliver", "could not deliver", "can't be delivered", "couldn't deliver", "the following message to", "the message you sent to", "message you sent was", "message that you sent", "the following recipient", "the following destination addresses", "following addresses were", "message could not be", "message was not delivered", "the user(s) account is", "reason for delivery failure", "reason for failure", "delivery failed", "delivery failure", "delivery error", "delivery report", "delivery attempt", "delivery temporarily suspended", "temporarily deferred", "undelivered", "undeliverable", "non-delivery", "non delivery", "nondelivery",
	"konnte nicht zugestellt", "nicht zugestellt werden", "n'a pas pu être remis", "n'a pas été remis", "no se pudo entregar", "no pudo ser entregado", "não pôde ser entregue", "non è stato recapitato", "kunde inte levereras", "kunne ikke leveres", "не может быть доставлен", "не было доставлено",
}

// failureSentences say why delivery failed. People quote them, so they only count
// together with other evidence of a mail system.
var failureSentences = []string{
	"user unknown", "unknown user", "no such user", "no such recipient", "no such mailbox", "unknown recipient", "recipient unknown", "unknown address", "mailbox unavailable", "mailbox not found", "mailbox is full", "mailbox full", "over quota", "quota exceeded", "exceeded its quota", "not listed in", "account has been disabled", "account is disabled", "address rejected", "recipient rejected", "host unknown", "unknown host", "unrouteable", "unroutable", "relaying denied", "does not exist", "doesn't have a", "is not a valid", "invalid recipient", "invalid mailbox", "no longer accept", "no longer valid", "no longer active", "----- transcript of session", "----transcript of session", "transcript of session follows", "returned message", "returned mail", "return to sender", "original message follows", "below this line is a copy of the message", "smtp error", "remote host said", "permanent error", "permanent failure", "permanent fatal", "fatal error", "status: 5.", "550 5.", "550-5.", "554 5.", " 550 ", " 554 ", " 553 ", "#5.",
	"konnte nicht an", "zustellung", "unzustellbar", "n'a pas pu être", "n'a pas été remis", "n'a pu être", "non remis", "no se ha podido", "no se pudo entregar", "no pudo ser entregado", "no ha podido", "não pôde ser entregue", "não foi possível entregar", "não foi entregue", "non è stato possibile", "impossibile recapitare", "non è stato recapitato", "kon niet worden", "niet worden bezorgd", "kunde inte levereras", "kunne ikke leveres", "ei voitu toimittaa", "nie można dostarczyć", "nie została dostarczona", "nelze doručit", "nebylo možné doručit", "nem sikerült kézbesíteni", "kézbesíthet", "nu a putut fi", "не может быть доставлен", "не было доставлено", "не удалось доставить", "не доставлен", "не вдалося доставити", "teslim edilemedi", "iletilemedi", "届けることができません", "配信できません", "配送できません", "配信不能", "送信できません", "전달할 수 없", "배달할 수 없", "배달되지", "전달되지", "无法投递", "无法送达", "无法传递", "无法发送", "退信", "無法傳遞", "無法投遞", "無法送達",
}

func bounceOpening(opening string) bool {
	return plaintext.ContainsAny(opening, systemSentences) || plaintext.ContainsAny(opening, failureSentences)
}

// systemOpening reports whether a text opens as only mail systems write, not counting
// quoted lines.
func systemOpening(opening string) bool {
	var own []string
	for _, line := range strings.Split(plaintext.Clip(opening, 600), "\n") {
		if !strings.HasPrefix(line, ">") {
			own = append(own, line)
		}
	}
	return plaintext.ContainsAny(strings.Join(own, "\n"), systemSentences)
}
