package classify

import (
	"strings"

	"switchboard/normalize/plaintext"
)

// autoReplyMarks are prefixes that programs give the subject of automatic replies, in
// many languages. People do not type them.
var autoReplyMarks = []string{
	"automatic reply", "automatic response", "autoreply", "auto-reply", "auto reply", "auto response", "auto-response", "autoresponse", "autoresponder", "auto responder",
	"automated reply", "automated response", "out of office autoreply", "out of office auto reply", "out of office auto-reply", "out of office:", "out-of-office:", "ooo:", "out of the office:",
	"vacation reply", "vacation message", "vacation response", "vacation notice", "away from my mail", "away from my email", "auto acknowledgement",
	"automatische antwort", "automatische rückantwort", "autoantwort", "auto-antwort", "abwesenheitsnotiz", "abwesenheitsmeldung", "abwesenheitsbenachrichtigung", "abwesenheitsagent", "außer haus:", "automatische abwesenheits",
	"réponse automatique", "reponse automatique", "message d'absence", "absence du bureau", "absent du bureau", "absence :", "réponse d'absence",
	"respuesta automática", "respuesta automatica", "fuera de la oficina:", "fuera de oficina:", "ausente de la oficina", "contestación automática",
	"resposta automática", "resposta automatica", "fora do escritório:", "ausência temporária", "ausente do escritório",
	"risposta automatica", "fuori ufficio:", "fuori sede:", "assente dall'ufficio",
	"automatisch antwoord", "automatische antwoord", "automatisch bericht", "afwezigheidsbericht", "afwezig:", "niet aanwezig:",
	"autosvar", "automatiskt svar", "frånvaromeddelande", "frånvaro:", "frånvarande:", "automatisk svar", "fraværsmeddelelse", "fravær:", "fraværsmelding", "ikke til stede:", "fraværende:",
	"automaattinen vastaus", "automaattivastaus", "poissa:", "poissaoloilmoitus", "poissa toimistosta",
	"automatyczna odpowiedź", "odpowiedź automatyczna", "autoodpowiedź", "nieobecność:", "poza biurem:",
	"automatická odpověď", "automatická odpoveď", "mimo kancelář", "nepřítomnost:",
	"automatikus válasz", "automatikus üzenet", "távollét", "házon kívül:",
	"răspuns automat", "raspuns automat", "absent de la birou",
	"автоматический ответ", "автоответ", "автоматична відповідь", "автовідповідь", "отсутствует на рабочем месте", "вне офиса:", "поза офісом:",
	"αυτόματη απάντηση", "εκτός γραφείου", "otomatik yanıt", "otomatik cevap", "ofis dışında", "תשובה אוטומטית", "מענה אוטומטי", "הודעת היעדרות", "רد تلقائي", "رد تلقائي", "الرد التلقائي", "خارج المكتب",
	"自動返信", "自動応答", "不在通知", "不在のお知らせ", "자동 회신", "자동회신", "자동 응답", "부재중", "自动回复", "自動回覆", "自动答复", "自動答覆", "外出时的自动答复", "不在办公室", "休假自动",
}

// markTalk follows a mark in the subject of a person who writes about automatic
// replies: "Auto-reply does not work".
var markTalk = plaintext.Phrases(`does|do |did|is |are |was|not |keeps|problem|issue|setting|feature|function|e-mails|emails|mails|when |how |in your|from your|funktioniert|geht nicht|ne fonctionne|no funciona|não funciona|non funziona`)

// autoReplySubject reports whether the subject alone proves an automatic reply.
func autoReplySubject(subject string) bool {
	subject = strings.TrimLeft(subject, "[(*# ")
	for _, mark := range autoReplyMarks {
		if rest, ok := strings.CutPrefix(subject, mark); ok && !plaintext.HasAnyPrefix(strings.TrimSpace(rest), markTalk) {
			return true
		}
	}
	return false
}

