package report

import (
	"regexp"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/encodedword"
	"switchboard/normalize/plaintext"
)

// maxReturned bounds each list of a desk.ReturnedMail.
const maxReturned = 50

var (
	taggedAddr  = regexp.MustCompile(`[A-Za-z0-9._%'=/-]{1,64}\+[A-Za-z0-9]{20,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	citedIDs    = regexp.MustCompile(`(?im)^[>\s]*(?:in-reply-to|references):((?:[^\n]*\n?[ \t]+)*[^\n]*)`)
	labelled    = regexp.MustCompile(`(?m)^[^\S\n>]*[^\s:：][^:：\n]{0,60}[:：][ \t]*(\S[^\n]{0,400})$`)
	returnPaths = []string{"reply-to", "return-path", "from", "x-original-from", "errors-to", "sender"}
)

// returned collects what identifies the returned message, from its header if that is
// attached, and otherwise from the text, where many mail systems write it.
func (r *Input) returned(rep *desk.Report) desk.ReturnedMail {
	text := plaintext.Clip(r.Text, 64<<10)
	out := desk.ReturnedMail{MailSystem: r.MailSystem, Action: proseAction(beforeReturned(text))}
	if o := r.Parts.Original; o != nil {
		out.Cites = append(imf.MessageIDs(o.Get("in-reply-to")), imf.MessageIDs(o.Get("references"))...)
		for _, name := range returnPaths {
			out.ReplyTo = append(out.ReplyTo, taggedAddr.FindAllString(strings.Join(o.All(name), "\n"), maxReturned)...)
		}
	}
	for _, m := range citedIDs.FindAllStringSubmatch(text, maxReturned) {
		out.Cites = append(out.Cites, imf.MessageIDs(m[1])...)
	}
	out.Cites = append(append(out.Cites, r.InReplyTo...), r.References...)
	out.ReplyTo = append(out.ReplyTo, taggedAddr.FindAllString(text, maxReturned)...)
	if rep.OriginalSubject != "" {
		out.Subjects = append(out.Subjects, rep.OriginalSubject)
	}
	out.Subjects = append(out.Subjects, r.proseSubjects(text)...)
	out.Cites, out.ReplyTo, out.Subjects = distinct(out.Cites), distinct(out.ReplyTo), distinct(out.Subjects)
	return out
}

// proseSubjects returns what may be the returned message's subject: the value of any
// line such as "Betreff: ...", as its label can be in any language, and the report's
// own subject without what precedes each colon ("Undeliverable: Re: Lamp").
func (r *Input) proseSubjects(text string) []string {
	var out []string
	for _, m := range labelled.FindAllStringSubmatch(beforeReturned(text), maxReturned) {
		out = append(out, encodedword.Decode(m[1], r.HeaderCharset))
	}
	for rest := imf.OneLine(r.Subject); len(out) < 2*maxReturned; {
		at := strings.IndexAny(rest, ":：")
		if at < 0 {
			return out
		}
		rest = strings.TrimLeft(rest[at:], ":： ")
		out = append(out, rest)
	}
	return out
}

// distinct returns the values that are not empty, each once.
func distinct(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" && len(out) < maxReturned && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
