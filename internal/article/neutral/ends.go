package neutral

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/textindex"
)

// phrases splits and folds lists of phrases.
func phrases(lists ...string) (out []string) {
	for _, list := range lists {
		for p := range strings.SplitSeq(list, "|") {
			out = append(out, textindex.Fold(p))
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) }) // the longest first
	return out
}

// hellos begin a greeting, which names follow.
var hellos = phrases(
	"hi|hello|hey|dear|good morning|good afternoon|good evening|greetings|hi there|hello there|hi again|hello again",
	"hallo|guten tag|guten morgen|guten abend|sehr geehrte|sehr geehrter|sehr geehrtes|sehr geehrte damen und herren|liebe|lieber|liebes|moin|servus|grüezi|grüß gott|werte|werter",
	"bonjour|bonsoir|salut|cher|chère|chers|chères|madame|monsieur|madame, monsieur|mesdames, messieurs",
	"hola|buenos días|buenas tardes|buenas noches|buenas|estimado|estimada|estimados|estimadas|querido|querida",
	"ciao|buongiorno|buonasera|gentile|egregio|egregia|salve|caro|cara|olá|bom dia|boa tarde|boa noite|prezado|prezada|prezados|caros",
	"beste|geachte|goedemorgen|goedemiddag|hoi|dag|hej|hei|god dag|kära|käre|kære|cześć|dzień dobry|szanowny panie|szanowna pani|witam|здравствуйте|добрый день|привет|уважаемый|уважаемая",
	"こんにちは|こんばんは|おはようございます|いつもお世話になっております|お世話になっております|お世話になります|平素よりお世話になっております|您好|你好|안녕하세요")

// goodbyes begin the end of a mail, which names follow.
var goodbyes = phrases(
	"best regards|kind regards|warm regards|with kind regards|with best regards|many regards|regards|best wishes|all the best|best|cheers|thanks|thank you|many thanks|thanks again|thanks and regards|thanks a lot|sincerely|yours sincerely|sincerely yours|yours faithfully|yours truly|yours|take care|have a great day|have a nice day|have a good day|warmly|cordially",
	"viele grüße|viele gruesse|mit freundlichen grüßen|mit freundlichen gruessen|mit freundlichem gruß|freundliche grüße|freundlichen gruß|freundlicher gruß|mit besten grüßen|beste grüße|liebe grüße|herzliche grüße|mit herzlichen grüßen|schöne grüße|sonnige grüße|grüße|gruß|mfg|vg|lg|bg|danke|vielen dank|schönen tag noch|einen schönen tag|hochachtungsvoll|ihr|ihre|dein|deine",
	"cordialement|bien cordialement|très cordialement|bien à vous|salutations|sincères salutations|meilleures salutations|salutations distinguées|merci|merci d'avance|bonne journée|belle journée|bonne soirée|amicalement|à bientôt|cdt",
	"saludos|un saludo|saludos cordiales|un cordial saludo|atentamente|gracias|muchas gracias|cordiali saluti|distinti saluti|un saluto|saluti|grazie|atenciosamente|com os melhores cumprimentos|cumprimentos|abraços|obrigado|obrigada",
	"met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|groeten|groetjes|mvg|med vänliga hälsningar|vänliga hälsningar|hälsningar|med venlig hilsen|venlig hilsen|hilsen|med vennlig hilsen|vennlig hilsen|mvh|ystävällisin terveisin|terveisin|pozdrawiam|z poważaniem|s pozdravem|с уважением|спасибо",
	"よろしくお願いいたします|よろしくお願い致します|よろしくお願いします|宜しくお願いいたします|宜しくお願い致します|宜しくお願いします|敬具|以上|此致|祝好|谢谢|감사합니다")

const (
	// longest is how many characters a line of a greeting or at the end of a mail has.
	longest = 80
	// lastLines is how many lines a signature below its phrase has.
	lastLines = 8
)

// polite is how Japanese and Korean lines end that only name somebody.
var polite = regexp.MustCompile(`(?:様|さま|さん|殿|御中|님)[ 　]*[、,。:：]?$`)

// greeting returns a text without the greeting at its beginning, and the greeting.
func (m *matcher) greeting(text string) (rest, removed string) {
	rest = text
	for range 3 { // "Dear Jo," "good morning"
		line, after, _ := strings.Cut(rest, "\n")
		n := m.greets(line)
		if n == 0 {
			break
		}
		removed = strings.TrimSpace(removed + "\n" + strings.TrimSpace(line[:n]))
		rest = strings.TrimSpace(line[n:] + "\n" + after)
	}
	if rest == "" { // there was nothing else
		return text, ""
	}
	if first, size := utf8.DecodeRuneInString(rest); removed != "" && !strings.HasPrefix(rest, "http") {
		rest = string(unicode.ToUpper(first)) + rest[size:]
	}
	return rest, removed
}

