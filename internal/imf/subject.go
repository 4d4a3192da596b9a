package imf

import "strings"

// replyWords and forwardWords are the subject prefixes that mail programs put before
// a colon, in lower case. RFC 5256 §2.1 has "re", "fw" and "fwd"; the others are
// their translations.
var replyWords = wordSet(
	"re", "aw", "antw", "antwort", "sv", "svar", "vs", "rv", "res", "resp", "rif", "r", "ref", "réf", "rép",
	"odp", "ynt", "vá", "válasz", "re²", "atb", "bls", "rsp", "απ", "σχετ", "αντ", "ответ", "отв", "відп", "відповідь",
	"ha", "vast", "回复", "回覆", "答复", "答覆", "返信", "회신", "답장", "השב", "תשובה", "תגובה", "رد", "الرد", "sz", "odg", "re:re",
)

var forwardWords = wordSet(
	"fw", "fwd", "wg", "weiterleitung", "tr", "trs", "enc", "i", "inoltra", "doorst", "vl", "vb", "vidarebefordrat",
	"videresendt", "välitetty", "pd", "podaj", "přep", "továbbítás", "ilt", "i̇lt", "fs", "πρθ", "переслать", "пересл", "пер", "переад",
	"转发", "轉寄", "轉發", "転送", "전달", "הועבר", "העברה", "إعادة توجيه", "تحويل", "reenv", "rnv", "redir",
)

// BaseSubject returns the subject without reply and forward prefixes, list tags and a
// trailing "(fwd)", following the steps of RFC 5256 §2.1 with the prefixes of other
// languages added. Case is kept; runs of white space become one blank. Compare
// results with strings.EqualFold.
func BaseSubject(s string) string {
	base, _, _ := splitSubject(s)
	return base
}

// IsReply reports whether the subject has a reply prefix ("Re:", "AW:", ...).
func IsReply(s string) bool {
	_, reply, _ := splitSubject(s)
	return reply
}

// IsForward reports whether the outermost prefix of the subject is a forward prefix.
func IsForward(s string) bool {
	_, _, forward := splitSubject(s)
	return forward
}

// splitSubject returns the base subject, whether it has a reply prefix, and whether
// its outermost prefix is a forward prefix.
func splitSubject(s string) (base string, reply, forward bool) {
	s = strings.Join(strings.Fields(s), " ")
	first := true
	for {
		before := s
		s = trimForwardTrailer(s)
		for {
			rest, isReply, ok := cutPrefix(s)
			if !ok {
				break
			}
			reply = reply || isReply
			if first {
				forward, first = !isReply, false
			}
			s = rest
		}
		if inner, ok := cutForwardWrapper(s); ok {
			if first {
				forward, first = true, false
			}
			s = inner
			continue
		}
		// A list tag is removed only if something remains (RFC 5256 §2.1 step 4).
		if rest, ok := cutBlob(s); ok && rest != "" {
			s = rest
		}
		if s == before {
			return s, reply, forward
		}
	}
}

func trimForwardTrailer(s string) string {
	for {
		t := strings.TrimSpace(s)
		if len(t) < 5 || !strings.EqualFold(t[len(t)-5:], "(fwd)") {
			return t
		}
		s = t[:len(t)-5]
	}
}

// cutPrefix removes one prefix such as "Re:", "AW[2]:" or "Re [list]:".
func cutPrefix(s string) (rest string, reply, ok bool) {
	// The longest prefix is short; do not look for a colon further on.
	colon, width := -1, 0
	for i, r := range s {
		if i > 48 {
			break
		}
		if r == ':' || r == '：' {
			colon, width = i, len(string(r))
			break
		}
	}
	if colon <= 0 {
		return s, false, false
	}
	word := strings.TrimSpace(s[:colon])
	if open := strings.IndexAny(word, "[("); open > 0 && strings.ContainsAny(word[len(word)-1:], "])") {
		word = strings.TrimSpace(word[:open])
	}
	lower := strings.ToLower(strings.TrimRight(word, "^*0123456789. "))
	rest = strings.TrimSpace(s[colon+width:])
	switch {
	case (lower == "r" || lower == "i") && word != strings.ToUpper(word):
		// Italian programs write these in capitals; "i: ..." is something a person
		// typed.
		return s, false, false
	case replyWords[lower]:
		return rest, true, true
	case forwardWords[lower]:
		return rest, false, true
	}
	return s, false, false
}

// cutForwardWrapper unwraps "[Fwd: subject]" (RFC 5256 §2.1 step 6).
func cutForwardWrapper(s string) (string, bool) {
	if len(s) < 6 || s[len(s)-1] != ']' {
		return s, false
	}
	for _, prefix := range []string{"[fwd:", "[fw:"} {
		if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			return strings.TrimSpace(s[len(prefix) : len(s)-1]), true
		}
	}
	return s, false
}

// cutBlob removes a leading "[tag]".
func cutBlob(s string) (string, bool) {
	if !strings.HasPrefix(s, "[") {
		return s, false
	}
	end := strings.IndexByte(s, ']')
	if end < 0 || strings.IndexByte(s[1:end], '[') >= 0 {
		return s, false
	}
	return strings.TrimSpace(s[end+1:]), true
}

func wordSet(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}
