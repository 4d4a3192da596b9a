package autoreply

import (
	"strings"

	"switchboard/router"
)

// frame is what stands around articles in a mail, in one language.
type frame struct {
	Subject string
	Thanks  string // with {number}
	Answers string // above the article, before its title
	Web     string // before its link
	Person  string // the way to a person, which each answer shows
	Help    string // above links to several articles
}

// frames are the texts by language (ISO 639-1). An article in another language has the
// English one.
var frames = map[string]frame{
	"en": {"An answer to your message [#{number}]", "Thank you for your message. Its number is #{number}.", "This article may answer it:", "On the web:",
		"Did this not help? Reply to this message to reach a person.", "These articles may help:"},
	"de": {"Eine Antwort auf Ihre Nachricht [#{number}]", "Danke für Ihre Nachricht. Sie hat die Nummer #{number}.", "Vielleicht beantwortet sie dieser Artikel:", "Im Web:",
		"War das nicht die Lösung? Antworten Sie auf diese Nachricht, dann hilft Ihnen ein Mensch weiter.", "Vielleicht helfen diese Artikel:"},
	"fr": {"Une réponse à votre message [#{number}]", "Merci pour votre message. Il porte le numéro #{number}.", "Cet article y répond peut-être :", "Sur le web :",
		"Cela ne vous a pas aidé ? Répondez à ce message pour joindre une personne.", "Ces articles peuvent vous aider :"},
	"es": {"Una respuesta a su mensaje [#{number}]", "Gracias por su mensaje. Su número es #{number}.", "Quizá este artículo lo responda:", "En la web:",
		"¿No le ha servido? Responda a este mensaje y le atenderá una persona.", "Quizá le ayuden estos artículos:"},
	"it": {"Una risposta al suo messaggio [#{number}]", "Grazie per il suo messaggio. Il suo numero è #{number}.", "Forse questo articolo risponde alla sua domanda:", "Sul web:",
		"Non è stato utile? Risponda a questo messaggio per parlare con una persona.", "Forse questi articoli possono aiutarla:"},
	"nl": {"Een antwoord op uw bericht [#{number}]", "Bedankt voor uw bericht. Het nummer is #{number}.", "Misschien beantwoordt dit artikel uw vraag:", "Op het web:",
		"Heeft dit niet geholpen? Beantwoord dit bericht om een medewerker te bereiken.", "Misschien helpen deze artikelen:"},
	"pt": {"Uma resposta à sua mensagem [#{number}]", "Obrigado pela sua mensagem. O número dela é #{number}.", "Talvez este artigo responda:", "Na web:",
		"Isto não ajudou? Responda a esta mensagem para falar com uma pessoa.", "Talvez estes artigos ajudem:"},
}

// framed returns the texts for a language tag such as pt-BR.
func framed(language string) frame {
	primary, _, _ := strings.Cut(strings.ToLower(language), "-")
	if f, ok := frames[primary]; ok {
		return f
	}
	return frames["en"]
}

// template is the text around an article that answers a message. Its subject has nothing of
// the article: a customer's own subject may be its title.
func (f *frame) template() router.Template {
	return router.Template{Subject: f.Subject, Text: f.Thanks + "\n\n" + f.Answers + " {title}\n\n{article}\n\n{link}" + f.Person}
}

// Answered returns the subjects of answers, which the answers to them repeat.
func Answered() []router.Template {
	list := make([]router.Template, 0, len(frames))
	for _, f := range frames {
		list = append(list, router.Template{Subject: f.Subject})
	}
	return list
}
