package classify_test

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/normalize"
)

// mail returns a message that arrived by IMAP, without an envelope.
func mail(s string) desk.Raw {
	return desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Bytes: []byte(strings.ReplaceAll(s, "\n", "\r\n"))}
}

// TestAutoReplySubjects covers the languages of customers' mail programs.
func TestAutoReplySubjects(t *testing.T) {
	for _, subject := range []string{
		"Automatic reply: Your order", "Out of Office: Your order", "Automatic reply", "Autoreply from Jo Doe", "Autoreply: away", "AutoReply: away", "Out of Office AutoReply: Your order",
		"Automatische Antwort: Ihre Bestellung", "Abwesenheitsnotiz: Ihre Bestellung", "Réponse automatique : Votre commande", "Respuesta automática: Su pedido",
		"Resposta automática: Seu pedido", "Risposta automatica: Il tuo ordine", "Automatisch antwoord: Uw bestelling", "Autosvar: Din beställning", "Automatiskt svar: Din beställning",
		"Automatisk svar: Din ordre", "Automaattinen vastaus: Tilauksesi", "Automatyczna odpowiedź: Twoje zamówienie", "Automatická odpověď: Vaše objednávka", "Automatikus válasz: Rendelés",
		"Răspuns automat: Comanda", "Автоматический ответ: Ваш заказ", "Автоматична відповідь: Ваше замовлення", "Αυτόματη απάντηση: Η παραγγελία", "Otomatik yanıt: Siparişiniz",
		"תשובה אוטומטית: ההזמנה שלך", "رد تلقائي: طلبك", "自動応答: ご注文", "자동 회신: 주문", "自动答复: 您的订单", "自動回覆: 您的訂單",
	} {
		m := normalize.Email(mail("From: a@example.com\nSubject: " + subject + "\n\nx\n"))
		if m.AutoSubmitted != desk.AutoReply {
			t.Errorf("%q is %s", subject, m.AutoSubmitted)
		}
		m = normalize.Email(mail("From: a@example.com\nList-Id: <dev.example.org>\nSubject: " + subject + "\n\nx\n"))
		if m.AutoSubmitted != desk.AutoList {
			t.Errorf("%q on a list is %s", subject, m.AutoSubmitted)
		}
	}
}

// TestPeopleWriteAboutAutoReplies: a person's subject may start like a program's.
func TestPeopleWriteAboutAutoReplies(t *testing.T) {
	for in, want := range map[string]desk.AutoSubmitted{
		"Subject: Auto-reply does not work\n\nHello, the automatic reply of your shop comes twice.\n":       desk.AutoNo,
		"Subject: Auto: Ersatzteil für Golf VII\n\nGuten Tag, ich suche einen Auspuff.\n":                   desk.AutoNo,
		"Subject: Auto: Your order\nIn-Reply-To: <1@example.net>\n\nx\n":                                    desk.AutoReply,
		"Subject: AUTO: Jo Doe is out of the office (returning 03/10/2024)\n\nI am out of the office.\n":    desk.AutoReply,
		"Subject: Autoreply Jo Doe\nX-Auto-Response-Suppress: All\n\nx\n":                                   desk.AutoReply,
		"Subject: Fuori sede Re: Ordine\nPrecedence: junk\n\nSono fuori sede.\n":                            desk.AutoReply,
		"Subject: [SpamCop (192.0.2.1) id:1]Order\nX-Mailer: https://www.spamcop.net/\n\nMessage-ID: <1>\n": desk.AutoComplaint,
	} {
		if m := normalize.Email(mail("From: a@example.com\n" + in)); m.AutoSubmitted != want {
			t.Errorf("%q is %s, want %s", in, m.AutoSubmitted, want)
		}
	}
}

// TestAwayNotices covers replies with an ordinary subject, where only the null
// reverse-path and the text give them away.
func TestAwayNotices(t *testing.T) {
	for _, text := range []string{
		"I am out of the office until Monday.", "Ich bin bis Montag nicht im Büro.", "Je suis absent jusqu'à lundi.", "Estoy fuera de la oficina hasta el lunes.",
		"Estou fora do escritório até segunda-feira.", "Sono fuori ufficio fino a lunedì.", "Ik ben afwezig tot maandag.", "Jag är på semester till måndag.", "Jeg er på ferie til mandag.",
		"Olen lomalla maanantaihin asti.", "Jestem na urlopie do poniedziałku.", "Jsem na dovolené do pondělí.", "Szabadságon vagyok hétfőig.", "Sunt în concediu până luni.",
		"Я в отпуске до понедельника.", "Я у відпустці до понеділка.", "Είμαι σε άδεια μέχρι τη Δευτέρα.", "Pazartesiye kadar izindeyim.", "אני בחופשה עד יום שני.", "أنا في إجازة حتى الاثنين.",
		"月曜日まで不在にしております。", "월요일까지 휴가 중입니다.", "我正在休假，周一回来。", "我目前不在辦公室。",
	} {
		notice := "From: a@example.com\nSubject: Re: Your order\n\n" + text + "\n"
		if m := normalize.Email(mail("Return-Path: <>\n" + notice)); m.AutoSubmitted != desk.AutoReply {
			t.Errorf("%q from the null path is %s", text, m.AutoSubmitted)
		}
		if m := normalize.Email(mail("Return-Path: <a@example.com>\n" + notice)); m.AutoSubmitted != desk.AutoNo {
			t.Errorf("%q from a person is %s", text, m.AutoSubmitted)
		}
	}
}

