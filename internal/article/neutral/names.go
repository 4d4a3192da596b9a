package neutral

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/textindex"
)

// matcher finds names in texts.
type matcher struct {
	full   [][]string      // names of several words, folded, the longest first
	single map[string]bool // names of one word, folded
	firms  [][]string      // the same of companies
	exact  []string        // names in scripts without spaces between words, the longest first
	firmly map[string]bool // those of exact that are companies
}

// words finds the words of a text.
var words = regexp.MustCompile(`[\p{L}\p{M}\p{Nd}]+`)

// common are words in names that name nobody.
var common = func() map[string]bool {
	list := map[string]bool{}
	for w := range strings.FieldsSeq(`mr mrs ms miss mx dr prof sir herr frau monsieur madame mme mlle sr sra srta senor senora don dona dott ing dipl med phd jr
		van von vom zu zur den der die das de la le les du des da das dos do di del della el al bin ibn ben abu af av ten ter te and und et y e the of for
		support team service services customer help desk sales info office admin contact hello mail billing noreply reply postmaster news newsletter marketing accounting
		gmbh ag kg ohg ug ev inc llc ltd limited corp corporation co company group holding sa sas sarl srl spa bv nv ab as oy plc pty kk`) {
		list[w] = true
	}
	return list
}()

// legal are forms of companies, which texts leave out.
var legal = regexp.MustCompile(`(?i)[\s,]+(?:gmbh(?: & co\.? kg)?|ag|kg|ohg|ug|se|e\. ?v\.|inc\.?|llc|ltd\.?|limited|corp\.?|corporation|co\.?|plc|pty|sarl|sas|s\.?a\.?|srl|s\.?r\.?l\.?|s\.?p\.?a\.?|b\.?v\.?|n\.?v\.?|ab|a/s|oy)$`)

// legalJapanese are those that Japanese companies have at the beginning or the end.
var legalJapanese = strings.NewReplacer("株式会社", "", "有限会社", "", "合同会社", "", "㈱", "", "(株)", "", "（株）", "")

func newMatcher(who People) *matcher {
	m := &matcher{single: map[string]bool{}, firmly: map[string]bool{}}
	for _, name := range who.Names {
		m.person(name, true)
	}
	for _, name := range who.Full {
		m.person(name, false)
	}
	for _, name := range who.Companies {
		m.company(strings.TrimSpace(name))
	}
	longest := func(a, b []string) int { return len(b) - len(a) }
	slices.SortStableFunc(m.full, longest)
	slices.SortStableFunc(m.firms, longest)
	slices.SortStableFunc(m.exact, func(a, b string) int { return len(b) - len(a) })
	return m
}

// person adds a name and, with parts, its parts.
func (m *matcher) person(name string, parts bool) {
	name = strings.TrimSpace(name)
	if name == "" || strings.Contains(name, "@") {
		return
	}
	if spaceless(name) {
		fields := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '・' || r == '·' })
		m.exact = append(m.exact, name, strings.Join(fields, ""))
		if parts {
			m.exact = append(m.exact, fields...)
		}
		return
	}
	list := folded(name)
	if !slices.ContainsFunc(list, func(w string) bool { return !common[w] }) {
		return
	}
	if len(list) > 1 {
		m.full = append(m.full, list)
	} else if len(list) == 1 && parts {
		m.part(list[0])
	}
	if !parts {
		return
	}
	for part := range strings.FieldsSeq(name) {
		if list := folded(part); len(list) > 1 { // Anne-Marie, O'Neil
			m.full = append(m.full, list)
		}
	}
	for _, w := range list {
		m.part(w)
	}
}

func (m *matcher) part(w string) {
	if utf8.RuneCountInString(w) >= 2 && !common[w] && strings.ContainsFunc(w, unicode.IsLetter) {
		m.single[w] = true
	}
}

func (m *matcher) company(name string) {
	for _, n := range []string{name, legal.ReplaceAllString(name, ""), strings.TrimSpace(legalJapanese.Replace(name))} {
		switch {
		case utf8.RuneCountInString(n) < 2:
		case spaceless(n):
			m.exact = append(m.exact, n)
			m.firmly[n] = true
		default:
			if list := folded(n); len(list) > 0 && (len(list) > 1 || !common[list[0]]) {
				m.firms = append(m.firms, list)
			}
		}
	}
}

