package replytext

import "testing"

func TestForwarded(t *testing.T) {
	t.Parallel()
	const pia = "Pia Elm <pia@elm.example>"
	for name, c := range map[string]struct {
		text    string
		subject bool // it says that the message is forwarded
		want    Forward
	}{
		"Gmail":                          {"Please take this.\n\n---------- Forwarded message ---------\nFrom: Pia Elm <pia@elm.example>\nDate: Fri, 27 Nov 2026 at 09:00\nSubject: Lamp\nTo: <ana@desk.example>\n\nIt is dark.\n\nPia\n", false, Forward{"Please take this.", pia, "It is dark.\n\nPia"}},
		"Thunderbird":                    {"-------- Weitergeleitete Nachricht --------\nBetreff: \tLamp\nDatum: \tFri, 27 Nov 2026 09:00:00 +0100\nVon: \tPia Elm <pia@elm.example>\nAn: \tana@desk.example\n\nEs ist dunkel.\n", false, Forward{"", pia, "Es ist dunkel."}},
		"Apple, quoted":                  {"Bitte.\n\nBegin forwarded message:\n\n> From: Pia Elm <pia@elm.example>\n> Subject: Lamp\n> Date: 27 November 2026\n> \n> It is dark.\n> > Is it?\n", false, Forward{"Bitte.", pia, "It is dark.\n> Is it?"}},
		"Outlook":                        {"Voilà.\n\n-----Message d'origine-----\nDe : Pia Elm [mailto:pia@elm.example]\nEnvoyé : vendredi 27 novembre 2026 09:00\nÀ : Ana\nObjet : Lamp\n\nElle est cassée.\n", true, Forward{"Voilà.", "Pia Elm [mailto:pia@elm.example]", "Elle est cassée."}},
		"Outlook without a line":         {"Look.\n\nFrom: Pia Elm <pia@elm.example>\nSent: Friday, November 27, 2026 9:00 AM\nTo: Ana <ana@desk.example>\nSubject: Lamp\n\nIt is dark.\n", true, Forward{"Look.", pia, "It is dark."}},
		"a reply in Outlook":             {"Who knows?\n\nFrom: Pia Elm <pia@elm.example>\nSent: Friday, November 27, 2026 9:00 AM\nTo: Ana <ana@desk.example>\nSubject: Lamp\n\nIt is dark.\n", false, Forward{}},
		"bold labels":                    {"---------- Forwarded message ----------\n*From:* Pia Elm <pia@elm.example>\n*Date:* 27 Nov 2026\n*Subject:* Lamp\n\nIt is dark.\n", false, Forward{"", pia, "It is dark."}},
		"no author":                      {"---------- Forwarded message ----------\nSubject: Lamp\nDate: 27 Nov 2026\nTo: ana@desk.example\n\nIt is dark.\n", false, Forward{}},
		"text about forwarded messages":  {"I got a forwarded message from you.\nFrom: Berlin\n", false, Forward{}},
		"a forward subject without text": {"See the attachment.\n", true, Forward{}},
		"nothing":                        {"", true, Forward{}},
	} {
		got, ok := Forwarded(c.text, c.subject)
		if got != c.want || ok != (c.want != Forward{}) {
			t.Errorf("%s: %+v, %t; want %+v", name, got, ok, c.want)
		}
	}
}