// TestBounceSubjects requires the sender of a mail system in addition to the subject.
func TestBounceSubjects(t *testing.T) {
	for _, subject := range []string{
		"Undelivered Mail Returned to Sender", "Returned mail: see transcript for details", "Mail delivery failed: returning message to sender", "Delivery Status Notification (Failure)",
		"failure notice", "Undeliverable: Your order", "Delivery Failure", "Mail System Error - Returned Mail", "Nondeliverable mail", "Warning: could not send message for past 4 hours",
		"Message delayed", "Delivery Notification: Delivery has failed", "Unzustellbar: Bestellung", "Non remis : commande", "No se puede entregar: pedido", "Não é possível entregar: pedido",
		"Non recapitabile: ordine", "Onbestelbaar: bestelling", "Olevererbart: order", "Kan ikke leveres: ordre", "Ei voitu toimittaa: tilaus", "Nie można dostarczyć: zamówienie", "Nedoručitelné: objednávka",
		"Kézbesíthetetlen: rendelés", "Не удалось доставить: заказ", "Недоставлено: замовлення", "Αποτυχία παράδοσης", "Teslim edilemedi: sipariş", "לא ניתן למסירה: הזמנה", "تعذر التسليم: طلب", "配信不能: 注文", "배달되지 않음: 주문", "无法投递: 订单", "無法傳遞: 訂單",
	} {
		if m := normalize.Email(mail("From: MAILER-DAEMON@mx.example.net\nSubject: " + subject + "\n\nbob@example.org\n")); m.AutoSubmitted != desk.AutoBounce {
			t.Errorf("%q from the mail system is %s", subject, m.AutoSubmitted)
		}
		if m := normalize.Email(mail("From: Anna <anna@example.com>\nSubject: Re: " + subject + "\n\nWhat does this mean?\n")); m.AutoSubmitted != desk.AutoNo {
			t.Errorf("%q from a person is %s", subject, m.AutoSubmitted)
		}
	}
}

// TestMachineHeaders covers the header fields of RFC 3834 and of common practice.
func TestMachineHeaders(t *testing.T) {
	tests := []struct {
		header string
		want   desk.AutoSubmitted
	}{
		{"", desk.AutoNo},
		{"Auto-Submitted: no", desk.AutoNo},
		{"Auto-Submitted: auto-replied (vacation)", desk.AutoReply},
		{"Auto-Submitted: auto-generated; type=x", desk.AutoGenerated},
		{"Auto-Submitted: auto-notified", desk.AutoGenerated},
		{"X-Autoreply: yes", desk.AutoReply},
		{"X-Autorespond: yes", desk.AutoReply},
		{"Precedence: auto_reply", desk.AutoReply},
		{"Precedence: bulk", desk.AutoList},
		{"Precedence: list", desk.AutoList},
		{"Precedence: normal", desk.AutoNo},
		{"List-Id: <dev.example.org>", desk.AutoList},
		{"List-Unsubscribe: <mailto:u@example.org>", desk.AutoList},
		{"List-Id: <dev.example.org>\nAuto-Submitted: auto-replied", desk.AutoReply},
		{"Return-Path: <>", desk.AutoGenerated},
		{"Return-Path: <a@example.com>", desk.AutoNo},
	}
	for _, tt := range tests {
		header := tt.header
		if header != "" {
			header += "\n"
		}
		if m := normalize.Email(mail("From: a@example.com\nSubject: Your order\n" + header + "\nA question.\n")); m.AutoSubmitted != tt.want {
			t.Errorf("%q is %s, want %s", tt.header, m.AutoSubmitted, tt.want)
		}
	}
	// The SMTP envelope is equivalent to Return-Path; IMAP has no envelope.
	raw := mail("From: a@example.com\nSubject: Your order\n\nA question.\n")
	raw.EnvelopeTo = []string{"support@example.net"}
	if m := normalize.Email(raw); m.AutoSubmitted != desk.AutoGenerated {
		t.Errorf("a null reverse-path is %s", m.AutoSubmitted)
	}
}

// TestPeopleWriteAboutBounces: messages about bounces, especially to those who run a
// mail server, are not bounces.
func TestPeopleWriteAboutBounces(t *testing.T) {
	for _, m := range []string{
		"From: admin@example.com\nSubject: Unable to send mail\n\nHello,\nwe get \"550 5.1.1 user unknown\" when we write to bob@example.org.\n",
		"From: Anna <anna@example.com>\nSubject: Mail delivery failed\n\nHello, my customers get \"user unknown\" and the mailbox is full, they say.\n",
		"From: Anna <anna@example.com>\nSubject: Undeliverable mail?\n\nWhat is this?\n\n> This is the mail system at host mx.example.net.\n",
		"From: Anna <anna@example.com>\nSubject: Delivery failed: order 4711\n\nHello, the carrier says that delivery failed because nobody was at home.\n",
		"From: Anna <anna@example.com>\nSubject: Undeliverable parcel 4711\n\nHello, they say that it is undeliverable. The address is right.\n",
		"From: Anna <anna@example.com>\nSubject: Delivery delayed\n\nMy delivery has been delayed for a week.\n",
		"From: Anna <anna@example.com>\nSubject: parcel\n\nThe address on it does not exist.\n",
	} {
		if got := normalize.Email(mail(m)); got.AutoSubmitted != desk.AutoNo {
			t.Errorf("%q is %s", got.Subject, got.AutoSubmitted)
		}
	}
}
