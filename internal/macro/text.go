package macro

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"switchboard/internal/nearest"
)

// variables are the names that texts may use, and what they stand for.
var variables = map[string]string{
	"account.name": "the customer's account", "agent.first_name": "your first name", "agent.name": "your name", "company": "the name of this desk's owner",
	"contact.first_name": "the customer's first name", "contact.name": "the customer's name", "conversation.number": "its number",
	"conversation.subject": "its subject", "inbox.name": "the inbox that it is in",
}

// Variables lists the names that texts may use.
func Variables() []string { return slices.Sorted(maps.Keys(variables)) }

// A variable is {{name}} or {{name|what stands there without a value}}. Code is left alone:
// it comes first, so that what is in it is not found.
var token = regexp.MustCompile("(?s)```.*?(?:```|\\z)|`[^`\n]+`|\\{\\{([^{}\n]*)\\}\\}")

// variable is a variable in a text.
type variable struct {
	start, end int
	name       string
	otherwise  string
	fallback   bool // there is an otherwise
}

func find(text string) (all []variable) {
	for _, m := range token.FindAllStringSubmatchIndex(text, -1) {
		if m[2] < 0 {
			continue // code
		}
		name, otherwise, fallback := strings.Cut(text[m[2]:m[3]], "|")
		all = append(all, variable{m[0], m[1], strings.TrimSpace(name), strings.TrimSpace(otherwise), fallback})
	}
	return all
}

// place says where something is in a text: "line 2, column 5".
func place(text string, at int) string {
	line := strings.Count(text[:at], "\n") + 1
	begin := strings.LastIndexByte(text[:at], '\n') + 1
	return fmt.Sprintf("line %d, column %d", line, utf8.RuneCountInString(text[begin:at])+1)
}

// UnknownVariable says which variable of a text does not exist; empty: all do.
func UnknownVariable(text string) string {
	for _, v := range find(text) {
		if _, ok := variables[v.name]; !ok {
			reason := fmt.Sprintf("%s: there is no variable %.60q", place(text, v.start), v.name)
			if near := nearest.Name(v.name, Variables()); near != "" {
				return reason + fmt.Sprintf("; did you mean %q?", near)
			}
			return reason + "; use " + strings.Join(Variables(), ", ")
		}
	}
	return ""
}

// Unresolved says where a text that is to be sent has a variable that is not filled in;
// empty: nowhere. What is in code is meant as it is.
func Unresolved(text string) string {
	all := find(text)
	if len(all) == 0 {
		return ""
	}
	v := all[0]
	return fmt.Sprintf("%s: %.80s is not filled in; replace it, or put it into backticks to send it as it is", place(text, v.start), text[v.start:v.end])
}

// Render fills in the variables of a text. Those without a value and without a text for
// that case stay, and are returned as missing.
func Render(text string, values map[string]string) (out string, missing []string) {
	var b strings.Builder
	done := 0
	for _, v := range find(text) {
		value := strings.TrimSpace(values[v.name])
		if value == "" && v.fallback {
			value = v.otherwise
		} else if value == "" {
			value = text[v.start:v.end]
			if !slices.Contains(missing, v.name) {
				missing = append(missing, v.name)
			}
		}
		b.WriteString(text[done:v.start])
		b.WriteString(value)
		done = v.end
	}
	b.WriteString(text[done:])
	return b.String(), missing
}

// Meaning says what a variable stands for.
func Meaning(name string) string { return variables[name] }