// folded returns the words of a name as they are compared.
func folded(name string) (list []string) {
	for _, w := range words.FindAllString(name, -1) {
		list = append(list, textindex.Fold(w))
	}
	return list
}

// spaceless reports whether a name is in a script that has no spaces between words.
func spaceless(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
	})
}

// word is one of a text.
type word struct {
	from, to int
	folded   string
	capital  bool // or its script has none
}

func split(text string) (list []word) {
	for _, at := range words.FindAllStringIndex(text, -1) {
		w := text[at[0]:at[1]]
		first, _ := utf8.DecodeRuneInString(w)
		list = append(list, word{at[0], at[1], textindex.Fold(w), !unicode.IsLower(first)})
	}
	return list
}

// people finds names of people and companies.
func (m *matcher) people(text string) (found []span) {
	found = m.spaceless(text)
	list := split(text)
	for i := 0; i < len(list); {
		kind, n := Name, m.longest(text, list[i:], m.full)
		if firm := m.longest(text, list[i:], m.firms); firm > n {
			kind, n = Company, firm
		}
		if n == 0 && list[i].capital && m.single[stem(list[i].folded, m.single)] {
			n = 1
		}
		if n == 0 {
			i++
			continue
		}
		found = append(found, span{list[i].from, list[i+n-1].to, kind})
		i += n
	}
	return found
}

// stem returns a word without the ending of a genitive, if there is a name without it: Annas.
func stem(w string, names map[string]bool) string {
	if !names[w] && len(w) > 3 && strings.HasSuffix(w, "s") {
		return strings.TrimSuffix(w, "s")
	}
	return w
}

// longest returns how many words at the beginning are a name; 0: none.
func (m *matcher) longest(text string, list []word, names [][]string) int {
	for _, name := range names {
		if len(name) > len(list) || len(name) == 1 && !list[0].capital {
			continue
		}
		if same(text, list[:len(name)], name) {
			return len(name)
		}
	}
	return 0
}

func same(text string, list []word, name []string) bool {
	for i, w := range list {
		last := i == len(name)-1
		if w.folded != name[i] && (!last || w.folded != name[i]+"s") {
			return false
		}
		if i > 0 && !joins(text[list[i-1].to:w.from]) {
			return false
		}
	}
	return true
}

// joins reports whether what is between two words keeps them together in a name.
func joins(between string) bool {
	return between != "" && len(between) <= 6 && strings.Count(between, "\n") <= 1 && strings.Trim(between, " \t\n\u00a0\u3000.-‐‑'’&·,") == ""
}

// honorifics follow a name in Japanese and Korean.
var honorifics = []string{"様", "さま", "さん", "氏", "君", "くん", "ちゃん", "殿", "先生", "御中", "님", "씨", "先輩", "社長", "部長"}

// spaceless finds names in scripts without spaces between words. A name inside a word is not
// one: 山田 is none in 小山田, and タナカ is none in タナカラ.
func (m *matcher) spaceless(text string) (found []span) {
	for _, name := range m.exact {
		for at := 0; name != ""; {
			i := strings.Index(text[at:], name)
			if i < 0 {
				break
			}
			from, to := at+i, at+i+len(name)
			at = to
			after := text[to:]
			polite := slices.ContainsFunc(honorifics, func(h string) bool { return strings.HasPrefix(after, h) })
			if utf8.RuneCountInString(name) < 2 && !polite || inside(text[:from], name, after, polite) || slices.ContainsFunc(found, func(f span) bool { return from < f.to && f.from < to }) {
				continue
			}
			kind := Name
			if m.firmly[name] {
				kind = Company
			}
			found = append(found, span{from, to, kind})
		}
	}
	return found
}

func inside(before, name, after string, polite bool) bool {
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	b, _ := utf8.DecodeLastRuneInString(before)
	a, _ := utf8.DecodeRuneInString(after)
	for _, script := range []*unicode.RangeTable{unicode.Han, unicode.Katakana, unicode.Hangul, unicode.Thai} {
		if before != "" && unicode.Is(script, first) && unicode.Is(script, b) {
			return true
		}
		if after != "" && !polite && (script == unicode.Han || script == unicode.Katakana) && unicode.Is(script, last) && (unicode.Is(script, a) || a == 'ー') {
			return true
		}
	}
	return false
}
