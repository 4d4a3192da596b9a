package demo

import "switchboard/desk"

// topic is a message that a simulated customer sends.
type topic struct {
	subject, text string
	to            string       // support@ if empty
	channel       desk.Channel // mail if empty
	company       string       // domain; any if empty
	private       bool         // from a freemail address
	answer        string       // what an agent replies; empty: nobody has answered yet
	note          string       // what an agent notes while working on it
	handover      string       // what is written when it moves to the specialists
}

var topics = []topic{
	{subject: "Order 48213 arrived without the power supply", text: "Hello,\n\nour order arrived this morning, but the box with the power supplies is missing. The delivery note lists four of them.\n\nCan you send them on? We open the shop on Monday.", answer: "Hello,\n\nsorry about that. The four power supplies ship today by express, so you have them before you open on Monday. The tracking number follows within the hour.\n\nBest regards"},
	{subject: "Webhook signatures fail since this morning", text: "Hi,\n\nsince about 06:40 UTC every webhook you send us fails our signature check. Nothing changed on our side. The API key is the same one as last week.\n\nRequest id of one: req_7f31c0.", company: "hooli.example", note: "Looked at req_7f31c0: signed with the key that was rotated at 06:40 UTC. Asking whether they cache the old one.", handover: "Problem: every webhook has failed their signature check since 06:40 UTC; nothing changed on their side.\nTried: replaying req_7f31c0 fails in the same way; the API key is the one of last week.\nCustomer knows: a specialist looks at the signing keys today.\nNext step: compare the signing key before and after 06:40 UTC."},
	{text: "Hi, is the blue one still available in size 42?\n\nThe page says in stock, but I cannot put it in the basket.", channel: desk.ChannelChat},
	{subject: "Invoice 2026-1187 shows the wrong VAT number", to: billingAddress, text: "Dear billing team,\n\nthe invoice of this month still carries our old VAT number. Could you reissue it? Our auditors need it before the 30th."},
	{subject: "How do I add a colleague to our account?", text: "I would like my colleague to see our orders too. Where do I find that?", channel: desk.ChannelForm, answer: "Hello,\n\nyou find it under Settings, Team, Invite. Your colleague receives an email with a link that is valid for two days.\n\nBest regards"},
	{subject: "500 error on checkout - we cannot sell anything", text: "Production is down for us: every checkout answers with a 500 error since 09:12. Around 300 customers are affected. Please call me at once.", company: "globex.example"},
	{subject: "Frage zur Rechnung vom Oktober", to: billingAddress, text: "Guten Tag,\n\nauf der Rechnung vom 31. Oktober ist die Lieferung doppelt berechnet. Bitte um Korrektur.\n\nMit freundlichen Grüßen", company: "mueller-soehne.example"},
	{text: "My password reset mail never arrives :(\n\nI checked the spam folder as well", channel: desk.ChannelChat, private: true},
	{subject: "Refund for the cancelled subscription", to: billingAddress, text: "We cancelled on the 3rd and were charged on the 5th. Please refund the payment of 49.90 EUR."},
	{subject: "注文の配送状況について", text: "お世話になっております。\n\n先週注文した商品の配送状況を教えていただけますか。追跡番号ではまだ「準備中」となっています。\n\nよろしくお願いいたします。", company: "tokyo-shokai.example"},
	{subject: "OAuth token refresh returns invalid_grant", text: "Our integration refreshes its OAuth token every hour. Since yesterday one in ten refreshes returns invalid_grant, then the next one works. Is there a race on your side?", company: "stark-logistics.example", note: "Two refreshes within 80 ms with the same token in the log: looks like the race they suspect. Asking for the time of one failure.", handover: "Problem: one in ten token refreshes returns invalid_grant, the next one works.\nTried: could not reproduce it with a single client.\nCustomer knows: we look for a race in the token service.\nNext step: check the log for two refreshes with the same token."},
	{subject: "Possible account takeover", to: securityAddress, text: "One of our users received a login notification from a country none of us has been to. The session is still active. Can you look at it before we do anything?", company: "umbrella-health.example"},
	{subject: "Feature request: export as CSV", text: "It would help us a lot to export the order list as CSV. Is that planned?", channel: desk.ChannelForm},
	{subject: "Cannot log in after the update", text: "Since the update the login page reloads and nothing happens. Firefox and Chrome, both of us.", answer: "Hello,\n\nthe update left an old cookie behind. We have fixed it: please close the login page, open it again and sign in. Does it work now?\n\nKind regards", handover: "Problem: the login page reloads in Firefox and Chrome since the update; two people.\nTried: removing the cookies of the shop does not help them.\nCustomer knows: the web team looks at it today.\nNext step: look for their sessions in the log of the login service."},
	{subject: "Livraison en retard", text: "Bonjour,\n\nma commande devait arriver mardi et le suivi n'a pas bougé depuis. Pouvez-vous vérifier ?\n\nMerci d'avance", private: true, answer: "Bonjour,\n\nvotre colis est resté bloqué au centre de tri. Il repart ce soir et arrivera demain avant midi.\n\nCordialement"},
	{text: "hello? anyone there\n\nI just want to know your opening hours on Saturday", channel: desk.ChannelChat, private: true},
	{subject: "Rate limit of the orders API", text: "We see 429 answers from GET /orders although we stay below the documented 100 requests per minute. Which limit applies to our plan?", company: "acme.example", note: "Their plan allows 100 per minute, but each page of 200 orders counts twice. Asking product whether that is documented.", handover: "Problem: 429 from GET /orders below the documented limit.\nTried: their dashboard shows 61 requests in the busiest minute.\nCustomer knows: we check which limit applies to the business plan.\nNext step: compare with the counters of the gateway."},
	{subject: "Please change our delivery address", text: "We have moved: please deliver to Harbour Street 12 from now on. The open order 48377 should go there already.", answer: "Hello,\n\ndone: order 48377 and all later ones go to Harbour Street 12.\n\nBest regards"},
	{subject: "Charged twice for order 48301", to: billingAddress, text: "My card shows two payments for the same order. Please look into it.", private: true},
	{subject: "Product arrived damaged (photos attached in the portal)", text: "Two of the six lamps arrived broken. I have put photos into the portal. What happens next?", channel: desk.ChannelForm, answer: "Hello,\n\nthank you for the photos. Two new lamps ship tomorrow, and you need not send the broken ones back.\n\nBest regards"},
	{subject: "SSO: SAML metadata expired", text: "Your SAML metadata expires on Friday and our identity provider warns about it. When will you publish the new certificate?", company: "umbrella-health.example"},
	{subject: "Consulta sobre la garantía", text: "Hola,\n\ncompré la cafetera hace once meses y ha dejado de calentar. ¿Está cubierta por la garantía?\n\nGracias", private: true, answer: "Hola,\n\nsí: la garantía cubre dos años. Le enviamos hoy una etiqueta para que nos mande la cafetera sin coste.\n\nUn saludo"},
	{text: "The map on your contact page shows the old office\n\njust so you know :)", channel: desk.ChannelChat},
	{subject: "Data processing agreement", text: "Our legal department asks for a signed data processing agreement and the list of subprocessors. Whom should we talk to?", company: "globex.example"},
	{subject: "Bulk discount for 200 units?", text: "We plan to order 200 units in December. What price can you offer, and how long is the lead time?", answer: "Hello,\n\nfor 200 units we can offer 12 percent, with delivery within three weeks of the order. Shall I send a quotation?\n\nBest regards"},
}

var privates = []string{"Lena Vogel", "Omar Said", "Claire Dubois", "Iván Ruiz", "Grace Obi"}

// topicOf returns the topic of a conversation, by its subject; the zero topic if it
// is none of them.
func topicOf(subject string) topic {
	for _, t := range topics {
		if t.subject != "" && t.subject == subject {
			return t
		}
	}
	return topic{}
}
