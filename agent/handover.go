package agent

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
)

// maxLabel is how many characters a label at the start of a line can have.
const maxLabel = 40

// checkHandover checks a handover note, which a move to a higher tier requires. A note
// that consists of labels, such as the console's template, needs a text under each.
func checkHandover(c *desk.Conversation, to desk.Inbox, text string) error {
	if _, err := bodyText("note", text); err != nil {
		return err
	}
	rises := to.Tier > c.Tier
	if rises && !hasText(text) {
		return desk.Errorf(desk.KindInvalid, "note: a move from tier %d to tier %d needs a handover note: what is the problem, what was tried, what was the customer told", c.Tier, to.Tier)
	}
	if missing := unfilled(text); len(missing) > 0 {
		return desk.Errorf(desk.KindInvalid, "note: nothing is written under %s; fill it in, or remove the line", listed(missing))
	}
	return nil
}

// unfilled returns the labels of a note without a text: those of a template that was
// not filled in. A single label at the end of other text is not one.
func unfilled(text string) (missing []string) {
	type section struct {
		label  string
		filled bool
	}
	var sections []section
	free := false
	for line := range strings.Lines(text) {
		label, rest, ok := strings.Cut(line, ":")
		label = strings.TrimSpace(label)
		switch {
		case ok && isLabel(label) && !strings.HasPrefix(rest, "//"):
			sections = append(sections, section{label, hasText(rest)})
		case len(sections) > 0:
			sections[len(sections)-1].filled = sections[len(sections)-1].filled || hasText(line)
		case hasText(line):
			free = true
		}
	}
	for _, s := range sections {
		if !s.filled {
			missing = append(missing, s.label)
		}
	}
	if free && len(sections) == 1 {
		return nil
	}
	return missing
}

// aliases are other labels for what handoff contracts usually ask for.
var aliases = map[string]string{"what_happened": "problem", "what_i_tried": "tried", "what_was_tried": "tried",
	"what_the_customer_knows": "customer_told", "customer_knows": "customer_told", "what_the_customer_was_told": "customer_told"}

// labelled returns the sections of a note by their labels, as handoff contracts write
// them: "Customer told: ..." is customer_told.
func labelled(text string) map[string]string {
	out, name := map[string]string{}, ""
	for line := range strings.Lines(text) {
		label, rest, ok := strings.Cut(line, ":")
		if label = strings.TrimSpace(label); ok && isLabel(label) && !strings.HasPrefix(rest, "//") {
			name, line = strings.ReplaceAll(strings.ToLower(label), " ", "_"), rest
			if a, ok := aliases[name]; ok {
				name = a
			}
		}
		if name != "" {
			out[name] = strings.TrimSpace(out[name] + "\n" + strings.TrimSpace(line))
		}
	}
	for name, text := range out {
		if !hasText(text) {
			delete(out, name)
		}
	}
	return out
}

// isLabel reports whether the text before a line's first colon is a label: a few words
// with no punctuation that would end or divide a sentence.
func isLabel(s string) bool {
	return hasText(s) && utf8.RuneCountInString(s) <= maxLabel && !strings.ContainsAny(s, ".,;!\"/@0123456789")
}

// hasText reports whether a text says anything: whether it has a letter or a digit.
func hasText(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// listed joins names: "A", "B" and "C".
func listed(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = `"` + n + `"`
	}
	if n := len(quoted) - 1; n > 0 {
		return strings.Join(quoted[:n], ", ") + " and " + quoted[n]
	}
	return quoted[0]
}
