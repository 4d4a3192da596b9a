package autoreply

import (
	"reflect"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/desk/view"
)

// TestFrames: every language has all texts, with the number where it belongs, and another
// language than the others.
func TestFrames(t *testing.T) {
	english := reflect.ValueOf(frames["en"])
	for language, f := range frames {
		v := reflect.ValueOf(f)
		for i := range v.NumField() {
			name, text := v.Type().Field(i).Name, v.Field(i).String()
			if text == "" || language != "en" && text == english.Field(i).String() {
				t.Errorf("%s %s: %q", language, name, text)
			}
			if numbered := name == "Subject" || name == "Thanks"; strings.Contains(text, "{number}") != numbered {
				t.Errorf("%s %s: %q", language, name, text)
			}
		}
	}
	for language, want := range map[string]string{"de": "Vielleicht", "de-AT": "Vielleicht", "FR": "Ces", "es": "Quizá", "ja": "These", "": "These"} {
		if got := framed(language).Help; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", language, got)
		}
	}
	if len(Answered()) != len(frames) {
		t.Error(Answered())
	}
}

// TestWithArticle: the text around an article is in its language, in plain text, HTML and chats.
func TestWithArticle(t *testing.T) {
	conversation := &desk.Conversation{ID: desk.NewID[desk.ConversationID](), Number: 42}
	mail := func(channel desk.Channel) *Mail {
		return &Mail{Kind: desk.AutomaticArticle, Conversation: conversation, Facts: desk.AutomaticFacts{Channel: channel, Address: "jo@acme.example"},
			Values: map[string]string{"number": "42"}, MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }}
	}
	has := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in\n%s", part, text)
			}
		}
	}
	article := &view.HelpArticle{HelpEntry: view.HelpEntry{Language: "fr-CA", Title: "Mot de passe <oublié>"}, Text: "Ouvrez les **paramètres**."}
	a := mail(desk.ChannelEmail)
	a.WithArticle(article, "https://help.desk.example/help/fr-CA/x")
	m, _ := a.Compose()
	has(m.Subject, "Une réponse à votre message [#42]")
	has(m.TextBody, "Il porte le numéro #42.", "Cet article y répond peut-être : Mot de passe <oublié>", "Sur le web : https://help", "Répondez à ce message pour joindre une personne.")
	has(m.HTMLBody, "Il porte le numéro #42.", "Mot de passe &lt;oublié&gt;</a>", "<strong>paramètres</strong>", "joindre une personne.")
	a = mail(desk.ChannelChat)
	a.WithArticle(article, "")
	if m, _ = a.Compose(); strings.Contains(m.TextBody, "Sur le web") {
		t.Error(m.TextBody)
	}
	has(m.TextBody, "Ouvrez les paramètres.", "joindre une personne.")
	a = mail(desk.ChannelEmail)
	a.Template.Text = "Received."
	a.WithSuggestions("es", []Suggested{{"Contraseña", "https://help.desk.example/help/es/c"}})
	m, _ = a.Compose()
	has(m.TextBody, "Received.\n\nQuizá le ayuden estos artículos:\n\n- Contraseña")
	has(m.HTMLBody, "Quizá le ayuden estos artículos:")
}
