package classify

import (
	"regexp"
	"regexp/syntax"

	"switchboard/normalize/plaintext"
)

// bounceSubjects match the subjects of reports of mail systems, in lower case.
var bounceSubjects = subjectRules(`^\W*undeliver`, `^\W*returned mail`, `^\W*return(ed|ing)? to sender`, `returned to sender`, `returning (message|mail) to sender`, `^\W*mail delivery (fail|error|problem|sub|sys|status|report|delay|incomplete|notif)`,
	`delivery status notif`, `^\W*delivery[ -](fail|status|report|notif|problem|error|delay|has|unsucc|incompl|has been|not)`, `delivery (failure|failed|has failed|unsuccessful)`, `failure (notice|delivery|notif)`, `^\W*failed (delivery|mail|message)`,
	`(message|mail|e-?mail) (delivery )?(failure|failed|undeliver|not delivered|not sent|could not be|couldn.t be|has been delayed|delayed|delivery delayed|was not delivered|is delayed|was delayed|rejected|returned|bounced)`,
	`^\W*non[- ]?(deliver|remis)`, `^\W*nondeliver`, `unable to (deliver|send)`, `(could|can) ?not (be )?(deliver|send|sent)`, `mail system error`, `^\W*warning: (message|could not|mail|your)`, `still being retried`,
	`postmaster notify`, `^\W*user unknown`, `mailbox (is )?(full|unavailable|over quota|not found|disabled)`, `quota exceeded`, `^\W*bounced? (mail|message|e-?mail)`, `^\W*bounce$`, `^\W*(ndn|ndr|dsn)\b`, `^\W*rejected:`, `error sending (mail|message)`, `mail error`, `your message (to|could|was|has|cannot|can't)`, `problem delivering`, `delivery of your (mail|message)`, `recipient (address )?(rejected|unknown|not found)`, `^\W*smtp (error|delivery)`, `transport (error|failure)`, `invalid (recipient|address|mailbox)`, `unknown (address|recipient|user)`, `no such (user|mailbox|address)`, `address (not found|error)`, `^\W*permanent (delivery )?(fail|error)`, `daemon`, `^\W*auto(matic)?:? undeliver`, `^\W*delayed (mail|message|delivery)`, `message status - undeliver`, `mdaemon notification`, `email address (is )?(invalid|no longer)`, `no longer (in use|valid|active|exists|works|with)`,
	`unzustellbar`, `nicht (zugestellt|zustellbar)`, `zustell(ung|fehler|status|benach)`, `fehlgeschlagen`, `rückläufer`, `non remis`, `non distribu`, `échec de (la )?(remise|distribution|livraison)`, `(avis|notification|rapport) (de|d') ?non[- ]remise`, `remise (différée|impossible)`, `retour à l'expéditeur`, `impossible de remettre`,
	`no se puede entregar`, `no se pudo entregar`, `no entregad`, `(error|fallo) (de|en la|al) (entrega|env)`, `correo devuelto`, `mensaje devuelto`, `no (se )?ha podido entregar`, `não (foi )?entregue`, `falha na entrega`, `não é possível entregar`, `mensagem devolvida`, `não pôde ser entregue`, `mancata consegna`, `non recapitabile`, `impossibile recapitare`, `consegna (fallita|non riuscita)`, `messaggio non consegnato`, `notifica di mancato recapito`,
	`onbestelbaar`, `niet (afgeleverd|bezorgd)`, `aflever(ing|fout)`, `bezorging mislukt`, `olever`, `kunde inte levereras`, `leverans`, `kan ikke leveres`, `ikke leveret`, `ikke levert`, `leveringsfejl`, `leveringsfeil`, `uleverbar`, `ei voitu toimittaa`, `toimitus`, `palautettu viesti`, `niedostarcz`, `nie(można| można|.*) dostarcz`, `zwrot (wiadomości|poczty)`, `nedoručiteln`, `nelze doručit`, `nedoruč`, `kézbesíthetetlen`, `kézbesítés`, `nelivrat`, `nu a putut fi livrat`, `недоставлен`, `не доставлен`, `не удалось доставить`, `ошибка доставки`, `невозможно доставить`, `не вдалося доставити`, `недоставлено`, `αποτυχία παράδοσης`, `μη παραδοτέο`, `teslim edilemedi`, `iletilemedi`, `לא ניתן למסירה`, `הודעה שלא נמסרה`, `تعذر التسليم`, `لم يتم تسليم`, `غير قابل للتسليم`,
	`配信(不能|エラー|できません)`, `(送信|配達)(エラー|不能)`, `未達`, `配送できません`, `届きません`, `配信に失敗`, `전달 실패`, `배달(되지| 실패|할 수 없)`, `반송`, `无法(送达|投递|传递|发送)`, `無法(傳遞|傳送|投遞|送達)`, `退信`, `未送达`, `未送達`, `投递失败`, `系统退信`, `郵件(退回|無法)`,
)

// bounceSubject reports whether a subject, in lower case, is that of a report.
func bounceSubject(subject string) bool {
	subject = plaintext.Clip(subject, 200)
	for _, r := range bounceSubjects {
		if r.matches(subject) {
			return true
		}
	}
	return false
}

// subjectRule is an expression and the literals of which any match contains at least
// one. Searching for these first is much cheaper than one expression for all rules:
// almost no message is a report.
type subjectRule struct {
	literals []string
	exp      *regexp.Regexp // nil if the literal alone is the rule
}

func (r subjectRule) matches(s string) bool {
	return plaintext.ContainsAny(s, r.literals) && (r.exp == nil || r.exp.MatchString(s))
}

// subjectRules compiles expressions, each of which must require some literal.
func subjectRules(expressions ...string) []subjectRule {
	var rules []subjectRule
	for _, e := range expressions {
		tree, err := syntax.Parse(e, syntax.Perl)
		if err != nil {
			panic(err) // the table is constant
		}
		r := subjectRule{literals: required(tree)}
		if len(r.literals) == 0 {
			panic("no literal in " + e)
		}
		if regexp.QuoteMeta(e) != e {
			r.exp = regexp.MustCompile(e)
		}
		rules = append(rules, r)
	}
	return rules
}

// required returns literals of which every match of an expression contains at least
// one, or nil if there are no such literals.
func required(tree *syntax.Regexp) []string {
	switch tree.Op {
	case syntax.OpLiteral:
		return []string{string(tree.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return required(tree.Sub[0])
	case syntax.OpAlternate:
		var all []string
		for _, sub := range tree.Sub {
			literals := required(sub)
			if literals == nil {
				return nil
			}
			all = append(all, literals...)
		}
		return all
	case syntax.OpConcat:
		var longest []string
		for _, sub := range tree.Sub {
			if literals := required(sub); shortest(literals) > shortest(longest) {
				longest = literals
			}
		}
		return longest
	}
	return nil
}

// shortest returns the length of the shortest of some literals, 0 if there are none.
func shortest(literals []string) int {
	n := 0
	for _, l := range literals {
		if n == 0 || len(l) < n {
			n = len(l)
		}
	}
	return n
}
