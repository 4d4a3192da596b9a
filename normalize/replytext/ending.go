package replytext

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"switchboard/normalize/plaintext"
)

// markEndings finds rules, signatures, device lines and footers.
func (r *reply) markEndings() {
	for i, s := range r.norm {
		if r.kind[i] != lineText || len(s) > maxMarkLine {
			continue
		}
		switch {
		case ruleLine.MatchString(s) || dashName.MatchString(s) && r.paragraph(i) && r.nearEnd(i):
			r.kind[i] = lineRule
		case strings.HasPrefix(s, "-----begin pgp signature"):
			r.kind[i] = lineFooter
		case strings.HasPrefix(s, "-----begin pgp signed message"):
			r.kind[i] = lineDevice
			if i+1 < len(r.kind) && strings.HasPrefix(r.norm[i+1], "hash:") {
				r.kind[i+1] = lineDevice
			}
		case r.kind[i] == lineText && deviceLine(s):
			r.kind[i] = lineDevice
			if i+1 < len(r.kind) && r.kind[i+1] == lineText && strings.HasPrefix(r.norm[i+1], "<http") {
				r.kind[i+1] = lineDevice
			}
		case r.paragraph(i) && plaintext.HasAnyPrefix(strings.TrimLeft(s, "*_ "), footerWords):
			r.kind[i] = lineFooter
		}
	}
}

// dashName matches a delimiter that is followed by the signature on the same line:
// "-- Jo".
var dashName = regexp.MustCompile(`^-- ?\p{L}.{0,40}$`)

// nearEnd reports whether only a few lines follow line i.
func (r *reply) nearEnd(i int) bool {
	n := 0
	for i++; i < len(r.kind) && n < 8; i++ {
		switch r.kind[i] {
		case lineHistory, lineForward, lineIntro, lineQuote:
			return true
		case lineText, lineRule, lineDevice:
			n++
		}
	}
	return n < 8
}

// paragraph reports whether a paragraph starts at line i.
func (r *reply) paragraph(i int) bool {
	return i == 0 || r.kind[i-1] != lineText
}

// How many lines of text may follow a footer or a rule that ends the author's text.
// Longer texts use rules as dividers.
const (
	maxFooter    = 25
	maxAfterRule = 12
	// maxBelow is how many lines of any kind are examined for that.
	maxBelow = 400
)

// endsText reports whether the rule or footer at line i ends the author's text. "-- "
// always does (RFC 3676 §4.3); a longer rule does if little follows, it does not
// underline a heading, and it is not one of several dividers.
func (r *reply) endsText(i, end int) bool {
	s := r.norm[i]
	if s == "--" || r.kind[i] == lineRule && dashName.MatchString(s) {
		return true
	}
	text, more, rules := 0, 0, 0 // lines of text below line i, those of them below the last rule, and rules
	for j := i + 1; j < min(end, i+maxBelow) && text <= maxFooter; j++ {
		switch r.kind[j] {
		case lineText:
			text++
			more++
		case lineRule:
			if r.norm[j] == "--" {
				j = end
				break
			}
			rules++
			more = 0
		}
	}
	if !r.divides(i) {
		return text <= maxFooter
	}
	return text <= maxAfterRule && !r.underlines(i) && (rules == 0 || more == 0)
}

// divides reports whether line i is a rule that may also be a divider.
func (r *reply) divides(i int) bool {
	s := r.norm[i]
	return r.kind[i] == lineRule && s != "--" && strings.Trim(s, "_ ") != "" && !dashName.MatchString(s)
}

// underlines reports whether the rule at line i underlines a heading.
func (r *reply) underlines(i int) bool {
	if i == 0 || r.kind[i-1] != lineText {
		return false
	}
	d := utf8.RuneCountInString(r.norm[i]) - utf8.RuneCountInString(r.norm[i-1])
	return d >= -1 && d <= 1
}

var sentFrom = regexp.MustCompile(`^sent from (?:my )?[^,;.!?]{1,60}[.!]?$`)

// deviceLine reports whether a line was added by a phone or a mail program.
func deviceLine(s string) bool {
	// The link that Outlook's phone app adds, in any language. In Japanese a word
	// follows the link; a sentence after it is the author's.
	if _, tail, linked := strings.Cut(s, ">"); linked && !strings.Contains(tail, " ") && strings.Contains(s, "outlook") && strings.Contains(s, "<https://aka.ms/") && len(s) < 160 {
		return true
	}
	s = strings.Trim(s, "*_-–—<>[]()\"“” .\u2026")
	if s == "" || utf8.RuneCountInString(s) > 120 {
		return false
	}
	if strings.HasPrefix(s, "sent from") {
		return knownDevice(s) || sentFrom.MatchString(s) && len(strings.Fields(s)) <= 6
	}
	if !plaintext.HasAnyPrefix(s, deviceWords) {
		return false
	}
	fields := len(strings.Fields(s))
	return knownDevice(s) && fields <= 16 || strings.HasPrefix(s, "sent ") && fields <= 5 && strings.Contains(s, "mobile")
}

// devices are the names of devices and mail programs in such lines, in any language.
var devices = plaintext.Phrases(`iphone|iphon|ipad|ipod|android|blackberry|samsung|galaxy|huawei|xiaomi|redmi|nokia|lumia|sony|xperia|htc|motorola|oneplus|google pixel|pixel|smartphone|handy|mobil|móvil|movil|mobile|celular|cellulare|téléphone|telefon|teléfono|telefoon|telefono|telefone|tablet|tablette|outlook|yahoo|gmail|aol|proton|tutanota|windows|mail pour|mail for|mail app|email app|thunderbird|gmx|web.de|orange|k-9|bluemail|spark|acompli|mailbird|mail.ru|почты|яндекс|yandex|мобильн|мобільн|телефон|τηλέφωνο|κινητό|κινητο|phone|ios|apple|手机|手機|携帯|スマートフォン|휴대|네이버|naver|אייפון|גלקסי|הטלפון|هاتفي|هاتف|آيفون|الآيفون|جهاز|puhelin|puhelimesta|laitteesta|điện thoại|superhuman|missive|airmail|zoho|icloud|hotmail|邮箱|郵箱|메일|t-mobile|at&t|verizon|wireless|3g|4g|5g|lte|fairphone|lg `)

func knownDevice(s string) bool { return plaintext.ContainsAny(s+" ", devices) }
