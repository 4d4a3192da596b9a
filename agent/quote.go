package agent

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/internal/language"
	"switchboard/router"
)

// Earlier is a mail of a conversation that a reply could quote.
type Earlier struct {
	Direction desk.Direction
	From      []desk.Address
	To, CC    []desk.Address
	At        time.Time
	Text      string // what its author wrote, without quotes and signature
}

const (
	maxQuotes    = 20
	maxQuoteText = 64 << 10 // octets of all quoted texts
)

// quotes says what the reply quotes. What is restricted is not repeated: mail is kept and
// forwarded where nobody knows.
func (d *draft) quotes() router.Quote {
	if d.letter.Quote == "" || d.conversation.Restricted {
		return router.QuoteNone
	}
	return d.letter.Quote
}

// quoted returns what a reply to some people quotes of the earlier mail, which is ordered by
// age, the newest first. It is only what all of them have written or received themselves: a
// conversation may have mail of others that they have never seen. People in copy see more, as
// they do in any mail program: the author of the reply adds them.
func quoted(earlier []Earlier, to []desk.Address, how router.Quote) (out []Earlier) {
	size := 0
	for _, e := range earlier {
		if strings.TrimSpace(e.Text) == "" || len(to) == 0 || !tookPart(&e, to) || how == router.QuoteLast && e.Direction != desk.Inbound {
			continue
		}
		if size += len(e.Text); size > maxQuoteText || len(out) == maxQuotes {
			break
		}
		if out = append(out, e); how == router.QuoteLast {
			break
		}
	}
	return out
}

// tookPart reports whether all the people have written or received a mail.
func tookPart(e *Earlier, people []desk.Address) bool {
	all := slices.Concat(e.From, e.To, e.CC)
	for _, p := range people {
		if !slices.ContainsFunc(all, func(a desk.Address) bool { return imf.NormalizeAddr(a.Email) == imf.NormalizeAddr(p.Email) }) {
			return false
		}
	}
	return true
}

// quoteText marks a text as quoted (RFC 3676 §4.5).
func quoteText(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case line == "":
			b.WriteString(">\n")
		case line[0] == '>':
			b.WriteString(">" + line + "\n")
		default:
			b.WriteString("> " + line + "\n")
		}
	}
	return b.String()
}

// attributions introduce a quotation by its time and author, in the words of programs that
// write each language, so that those that hide quotations know them.
var attributions = map[string][3]string{
	"en": {"On ", ", ", " wrote:"},
	"de": {"Am ", " schrieb ", ":"},
	"fr": {"Le ", ", ", " a écrit :"},
	"es": {"El ", ", ", " escribió:"},
	"it": {"Il ", ", ", " ha scritto:"},
	"nl": {"Op ", " schreef ", ":"},
	"pt": {"Em ", ", ", " escreveu:"},
}

// attribution introduces a quotation in the language of its text, if that is one of those,
// else in English. The date is readable in all of them.
func attribution(e *Earlier) string {
	words, ok := attributions[language.Detect(e.Text)]
	if !ok {
		words = attributions["en"]
	}
	name := "?"
	if len(e.From) > 0 {
		name = cmp.Or(imf.OneLine(e.From[0].Name), e.From[0].Email)
	}
	return words[0] + e.At.UTC().Format("2006-01-02 15:04 UTC") + words[1] + name + words[2]
}
