package normalize

import (
	"encoding/json"
	"sort"
	"strconv"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/content"
	"switchboard/normalize/filename"
	"switchboard/normalize/mimeparam"
	"switchboard/normalize/plaintext"
)

// Form reads a desk.FormSubmission. Additional fields are appended to the message as
// "name: value", sorted by name. Any other bytes are KindInvalid.
func Form(raw desk.Raw) (desk.Message, error) {
	var f desk.FormSubmission
	if err := json.Unmarshal(raw.Bytes, &f); err != nil {
		return desk.Message{}, desk.Errorf(desk.KindInvalid, "form submission: %w", err)
	}
	text := plaintext.TrimBlankLines(plaintext.Clean(strings.ToValidUTF8(f.Message, "\ufffd")))
	m := desk.Message{
		Direction: desk.Inbound, Channel: desk.ChannelForm, RawID: raw.ID,
		ReceivedAt: raw.ReceivedAt, SentAt: raw.ReceivedAt, AutoSubmitted: desk.AutoNo,
		MessageID: derivedID(formDomain, raw.Endpoint, raw.SourceKey, string(raw.Bytes)),
		Subject:   formSubject(f.Subject, text),
		TextBody:  withFields(text, f.Fields),
	}
	if name, email := imf.OneLine(f.Name), imf.OneLine(f.Email); name != "" || email != "" {
		m.From = []desk.Address{{Name: name, Email: email}}
		if !imf.ValidAddr(email) {
			m.AddProblem("from-broken", "the form submission has no valid address")
		}
	} else {
		m.AddProblem("no-from", "the form was submitted without a name and an address")
	}
	for i, file := range f.Files {
		media, _, _ := mimeparam.Parse(file.Type, "")
		kind, ok := mimeparam.MediaType(media)
		if !ok {
			kind = filename.MediaType(file.Name)
		}
		part := desk.Part{PartID: strconv.Itoa(i + 1), Name: file.Name, Type: kind, Data: file.Data}
		m.Attachments = append(m.Attachments, content.Attachment(part, i+1, m.AddProblem))
	}
	finish(&m)
	m.NewText = m.TextBody
	m.Preview = imf.Preview(text)
	return m, nil
}

// formSubject returns the subject field, or the first line of the message.
func formSubject(subject, text string) string {
	if s := imf.OneLine(subject); s != "" {
		return s
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	first = imf.OneLine(first)
	if short := plaintext.Clip(first, 120); short != first {
		return strings.TrimSpace(short) + "…"
	}
	return first
}

// withFields appends the additional fields to the text, sorted by name.
func withFields(text string, fields map[string]string) string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	var lines []string
	for _, name := range names {
		value := plaintext.TrimBlankLines(plaintext.Clean(strings.ToValidUTF8(fields[name], "\ufffd")))
		if value != "" {
			lines = append(lines, imf.OneLine(name)+": "+value)
		}
	}
	if len(lines) == 0 {
		return text
	}
	return strings.TrimLeft(text+"\n\n", "\n") + strings.Join(lines, "\n")
}