// greets returns how many octets of a line are a greeting.
func (m *matcher) greets(line string) int {
	folded := textindex.Fold(line)
	if folded == "" || strings.HasPrefix(line, "#") {
		return 0
	}
	short := utf8.RuneCountInString(line) <= longest
	if short && (polite.MatchString(line) || m.names(line) == nameOnly) {
		return len(line)
	}
	if end := strings.IndexAny(line, ",、"); end > 0 && end <= longest/2 && m.names(line[:end]) == nameOnly && m.people(line[:end])[0].kind == Name {
		_, size := utf8.DecodeRuneInString(line[end:]) // "Jo, please restart it"
		return end + size
	}
	for _, hello := range hellos {
		if !begins(folded, hello) {
			continue
		}
		end := strings.IndexAny(line, ",!:.，、！。")
		if end < 0 {
			if short && len(strings.Fields(line)) <= 8 && !strings.HasSuffix(line, "?") && m.calls(line, hello) {
				return len(line)
			}
			continue
		}
		for { // "Sehr geehrte Frau Dr. Müller," "Dear Dr. Doe,"
			more := strings.IndexAny(line[end+1:], ",!:.，、！。")
			if line[end] != '.' || more < 0 || end > 40 {
				break
			}
			end += 1 + more
		}
		if end > longest || !m.calls(line[:end], hello) {
			continue
		}
		_, size := utf8.DecodeRuneInString(line[end:])
		return end + size
	}
	return 0
}

// begins reports whether a text begins with a phrase, and not with a longer word.
func begins(text, phrase string) bool {
	after, ok := strings.CutPrefix(text, phrase)
	next, _ := utf8.DecodeRuneInString(after)
	return ok && (after == "" || spaceless(phrase) || !unicode.IsLetter(next) && !unicode.IsDigit(next) && next != '\'' && next != '-')
}

// calls reports whether what follows a phrase only calls somebody: nothing, or few words that
// are capitalized or that name nobody.
func (m *matcher) calls(line, phrase string) bool {
	n := len(folded(phrase))
	list := split(line)
	if n > len(list) {
		return true
	}
	for _, w := range list[n:] {
		if !w.capital && !common[w.folded] && !m.single[w.folded] && !callings[w.folded] {
			return false
		}
	}
	return len(list)-n <= 8
}

// callings are words in greetings and signatures that are no names.
var callings = func() map[string]bool {
	list := map[string]bool{}
	for _, w := range phrases("all|everyone|everybody|there|again|customer|you|both|friend|friends|colleagues|sir|madam|alle|alles|zusammen|kunde|kundin|kunden|damen|herren|ihr|euch|liebes|à|tous|toutes|a|todos|todas|aus|from|the|your|dein|deine|ihre|votre|su|il|het|je|i|team|nochmal|noch") {
		list[w] = true
	}
	return list
}()

type naming int

const (
	noName naming = iota
	nameOnly
)

// names reports whether a line has a name and nothing else: "Jo," or "– Ana".
func (m *matcher) names(line string) naming {
	found := m.people(line)
	if len(found) == 0 {
		return noName
	}
	at := 0
	for _, s := range found {
		if strings.ContainsFunc(line[at:s.from], alphanumeric) && !common[textindex.Fold(strings.Trim(line[at:s.from], " .,"))] {
			return noName
		}
		at = s.to
	}
	if strings.ContainsFunc(line[at:], alphanumeric) && !slices.Contains(honorifics, strings.Trim(line[at:], " ,、:：。!！")) {
		return noName
	}
	return nameOnly
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// signature returns a text without what ends a mail, and that.
func (m *matcher) signature(text string) (rest, removed string) {
	lines := strings.Split(text, "\n")
	cut, seen := len(lines), 0
	for i := len(lines) - 1; i > 0 && seen <= lastLines; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			continue
		}
		seen++
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "#") {
			break
		}
		switch {
		case line == "--" || line == "—" || line == "__":
			cut = i
		case seen == 1 && utf8.RuneCountInString(line) <= longest && m.names(strings.TrimLeft(line, "-–—/~* ")) == nameOnly:
			cut = i
		case m.closes(line):
			cut = i
		}
	}
	rest = strings.TrimSpace(strings.Join(lines[:cut], "\n"))
	if rest == "" {
		return text, ""
	}
	return rest, strings.TrimSpace(strings.Join(lines[cut:], "\n"))
}

// closes reports whether a line is such a phrase, or has one and then only names.
func (m *matcher) closes(line string) bool {
	if utf8.RuneCountInString(line) > longest || strings.HasSuffix(line, ":") || strings.HasSuffix(line, "?") {
		return false
	}
	folded := textindex.Fold(strings.Trim(line, "*_ "))
	for _, phrase := range goodbyes {
		if begins(folded, phrase) && m.signs(line, phrase) {
			return true
		}
	}
	return false
}

// signs reports whether what follows a phrase is at most the names of those who sign.
func (m *matcher) signs(line, phrase string) bool {
	list := split(line)
	n := len(folded(phrase))
	if n >= len(list) {
		return true
	}
	for _, w := range list[n:] {
		if !w.capital && !common[w.folded] && !m.single[w.folded] && !callings[w.folded] {
			return false
		}
	}
	// "Thank You Page" is no end of a mail.
	return len(list)-n <= 4 && strings.ContainsAny(strings.TrimRight(line, ".! "), ",!-–—") || m.names(tail(line, list[n].from)) == nameOnly
}

func tail(line string, from int) string { return line[from:] }
