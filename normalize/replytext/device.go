package replytext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/normalize/plaintext"
)

// deviceLine reports whether line i was added by a phone or a mail program. It forms a
// paragraph's end, names the device or program next to the words for "sent from", and
// does not go on like a sentence.
func (r *reply) deviceLine(i int) bool {
	s := r.norm[i]
	// The link that Outlook's phone app adds, in any language. In Japanese a word
	// follows the link; a sentence after it is the author's.
	if strings.Contains(s, "aka.ms/") && strings.Contains(s, "outlook") && len(s) < 160 && !asks(s) {
		_, tail, linked := strings.Cut(s, ">")
		if linked && strings.Contains(s, "<https://aka.ms/") && !strings.Contains(tail, " ") {
			return true
		}
	}
	line := strings.Trim(strings.TrimSpace(r.lines[i]), "*_-–—<>[]()\"“” .\u2026!")
	s = strings.Trim(s, "*_-–—<>[]()\"“” .\u2026!")
	prefix := deviceStarts.Match(s)
	if prefix == "" && !strings.HasPrefix(s, "sent from ") || utf8.RuneCountInString(s) > 120 || asks(s) || r.wrapped(i) {
		return false
	}
	if prefix == "" {
		prefix = "sent from "
	}
	s, line = withoutLinks(s), withoutLinks(line)
	if len(line) != len(s) { // they differ in more than case: norm leaves invisible marks out
		line = s
	}
	return device(s, line, prefix)
}

// wrapped reports whether line i is a line inside a paragraph.
func (r *reply) wrapped(i int) bool {
	starts := func(j int) (lower, text bool) {
		if j < 0 || j >= len(r.lines) || r.kind[j] != lineText {
			return false, false
		}
		c, _ := utf8.DecodeRuneInString(strings.TrimSpace(r.lines[j]))
		return unicode.IsLower(c), true
	}
	if lower, _ := starts(i); lower {
		if _, text := starts(i - 1); text {
			above := r.norm[i-1]
			return utf8.RuneCountInString(above) > 30 && !strings.ContainsAny(above[len(above)-1:], ".!?:")
		}
	}
	lower, text := starts(i + 1)
	return lower && text && !excuses.Start(r.norm[i+1]) && !strings.HasPrefix(r.norm[i+1], "http")
}

// withoutLinks returns a line without the targets that follow the text of links.
func withoutLinks(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	words := strings.Fields(s)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return strings.Contains(w, "://") }), " ")
}

// device reports whether a line that starts with a prefix names a device and nothing
// else. s is the line in lower case.
func device(s, line, prefix string) bool {
	from, to := -1, -1 // the first and the last device
	for _, d := range devices {
		if at := strings.Index(s+" ", d); at >= 0 {
			if from < 0 || at < from {
				from = at
			}
			to = max(to, min(strings.LastIndex(s+" ", d)+len(d), len(s)))
		}
	}
	if from < 0 {
		return unknownDevice(s, line, prefix)
	}
	head := ""
	if from > len(prefix) {
		head = s[len(prefix):from]
	}
	if clause.Inside(s) || len(strings.Fields(head)) > 4 || strings.ContainsAny(head, ",;:.!?。、，") {
		return false
	}
	to = wordEnd(s, to)
	between := s[from:to]
	return len(strings.Fields(between)) <= 10 && !strings.Contains(between, ". ") && deviceTail(s[to:], line[to:])
}

// wordEnd returns where the word ends that continues at i, as in "iPhone-omról".
func wordEnd(s string, i int) int {
	for i < len(s) {
		c, size := utf8.DecodeRuneInString(s[i:])
		if c != '-' && c != '\'' && c != '’' && !unicode.IsLower(c) && !unicode.IsDigit(c) {
			break
		}
		i += size
	}
	return i
}

// unknownDevice reports whether "Sent from my X" or "Sent from X Mail" names a device
// that the table does not have: a name, not a word.
func unknownDevice(s, line, prefix string) bool {
	rest, ok := strings.CutPrefix(s, "sent from my ")
	if !ok || strings.ContainsAny(rest, ",;:") || len(strings.Fields(rest)) > 3 {
		return strings.HasPrefix(s, "sent ") && len(strings.Fields(s)) <= 5 && strings.Contains(s, "mobile") && prefix != "sent from "
	}
	return !strings.ContainsFunc(line[len(line)-len(rest):], func(c rune) bool { return c == '.' }) && capitalized(line[len(line)-len(rest):])
}

// deviceTail reports whether what follows the device still belongs to it: the verb in
// languages that put it last, a model, a network, or an excuse for mistakes.
func deviceTail(s, line string) bool {
	rest := strings.TrimLeft(s, " ,.;:-–—®™!()|")
	if excuses.Start(rest) {
		return true
	}
	letters := 0
	for _, c := range rest {
		if unicode.IsLetter(c) && !unicode.IsLower(c) && !unicode.IsUpper(c) {
			letters++
		}
	}
	if letters > 0 { // a script without case, often without blanks
		return letters <= 8
	}
	words := strings.Fields(line)
	if len(words) > 8 {
		return false
	}
	for _, w := range words {
		bare := strings.ToLower(strings.Trim(w, ",.;:-–—®™!()|<>[]'’\""))
		c, _ := utf8.DecodeRuneInString(strings.TrimLeft(w, ",.;:-–—®™!()|<>[]'’\""))
		if bare == "" || unicode.IsUpper(c) || unicode.IsDigit(c) || strings.Contains(bare, "://") || tails.Has(bare) {
			continue
		}
		return false
	}
	return true
}

var (
	deviceStarts = plaintext.NewStarts(deviceWords)
	excuses      = plaintext.NewStarts(excuseWords)
	clause       = plaintext.NewWords(clauseWords)
	tails        = plaintext.NewWords(tailWords)
)

// devices are the names of devices and mail programs in such lines, in any language.
var devices = plaintext.Phrases(`iphone|iphon|ipad|ipod|android|blackberry|samsung|galaxy|huawei|xiaomi|redmi|nokia|lumia|sony|xperia|htc|motorola|oneplus|google pixel|pixel|smartphone|handy|mobil|móvil|movil|mobile|celular|cellulare|téléphone|telefon|teléfono|telefoon|telefono|telefone|tablet|tablette|outlook|yahoo|gmail|aol|proton|tutanota|windows|mail pour|mail for|mail app|email app|thunderbird|gmx|web.de|orange|k-9|bluemail|spark|acompli|mailbird|mail.ru|почты|яндекс|yandex|мобильн|мобільн|телефон|τηλέφωνο|κινητό|κινητο|phone|ios|apple|手机|手機|携帯|スマートフォン|휴대|네이버|naver|אייפון|גלקסי|הטלפון|هاتفي|هاتف|آيفون|الآيفون|جهاز|puhelin|puhelimesta|laitteesta|điện thoại|superhuman|missive|airmail|zoho|icloud|hotmail|邮箱|郵箱|메일|t-mobile|at&t|verizon|wireless|3g|4g|5g|lte|fairphone|lg `)
