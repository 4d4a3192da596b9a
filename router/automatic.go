package router

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"switchboard/internal/nearest"
)

// Automatic is the mail that is sent to customers without an agent. Nothing is sent
// without its section.
type Automatic struct {
	Acknowledge *Template // the answer to the first message of a conversation
	OutOfHours  *Template // the same while the inbox's calendar is closed
	// Unverified allows both for senders whose address nothing confirms.
	Unverified bool
	// Every is the time between two of them to the same address.
	Every  time.Duration
	Survey *Survey // asks how it was
	// Articles adds links to articles that fit the message to the first two.
	Articles bool
}

// Answers reports whether the first message of a conversation may be answered.
func (a *Automatic) Answers() bool { return a.Acknowledge != nil || a.OutOfHours != nil }

// Template is the text of an automatic mail, with variables such as {number}. It has
// nothing that a customer wrote: whoever writes with the address of somebody else would
// otherwise send them a text of their own.
type Template struct{ Subject, Text string }

// Variables of templates.
var (
	ackVariables     = []string{"number", "inbox"}
	openingVariables = []string{"number", "inbox", "opening", "opening_date", "opening_time", "opening_zone"}
)

var (
	defaultAcknowledge = Template{Subject: "We have received your message [#{number}]",
		Text: "Thank you for your message. It has arrived, and its number is #{number}.\n\nYou will hear from us. To add something, answer this mail."}
	defaultOutOfHours = Template{Subject: "We have received your message [#{number}]",
		Text: "Thank you for your message. It has arrived, and its number is #{number}.\n\nNobody is here at the moment. We open again on {opening}.\n\nTo add something, answer this mail."}
)

const (
	everyDefault = time.Hour
	maxTemplate  = 10_000 // octets
)

// automatic reads the section of an inbox.
func (c *compiler) automatic(f field, in *Inbox) Automatic {
	a := Automatic{Every: everyDefault}
	var notice field
	c.keys(orKey(f), f.path, map[string]func(field){
		"acknowledge":  func(f field) { a.Acknowledge = c.template(f, defaultAcknowledge, ackVariables) },
		"out_of_hours": func(f field) { a.OutOfHours, notice = c.template(f, defaultOutOfHours, openingVariables), f },
		"unverified":   func(f field) { a.Unverified = c.boolean(f) },
		"every":        func(f field) { a.Every = max(c.duration(f), time.Minute) },
		"articles":     func(f field) { a.Articles = c.boolean(f) },
		"survey":       func(f field) { a.Survey = c.survey(f) },
	})
	switch calendar, ok := c.policy.Calendar(in.Calendar); {
	case a.OutOfHours == nil:
	case in.Calendar == "":
		c.fail(notice.at, notice.path, "needs a calendar of the inbox")
	case ok && calendar.Always:
		c.fail(notice.at, notice.path, "is never sent: the calendar %q is always open", in.Calendar)
	}
	return a
}

// template reads the text of an automatic mail, "true" for the default.
func (c *compiler) template(f field, standard Template, variables []string) *Template {
	if _, ok := f.value.(*ast.BoolNode); ok {
		if !c.boolean(f) {
			return nil
		}
		return &standard
	}
	c.keys(orKey(f), f.path, c.templateKeys(&standard, variables))
	return &standard
}

// templateKeys are the keys of a template's own texts.
func (c *compiler) templateKeys(t *Template, variables []string) map[string]func(field) {
	return map[string]func(field){
		"subject": func(f field) {
			t.Subject = c.templateText(f, variables)
			if strings.ContainsAny(t.Subject, "\r\n") {
				c.fail(f.value, f.path, "must be one line")
			}
		},
		"text": func(f field) { t.Text = c.templateText(f, variables) },
	}
}

// variable is what a template replaces.
var variable = regexp.MustCompile(`\{([A-Za-z][A-Za-z0-9_ .-]*)\}`)

// templateText reads a text with variables.
func (c *compiler) templateText(f field, variables []string) string {
	s := c.text(f)
	if len(s) > maxTemplate {
		c.fail(f.value, f.path, "is longer than %d octets", maxTemplate)
	}
	for _, m := range variable.FindAllStringSubmatch(s, -1) {
		if slices.Contains(variables, m[1]) {
			continue
		}
		line, column := c.find(f, m[0])
		c.at(line, column, f.path, "unknown variable %s: must be one of {%s}%s", m[0], strings.Join(variables, "}, {"), nearest.Hint(m[1], variables))
	}
	return s
}

// find returns where a part of a text is in the document: at or below its value.
func (c *compiler) find(f field, part string) (line, column int) {
	p := position(f.value)
	for n, skip := p.Line, max(p.Column-1, 0); n >= 1 && n <= len(c.lines); n, skip = n+1, 0 {
		if text := c.lines[n-1]; skip <= len(text) {
			if i := strings.Index(text[skip:], part); i >= 0 {
				return n, len([]rune(text[:skip+i])) + 1
			}
		}
	}
	return p.Line, p.Column
}

// Fill returns a text with the values of its variables. Those without a value stay.
func Fill(text string, values map[string]string) string {
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		if value, ok := values[v[1:len(v)-1]]; ok {
			return value
		}
		return v
	})
}