// awayWords occur in the subjects of vacation notices, but also in those of people.
var awayWords = []string{
	"out of office", "out of the office", "out-of-office", "on vacation", "on holiday", "on leave", "annual leave", "maternity leave", "vacation", "away from", "i am away", "i'm away", "be away", "not in the office",
	"abwesen", "außer haus", "nicht im büro", "im urlaub", "urlaub", "absence", "absent", "en congé", "congés", "fuera de la oficina", "fuera de oficina", "vacaciones", "ausente", "ausencia",
	"fora do escritório", "férias", "ausência", "fuori ufficio", "fuori sede", "in ferie", "assenza", "assente", "afwezig", "vakantie", "buiten kantoor", "frånvar", "semester", "fravær", "ferie", "på ferie", "poissa", "lomalla", "vuosiloma",
	"nieobecn", "urlop", "nepřítom", "dovolen", "szabadság", "távol", "concediu", "absent", "отпуск", "отсутств", "відпуст", "відсутн", "άδεια", "απουσία", "izin", "tatil", "חופש", "חופשה", "היעדר", "إجازة", "غائب",
	"不在", "休暇", "휴가", "부재", "休假", "外出",
}

func awaySubject(subject string) bool {
	return plaintext.ContainsAny(subject, awayWords) || autoReplySubject(subject)
}

// awaySentences open vacation notices.
var awaySentences = []string{
	"i am out of the office", "i'm out of the office", "i am currently out of", "i'm currently out of", "i will be out of the office", "i'll be out of the office", "i am out of office", "i will be out of office", "i am away from", "i will be away", "i am currently away", "i'm currently away",
	"i am on vacation", "i'm on vacation", "i am on holiday", "i am currently on", "i am on leave", "i will be on leave", "i am on annual leave", "is out of the office", "is currently out of", "will be out of the office", "away from my desk", "limited access to email", "limited access to e-mail", "no access to email", "not be checking email", "will respond when i return", "will reply when i return",
	"this is an automatic", "this is an automated", "this is an auto-reply", "this is an autoreply", "automatic reply", "automatically generated reply", "this is a vacation", "thank you for your email. i am", "thank you for your message. i am",
	"ich bin nicht im büro", "ich bin derzeit nicht", "ich bin zur zeit nicht", "ich bin zurzeit nicht", "ich bin im urlaub", "ich bin bis", "ich bin vom", "ich bin ab dem", "bin ich nicht im büro", "ich befinde mich im urlaub", "ich bin momentan nicht", "automatische antwort",
	"je suis absent", "je suis actuellement absent", "je suis en congé", "je suis actuellement en", "je serai absent", "estoy fuera de la oficina", "estaré fuera", "me encuentro fuera", "me encuentro de vacaciones", "estoy de vacaciones", "estou de férias", "estou fora do escritório", "estarei ausente", "encontro-me ausente",
	"sono fuori ufficio", "sono fuori sede", "sarò fuori", "sono in ferie", "sarò assente", "sono assente", "ik ben afwezig", "ik ben op vakantie", "ik ben niet aanwezig", "ben ik afwezig", "jag är inte på kontoret", "jag är på semester", "jag är bortrest", "jag är frånvarande", "jeg er på ferie", "jeg er ikke på kontoret", "jeg er ikke til stede", "jeg er fraværende", "jeg er borte fra kontoret",
	"olen lomalla", "olen poissa", "jestem na urlopie", "jestem nieobecn", "przebywam na urlopie", "jsem na dovolené", "nejsem v kanceláři", "jsem mimo kancelář", "szabadságon vagyok", "házon kívül vagyok", "sunt în concediu", "sunt in concediu", "нахожусь в отпуске", "я в отпуске", "меня нет в офисе", "я перебуваю у відпустці", "я у відпустці",
	"βρίσκομαι εκτός γραφείου", "είμαι σε άδεια", "ofis dışındayım", "izindeyim", "אני בחופשה", "אינני במשרד", "أنا خارج المكتب", "أنا في إجازة", "不在にしております", "休暇をいただいて", "부재중입니다", "휴가 중", "我正在休假", "我不在办公室", "我目前不在", "我現在不在",
}

// awayOpening reports whether a text starts like a vacation notice.
func awayOpening(opening string) bool {
	return plaintext.ContainsAny(plaintext.Clip(opening, 600), awaySentences)
}
