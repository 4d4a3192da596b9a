package normalize

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

func TestOrigin(t *testing.T) {
	t.Parallel()
	kim := []desk.Address{{Name: "Kim Ash", Email: "kim@ash.example"}}
	for name, c := range map[string]struct {
		headers string
		want    *desk.Origin
	}{
		"an ordinary mail":        {"From: Kim Ash <kim@ash.example>", nil},
		"Google Groups":           {"From: \"'Kim Ash' via Help\" <help@desk.example>\nX-Original-From: Kim Ash <kim@ash.example>\nX-Original-Sender: kim@ash.example", &desk.Origin{Authors: kim, Via: true}},
		"Author":                  {"From: list@lists.example\nAuthor: Kim Ash <kim@ash.example>\nList-Id: <list.lists.example>", &desk.Origin{Authors: kim, Via: true}},
		"a list's own address":    {"From: Kim <users@lists.example>\nList-Post: <mailto:users@lists.example>", &desk.Origin{Via: true}},
		"a service":               {"From: \"Kim (via Docs)\" <share@docs.example>", &desk.Origin{Via: true}},
		"a list that keeps From":  {"From: Kim <kim@ash.example>\nList-Post: <mailto:users@lists.example>\nList-Id: <users.lists.example>", nil},
		"a name with via":         {"From: Via Appia <via@appia.example>", nil},
		"WordPress":               {"From: Shop <wordpress@shop.example>", &desk.Origin{Program: true}},
		"a script":                {"From: Shop <info@shop.example>\nX-PHP-Originating-Script: 33:mail.php", &desk.Origin{Program: true}},
		"PHPMailer":               {"From: Shop <info@shop.example>\nX-Mailer: PHPMailer 6.9 (https://github.com/PHPMailer)", &desk.Origin{Program: true}},
		"an address for no reply": {"From: Shop <no-reply@shop.example>\nReply-To: kim@ash.example", &desk.Origin{Program: true}},
	} {
		m := Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: []byte(strings.ReplaceAll(c.headers, "\n", "\r\n") + "\r\nSubject: Lamp\r\n\r\nIt is dark.\r\n")})
		if diff := cmp.Diff(c.want, m.Origin); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestForwardedAttachment(t *testing.T) {
	t.Parallel()
	const mail = "From: Ana <ana@desk.example>\r\nSubject: Lamp\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nOWN\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" +
		"From: Pia Elm <pia@elm.example>\r\nSubject: Lamp\r\n\r\nIt is dark.\r\n--b--\r\n"
	for own, want := range map[string]*desk.Forwarded{
		"Please.": {From: desk.Address{Name: "Pia Elm", Email: "pia@elm.example"}, Own: "Please.", Text: "It is dark.", NewText: "It is dark.", Attached: true},
		"":        {From: desk.Address{Name: "Pia Elm", Email: "pia@elm.example"}, Text: "It is dark.", NewText: "It is dark."},
	} {
		m := Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: []byte(strings.Replace(mail, "OWN", own, 1))})
		if m.Origin == nil {
			t.Errorf("own text %q: no origin", own)
			continue
		}
		got := *m.Origin.Forwarded
		got.Text, got.Own = strings.TrimSpace(got.Text), strings.TrimSpace(got.Own)
		if diff := cmp.Diff(*want, got); diff != "" {
			t.Errorf("own text %q: -want +got\n%s", own, diff)
		}
	}
}

func TestForwardedFrom(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]desk.Address{
		"Pia Elm <pia@elm.example>":                 {Name: "Pia Elm", Email: "pia@elm.example"},
		`"Elm, Pia" <pia@elm.example>`:              {Name: "Elm, Pia", Email: "pia@elm.example"},
		"Pia [mailto:pia@elm.example]":              {Name: "Pia", Email: "pia@elm.example"},
		"pia@elm.example":                           {Email: "pia@elm.example"},
		"'Pia' <pia@elm.example> on behalf of Elm":  {Name: "Pia", Email: "pia@elm.example"},
		"Pia Elm <pia@elm.example<mailto:pia@elm>>": {Name: "Pia Elm", Email: "pia@elm.example"},
		"Pia Elm": {},
	} {
		got, ok := forwardedFrom(line)
		if ok != (want.Email != "") || got != want {
			t.Errorf("%s: %+v, %t", line, got, ok)
		}
	}
}
