package classify

import (
	"strings"

	"switchboard/internal/imf"
	"switchboard/normalize/plaintext"
)

// notifier reports whether a program sent what reads as a notification for programs;
// people paste one into a message, too.
func (e signs) notifier() bool {
	return e.NullPath || e.keyword != "" && e.keyword != "no" || systemSender(e.from) || imf.IsMailerDaemon(e.from) ||
		!imf.IsReply(e.Evidence.Subject) && plaintext.ContainsAny(e.subject, []string{"notification", "sns", "ses ", "bounce"})
}

// challengePhrases are what challenge-response filters ask of an unknown sender.
var challengePhrases = plaintext.Phrases(`list of allowed senders|allowed senders list|list of approved senders|approved senders list|allowed sender list|approved sender list
confirm you are human|confirm that you are human|confirm you are a human|confirm that you are a human|prove you are human|prove that you are human|prove you are a human|prove that you are a human|verify you are human|verify that you are human|verify that you are a human|verify you are a human|confirm that you are a real person|confirm you are a real person|verify that you are a real person|confirm that you are not a spammer
complete the verification process|sender verification required|verify your email address to deliver|verify yourself as a legitimate sender|authenticate yourself as a sender|one-time confirmation|one time confirmation|this one-time verification|confirm the delivery of your message|confirm this message was sent by you|confirm that this message is legitimate|release your message from quarantine|to have your message delivered|to have your mail delivered|to have your email delivered|before your message can be delivered|before your message is delivered|for your message to be delivered|so that your message will be delivered
bestätigen sie, dass sie ein mensch|bestätigen sie bitte, dass sie ein mensch|liste der erlaubten absender|liste zugelassener absender|damit ihre nachricht zugestellt|confirmez que vous êtes un humain|liste des expéditeurs autorisés|confirme que es una persona|confirme que usted es|lista de remitentes permitidos|подтвердите, что вы человек|список разрешённых отправителей`)

// challengeActions are how the sender can answer.
var challengeActions = plaintext.Phrases(`http://|https://|reply to this|replying to this|antworten sie auf diese|répondez à ce|responda a este`)

// challenge recognizes the requests of challenge-response filters: they ask the sender
// of a message to follow a link or to reply before they deliver it.
func (e signs) challenge() bool {
	if IsListMail(e.Header) || imf.IsForward(e.Evidence.Subject) {
		return false
	}
	own := unquoted(e.opening)
	return plaintext.ContainsAny(own, challengePhrases) && plaintext.ContainsAny(own, challengeActions)
}

// refusalPhrases are how list software answers messages that it does not distribute:
// Mailman, Sympa, LISTSERV, ezmlm, Majordomo, fml and Google Groups.
var refusalPhrases = plaintext.Phrases(`not allowed to post to this|not allowed to post messages to|you are not allowed to post|you are not allowed to send|not permitted to post|do not have permission to post|may not have permission to post|not authorized to post|not authorized to send|not authorised to post|not authorised to send|permission to post messages to the group
you are not a member of this|you are not member|you are not a subscriber|you are not subscribed to|only members may post|only subscribers may post|only members can post|only subscribers can post|only members of the list|non-member submission|post by non-member|posting by non-member|postings to this list are restricted|this list is restricted|closed list|members-only list
posting has been rejected|your message has been rejected by|message was automatically rejected|message has been automatically rejected|your message was rejected by the|rejected by the list|rejected by the moderator|message was refused by the list|not been distributed to the list|was not distributed to the list|has not been sent to the list
awaits moderator approval|being held until the list moderator|held for moderation|held for approval|must be approved by the moderator|forwarded to the moderator|forwarded to the list moderator|submitted to the moderator|awaiting moderation|wartet auf die bestätigung|zur moderation|nicht berechtigt, an|sie sind nicht mitglied|nicht abonniert
vous n'êtes pas autorisé|en attente de modération|réservée aux abonnés|no tiene permiso para enviar|no está autorizado a enviar|non sei autorizzato|не имеете права|not recognize the command|unrecognized command|no valid commands`)

// listRobots are the local parts of list software, and the endings that it gives the
// addresses of a list (RFC 2142 §6 names -request).
var (
	listRobots      = []string{"listserv", "majordomo", "sympa", "mailman", "ezmlm", "listproc", "listmaster", "ecartis", "fml-bounce", "lists"}
	listRobotEnding = []string{"-admin", "-owner", "-bounces", "-request", "-help", "-ctl", "-return", "-approval", "-confirm", "-editor", "-moderator"}
)

// refusal recognizes the answers of list software to the sender of a message. Members
// quote them, so that the address of the software must confirm it.
func (e signs) refusal() bool {
	if imf.IsForward(e.Evidence.Subject) || !plaintext.ContainsAny(e.subject+"\n"+unquoted(e.opening), refusalPhrases) {
		return false
	}
	local, domain := imf.SplitAddr(e.from)
	robot := strings.HasPrefix(local, "owner-") || domain == "googlegroups.com" || imf.IsNoReply(e.from) && !e.ReplyTo
	for _, name := range listRobots {
		robot = robot || local == name || strings.HasPrefix(local, name+"-")
	}
	for _, ending := range listRobotEnding {
		robot = robot || strings.HasSuffix(local, ending)
	}
	return robot || e.NullPath || imf.IsMailerDaemon(e.from) || e.keyword != "" && e.keyword != "no"
}

// unquoted returns a text without its quoted lines.
func unquoted(text string) string {
	if !strings.Contains(text, ">") {
		return text
	}
	var own []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, ">") {
			own = append(own, line)
		}
	}
	return strings.Join(own, "\n")
}

// awayOnList recognizes vacation notices that were sent to a list. People on lists write
// about absences, their own included, so that both the subject and the opening must be
// those of a notice.
func (e signs) awayOnList() bool {
	subject := e.subject
	for strings.HasPrefix(subject, "[") {
		_, rest, ok := strings.Cut(subject, "]")
		if !ok {
			break
		}
		subject = strings.TrimSpace(rest)
	}
	if imf.IsForward(subject) {
		return false
	}
	notice := autoReplySubject(subject) || strings.HasPrefix(subject, "auto:") || strings.HasSuffix(strings.TrimRight(subject, ". "), " is out of the office") ||
		plaintext.ContainsAny(subject, []string{"is out of the office (", "is out of office (", "out of office until", "abwesenheitsnotiz", "ist außer haus", "absent(e) du bureau", "est absent(e)"})
	return notice && awayOpening(unquoted(e.opening))
}
