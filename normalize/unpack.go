package normalize

import (
	"fmt"
	"strings"
	"switchboard/desk"
)

// noteCalendar keeps a few lines about an invitation (RFC 5545), to be shown
// when the mail has no other text.
func (r *content) noteCalendar(p *part, data []byte) {
	if r.event != "" {
		return
	}
	s, _ := toUTF8(data, p.params["charset"], false)
	r.event = calendarText(cleanText(s))
}

func isTNEF(p *part) bool {
	return p.media == "application/ms-tnef" || p.media == "application/vnd.ms-tnef" || strings.EqualFold(p.name, "winmail.dat")
}

// unpackTNEF puts the files of a winmail.dat in its place and keeps its body for
// a mail that has none of its own. It fails, and the winmail.dat stays an
// attachment, when the data are damaged.
func (r *content) unpackTNEF(data []byte) bool {
	t, ok := readTNEF(data)
	if !ok {
		r.parser.report("tnef-broken", "a winmail.dat could not be opened")
		return false
	}
	for i, f := range t.files {
		a := desk.Part{PartID: fmt.Sprintf("tnef.%d", i+1), Name: f.name, Type: f.media, CID: f.cid, Data: f.data}
		if a.Type == "" {
			a.Type = typeByName(f.name)
		}
		r.add(a)
	}
	v := view{text: cleanText(t.body), plain: t.body != ""}
	if v.text == "" {
		v.text, v.plain = cleanText(t.rich), t.rich != ""
	}
	if html := cleanText(t.html); !isBlank(html) {
		v.html, v.rich = html, true
		if isBlank(v.text) {
			v.text = htmlToText(html)
		}
	}
	if r.wrapped.blank() {
		r.wrapped = v
	}
	return true
}
