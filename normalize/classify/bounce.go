package classify

import (
	"regexp"
	"strings"

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
	if IsListMail(e.Header) || imf.IsForward(e.Evidence.Subject) {
		return false
	}
	daemon := imf.IsMailerDaemon(e.from) || daemonName(e.fromName)
	subject := bounceSubject(e.subject)
	if !daemon && !subject && !e.NullPath && !e.Original && e.keyword == "" {
		return false
	}
	opening := bounceOpening(e.opening)
	switch {
	case autoReplySubject(e.subject) || awayOpening(plaintext.Clip(e.opening, 400)) && !opening:
		return false
	case daemon && (subject || e.Original || opening && report.HasAddress(e.opening)):
		return true
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

var bounceSubjects = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`^\W*undeliver`, `^\W*returned mail`, `^\W*return(ed|ing)? to sender`, `returned to sender`, `returning (message|mail) to sender`, `^\W*mail delivery (fail|error|problem|sub|sys|status|report|delay|incomplete|notif)`,
	`delivery status notif`, `^\W*delivery[ -](fail|status|report|notif|problem|error|delay|has|unsucc|incompl|has been|not)`, `delivery (failure|failed|has failed|unsuccessful)`, `failure (notice|delivery|notif)`, `^\W*failed (delivery|mail|message)`,
	`(message|mail|e-?mail) (delivery )?(failure|failed|undeliver|not delivered|not sent|could not be|couldn.t be|has been delayed|delayed|delivery delayed|was not delivered|is delayed|was delayed|rejected|returned|bounced)`,
	`^\W*non[- ]?(deliver|remis)`, `^\W*nondeliver`, `unable to (deliver|send)`, `(could|can) ?not (be )?(deliver|send|sent)`, `mail system error`, `^\W*warning: (message|could not|mail|your)`, `still being retried`,
	`postmaster notify`, `^\W*user unknown`, `mailbox (is )?(full|unavailable|over quota|not found|disabled)`, `quota exceeded`, `^\W*bounced? (mail|message|e-?mail)`, `^\W*bounce$`, `^\W*(ndn|ndr|dsn)\b`, `^\W*rejected:`, `error sending (mail|message)`, `mail error`, `your message (to|could|was|has|cannot|can't)`, `problem delivering`, `delivery of your (mail|message)`, `recipient (address )?(rejected|unknown|not found)`, `^\W*smtp (error|delivery)`, `transport (error|failure)`, `invalid (recipient|address|mailbox)`, `unknown (address|recipient|user)`, `no such (user|mailbox|address)`, `address (not found|error)`, `^\W*permanent (delivery )?(fail|error)`, `daemon`, `^\W*auto(matic)?:? undeliver`, `^\W*delayed (mail|message|delivery)`, `message status - undeliver`, `mdaemon notification`, `email address (is )?(invalid|no longer)`, `no longer (in use|valid|active|exists|works|with)`,
	`unzustellbar`, `nicht (zugestellt|zustellbar)`, `zustell(ung|fehler|status|benach)`, `fehlgeschlagen`, `rückläufer`, `non remis`, `non distribu`, `échec de (la )?(remise|distribution|livraison)`, `(avis|notification|rapport) (de|d') ?non[- ]remise`, `remise (différée|impossible)`, `retour à l'expéditeur`, `impossible de remettre`,
	`no se puede entregar`, `no se pudo entregar`, `no entregad`, `(error|fallo) (de|en la|al) (entrega|env)`, `correo devuelto`, `mensaje devuelto`, `no (se )?ha podido entregar`, `não (foi )?entregue`, `falha na entrega`, `não é possível entregar`, `mensagem devolvida`, `não pôde ser entregue`, `mancata consegna`, `non recapitabile`, `impossibile recapitare`, `consegna (fallita|non riuscita)`, `messaggio non consegnato`, `notifica di mancato recapito`,
	`onbestelbaar`, `niet (afgeleverd|bezorgd)`, `aflever(ing|fout)`, `bezorging mislukt`, `olever`, `kunde inte levereras`, `leverans`, `kan ikke leveres`, `ikke leveret`, `ikke levert`, `leveringsfejl`, `leveringsfeil`, `uleverbar`, `ei voitu toimittaa`, `toimitus`, `palautettu viesti`, `niedostarcz`, `nie(można| można|.*) dostarcz`, `zwrot (wiadomości|poczty)`, `nedoručiteln`, `nelze doručit`, `nedoruč`, `kézbesíthetetlen`, `kézbesítés`, `nelivrat`, `nu a putut fi livrat`, `недоставлен`, `не доставлен`, `не удалось доставить`, `ошибка доставки`, `невозможно доставить`, `не вдалося доставити`, `недоставлено`, `αποτυχία παράδοσης`, `μη παραδοτέο`, `teslim edilemedi`, `iletilemedi`, `לא ניתן למסירה`, `הודעה שלא נמסרה`, `تعذر التسليم`, `لم يتم تسليم`, `غير قابل للتسليم`,
	`配信(不能|エラー|できません)`, `(送信|配達)(エラー|不能)`, `未達`, `配送できません`, `届きません`, `配信に失敗`, `전달 실패`, `배달(되지| 실패|할 수 없)`, `반송`, `无法(送达|投递|传递|发送)`, `無法(傳遞|傳送|投遞|送達)`, `退信`, `未送达`, `未送達`, `投递失败`, `系统退信`, `郵件(退回|無法)`,
}, "|"))

func bounceSubject(subject string) bool {
	return bounceSubjects.MatchString(plaintext.Clip(subject, 200))
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
