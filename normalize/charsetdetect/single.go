package charsetdetect

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// language describes a language for the single-byte models.
type language struct {
	charsets string // names separated by blanks, the most common first
	// letters are the lower-case letters beyond ASCII. For scripts other than Latin
	// they are in order of frequency.
	letters string
	latin   bool
}

// languages are in order of preference: on a tie the first one wins.
var languages = []language{
	{"windows-1252", "äöüßé", true},                      // German
	{"windows-1252", "éèàêçùâôîïëûœæüÿ", true},           // French
	{"windows-1252", "óíáéñúü¿¡ºª", true},                // Spanish
	{"windows-1252", "ãçáéíóõêúâôàºª", true},             // Portuguese
	{"windows-1252", "èàùòìé", true},                     // Italian
	{"windows-1252", "åäöéæøàü", true},                   // Scandinavian languages, Finnish
	{"windows-1252", "ëéïèöóüê", true},                   // Dutch
	{"windows-1252", "áðíéóúýþæö", true},                 // Icelandic
	{"windows-1252", "àèéíïòóúüç·", true},                // Catalan
	{"windows-1252", "äõüöšž", true},                     // Estonian
	{"windows-1250 iso-8859-2", "ąćęłńóśźż", true},       // Polish
	{"windows-1250 iso-8859-2", "áčďéěíňóřšťúůýž", true}, // Czech
	{"windows-1250 iso-8859-2", "áäčďéíĺľňóôŕšťúýž", true},
	{"windows-1250 iso-8859-2", "áéíóöőúüű", true},                                        // Hungarian
	{"windows-1250 iso-8859-2", "čćđšž", true},                                            // Croatian, Slovene
	{"windows-1250 iso-8859-2", "ăâîşţ", true},                                            // Romanian
	{"windows-1254", "çğıöşüâî", true},                                                    // Turkish
	{"windows-1257", "āčēģīķļņšūžąęėįųõ", true},                                           // Baltic languages
	{"windows-1251 koi8-r iso-8859-5 ibm866", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", false}, // Russian, Bulgarian
	{"windows-1251 koi8-u iso-8859-5", "оаниітверскдлмпузяьбгчйхцїжєшюфщґ", false},        // Ukrainian
	{"windows-1251 iso-8859-5", "аоиенрстквудпјмлзгбчњшцжхљћђфџ", false},                  // Serbian
	{"windows-1253 iso-8859-7", "αοιετσνηυρπκμλςωδγχθάόίφβέήύξώζψϊϋΐΰ", false},            // Greek
	{"windows-1255", "יוהלארתבשמנםדקעחכפגטסןזצךףץַָּׁ", false},                            // Hebrew
	{"windows-1256 iso-8859-6", "اليمنرتبوعدسفهكقحةجشصطخذزضىغثأئءظإآؤ،؟ـ", false},         // Arabic
	{"windows-874", "านรอกเงมยลวดท่สตะ้คบปแหจีัิไขชพโำผ็ื์ูึุธซณถศญฟภษใฐๆฉฏฮ", false}, // Thai
}

var charmaps = map[string]*charmap.Charmap{
	"windows-874": charmap.Windows874, "windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "windows-1252": charmap.Windows1252,
	"windows-1253": charmap.Windows1253, "windows-1254": charmap.Windows1254, "windows-1255": charmap.Windows1255, "windows-1256": charmap.Windows1256,
	"windows-1257": charmap.Windows1257, "iso-8859-2": charmap.ISO8859_2, "iso-8859-5": charmap.ISO8859_5, "iso-8859-6": charmap.ISO8859_6,
	"iso-8859-7": charmap.ISO8859_7, "koi8-r": charmap.KOI8R, "koi8-u": charmap.KOI8U, "ibm866": charmap.CodePage866,
}

// Scores of letters. In Latin script all letters of an alphabet count the same; in
// other scripts the score falls from the most frequent letter to the rarest.
const (
	scoreLatin    = 1.0
	scoreFrequent = 1.4
	scoreRare     = -0.4
	scoreForeign  = -2.0 // a letter that the language does not use
	scoreSymbol   = -0.5
	scoreInWord   = -2.0 // a symbol inside a word, or a capital after a small letter
	scoreControl  = -4.0
)

// singleByteModel is a language in a charset. Its tables are indexed by octet - 0x80.
type singleByteModel struct {
	charset string
	latin   bool
	weight  [128]float64
	class   [128]class
}

// class is the kind of character that an octet stands for.
type class uint8

const (
	symbol class = iota
	punctuation
	lower
	upper
)

var singleByteModels = sync.OnceValue(func() []*singleByteModel {
	var models []*singleByteModel
	for _, l := range languages {
		for _, name := range strings.Fields(l.charsets) {
			models = append(models, newSingleByteModel(name, l))
		}
	}
	return models
})

// Charsets returns the names of all charsets that can be detected.
func Charsets() []string {
	var names []string
	for _, m := range singleByteModels() {
		names = append(names, m.charset)
	}
	for _, m := range doubleByteModels {
		names = append(names, m.charset)
	}
	return names
}

// commonPunctuation is used in all languages and counts for none.
const commonPunctuation = "\u00a0«»–—‘’‚“”„•…€§°·№"

// newSingleByteModel returns the model of a language in one of its charsets.
func newSingleByteModel(name string, l language) *singleByteModel {
	m := &singleByteModel{charset: name, latin: l.latin}
	table := charmaps[name]
	rank := map[rune]int{}
	for _, r := range l.letters {
		rank[r] = len(rank)
	}
	for i := range m.weight {
		r := table.DecodeByte(byte(i + 0x80))
		at, known := rank[unicode.ToLower(r)]
		switch {
		case r == utf8.RuneError || unicode.IsControl(r):
			m.weight[i] = scoreControl
		case strings.ContainsRune(commonPunctuation, r):
			m.class[i] = punctuation
		case known && l.latin:
			m.weight[i] = scoreLatin
		case known:
			m.weight[i] = scoreFrequent + (scoreRare-scoreFrequent)*float64(at)/float64(len(rank))
		case unicode.IsLetter(r):
			m.weight[i] = scoreForeign
		default:
			m.weight[i] = scoreSymbol
		}
		switch {
		case unicode.IsUpper(r):
			m.class[i] = upper
		case unicode.IsLetter(r) || unicode.IsMark(r):
			m.class[i] = lower
		}
	}
	return m
}

// score returns the mean score of the octets beyond ASCII.
func (m *singleByteModel) score(b []byte) float64 {
	total, n := 0.0, 0
	for i, c := range b {
		if c < utf8.RuneSelf {
			continue
		}
		n++
		total += m.weight[c-0x80]
		before, after := m.classAt(b, i-1), m.classAt(b, i+1)
		switch m.class[c-0x80] {
		case upper:
			if before == lower {
				total += scoreInWord
			}
			total += m.neighbours(b, i)
		case lower:
			total += m.neighbours(b, i)
		case symbol:
			if before >= lower && after >= lower {
				total += scoreInWord
			}
		}
	}
	return total / float64(max(n, 1))
}

// neighbours scores the neighbours of a letter beyond ASCII: in Latin script most
// letters are ASCII, in other scripts none are.
func (m *singleByteModel) neighbours(b []byte, i int) float64 {
	if m.latin {
		if i >= 2 && b[i-1] >= utf8.RuneSelf && b[i-2] >= utf8.RuneSelf {
			return scoreInWord
		}
		return 0
	}
	for _, j := range []int{i - 1, i + 1} {
		if j >= 0 && j < len(b) && b[j] < utf8.RuneSelf && m.classAt(b, j) >= lower {
			return scoreInWord
		}
	}
	return 0
}

// classAt returns the class of the octet at i; outside of b it is punctuation.
func (m *singleByteModel) classAt(b []byte, i int) class {
	if i < 0 || i >= len(b) {
		return punctuation
	}
	switch c := b[i]; {
	case c >= utf8.RuneSelf:
		return m.class[c-0x80]
	case c >= 'a' && c <= 'z':
		return lower
	case c >= 'A' && c <= 'Z':
		return upper
	}
	return punctuation
}
