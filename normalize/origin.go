package normalize

import (
	"regexp"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/replytext"
)

// origin returns what the mail says about its author besides From, nil if nothing.
func (e *email) origin(forward []byte) *desk.Origin {
	m := &e.msg
	o := desk.Origin{Via: e.via(), Program: e.program()}
	for _, name := range []string{"author", "x-original-from", "original-from", "x-original-sender"} {
		if list := e.addresses(name); len(list) > 0 {
			o.Authors = list
			break
		}
	}
	if e.depth == 0 && m.AutoSubmitted == desk.AutoNo {
		o.Forwarded = e.forwarded(forward)
	}
	if o.Authors == nil && !o.Via && !o.Program && o.Forwarded == nil {
		return nil
	}
	return &o
}

// viaName matches the name that lists and services give an author whose address they
// replace: "'Kim Ash' via Support", "Kim Ash (via Docs)".
var viaName = regexp.MustCompile(`(?i)\S['")]?[ (]+via\s+\S`)

// via reports whether a list or a service put its own address into From, so that its
// mail passes DMARC.
func (e *email) via() bool {
	if len(e.msg.From) == 0 {
		return false
	}
	from := e.msg.From[0]
	if viaName.MatchString(from.Name) {
		return true
	}
	address := imf.NormalizeAddr(from.Email)
	if id := strings.ToLower(e.msg.ListID); id != "" && strings.Replace(address, "@", ".", 1) == id {
		return true
	}
	post := strings.ToLower(e.head.Get("list-post") + " " + e.head.Get("mailing-list"))
	return address != "" && (strings.Contains(post, "mailto:"+address+">") || strings.Contains(post, "list "+address+";"))
}

// programNames are local parts under which web servers and their forms write.
var programNames = map[string]bool{"wordpress": true, "www-data": true, "www": true, "apache": true, "httpd": true, "nginx": true, "nobody": true,
	"webmaster": true, "website": true, "web": true, "webform": true, "webforms": true, "web-form": true, "form": true, "forms": true, "contactform": true,
	"contact-form": true, "formmail": true, "formmailer": true, "formresponses": true, "form-submission": true, "formular": true, "kontaktformular": true,
	"mailer": true, "cgi": true, "php": true, "typo3": true, "joomla": true, "drupal": true, "shopmailer": true}

// program reports whether a web site's program wrote the mail: by its address, or by
// the fields that such programs add.
func (e *email) program() bool {
	if len(e.msg.From) == 0 {
		return false
	}
	local, _ := imf.SplitAddr(imf.NormalizeAddr(e.msg.From[0].Email))
	if programNames[local] || imf.IsNoReply(e.msg.From[0].Email) {
		return true
	}
	for _, name := range []string{"x-php-originating-script", "x-php-script", "x-wpcf7-content-type", "x-wpforms-form-id", "x-form-id"} {
		if e.head.Has(name) {
			return true
		}
	}
	mailer := strings.ToLower(e.head.Get("x-mailer"))
	return strings.HasPrefix(mailer, "phpmailer") || strings.HasPrefix(mailer, "php/") || strings.HasPrefix(mailer, "drupal")
}

// forwarded returns the message that the mail forwards, as an attachment or in its
// text; nil if there is none whose author is known.
func (e *email) forwarded(attached []byte) *desk.Forwarded {
	m := &e.msg
	if attached != nil && !e.borrowedText {
		inner := readEmail(desk.Raw{Bytes: attached, ReceivedAt: m.ReceivedAt}, e.depth+1)
		if len(inner.From) == 0 || !imf.ValidAddr(inner.From[0].Email) {
			return nil
		}
		finish(&inner)
		return &desk.Forwarded{From: inner.From[0], Own: m.TextBody, Text: inner.TextBody, HTML: inner.HTMLBody, NewText: inner.NewText, Attached: true}
	}
	f, ok := replytext.Forwarded(m.TextBody, imf.IsForward(m.Subject))
	if !ok {
		return nil
	}
	from, ok := forwardedFrom(f.From)
	if !ok {
		return nil
	}
	out := &desk.Forwarded{From: from, Own: f.Own, Text: f.Text, NewText: replytext.NewText(f.Text, replytext.Source{Reply: imf.IsReply(m.Subject), Name: from.Name, Address: from.Email})}
	if f.Own == "" {
		out.HTML = m.HTMLBody
	}
	return out
}

// addressIn matches the address in a From line, however it is decorated:
// "Pia <pia@elm.example>", "Pia [mailto:pia@elm.example]", "pia@elm.example (Pia)".
var addressIn = regexp.MustCompile(`[^\s<>\[\]()"',;:]+@[^\s<>\[\]()"',;:]+`)

// forwardedFrom parses a From line of a forwarded message.
func forwardedFrom(line string) (desk.Address, bool) {
	at := addressIn.FindStringIndex(line)
	if at == nil {
		return desk.Address{}, false
	}
	address := line[at[0]:at[1]]
	name := strings.NewReplacer("mailto:", "", "<", "", ">", "", "[", "", "]", "", "(", "", ")", "", `"`, "").Replace(line[:at[0]])
	name = imf.OneLine(strings.Trim(strings.TrimSpace(name), "'"))
	return desk.Address{Name: name, Email: address}, imf.ValidAddr(address)
}
