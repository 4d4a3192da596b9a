package charset

import (
	"strings"
	"testing"
)

// western holds texts in Windows-1252 that must be read as such, whatever their label:
// languages, short texts, capitals, lists of names, symbols.
var western = []string{
	"Grüße", "Müller", "é", "Ça va?", "Ñandú", "Åse", "Weiß & Söhne", "déjà vu", "Größe: 38½", "£5", "12 €", "20 °C", "à bientôt", "señor Núñez", "façade", "naïve café", "Œuvre", "ÄÖÜ", "ÄÖÜ äöü ß", "äöüÄÖÜß", "Sonderzeichen wie äöüß", "ÆØÅ æøå",
	"Sehr geehrte Damen und Herren, die Lampe ist kaputt. Bitte schicken Sie Ersatz.\r\nMit freundlichen Grüßen\r\nJörg Weiß",
	"Rückfrage zur Lieferung: Können Sie mir sagen, wann die übrigen Stühle kommen? Schöne Grüße aus Köln, Bärbel Krüger",
	"ÜBERWEISUNG AN MÜLLER GMBH & CO. KG, KÖLN – FÄLLIG: SOFORT! RÜCKSTÄNDIGE GEBÜHREN: 12 €",
	"Müller, Göbel, Weiß, Jäger, Schäfer, Köhler, Krüger, Böhm, Lüdtke, Größl, Hänsel, Löw",
	"„Ich weiß nicht“, sagte er – „vielleicht morgen …“ – »Überhaupt nicht!«",
	"Bonjour, j'ai reçu la lampe cassée. Pouvez-vous m'envoyer un remplacement ? Merci, François Lefèvre",
	"LA COMMANDE N'A PAS ÉTÉ LIVRÉE À L'ADRESSE INDIQUÉE. VEUILLEZ PROCÉDER À SON REMPLACEMENT.",
	"Où êtes-vous ? Noël à l'hôtel, élève, forêt, garçon, maïs, cœur, sœur, œuf, où, là-bas, ça",
	"¿Dónde está mi pedido? ¡No ha llegado todavía! Mañana vuelvo a llamar. Saludos, Íñigo Peña",
	"Olá! A situação não está boa: a instalação das lâmpadas não funcionou. Obrigação, coração, ações, pães, mães.",
	"Perché la lampada non è arrivata? È già passata una settimana, così non va. Più tardi richiamerò.",
	"Hei! Tilaukseni ei ole vielä saapunut. Voisitteko tarkistaa, missä paketti on? Ystävällisin terveisin, Päivi Hämäläinen",
	"Hej, jeg har ikke fået min pakke endnu. Hvornår får jeg den? Med venlig hilsen, Søren Ørsted, Århus, Ærø",
	"Hei, jeg får ikke logget på kontoen min. Kan dere hjelpe meg så snart som mulig? Hilsen Bjørn Ødegård",
	"Góðan daginn, pöntunin mín er ekki komin. Getið þið athugað hvar pakkinn er? Kveðja, Þórður Ægisson",
	"Heilsan, eg havi ikki fingið pakkan enn. Kunnu tit kanna hvar hann er? Vinarliga, Jógvan á Lakjuni, Tórshavn, Føroyar",
	"Bon dia, la comanda encara no ha arribat. Què ha passat? L'col·lecció és incompleta, això no pot ser. Adéu, Núria",
	"Dia duit, níor tháinig an t-ordú fós. An féidir libh a sheiceáil cá bhfuil an beart? Go raibh maith agaibh, Séamus Ó Súilleabháin",
	"Hallo, ik heb één lamp ontvangen in plaats van twee. Kunt u de ontbrekende lamp naar mij sturen? Groet, Daniël Coëlho, België, financiële",
	"Goeie môre, ek het nie my pakkie ontvang nie. Waar is dit? Môre sê hulle wéér nee. Groete, Renée",
	"Përshëndetje, porosia ime nuk ka ardhur ende. A mund të më thoni ku është pakoja? Faleminderit, Gëzim Çela",
	"Moien, meng Bestellung ass nach net ukomm. Kënnt Dir w.e.g. kucken, wou de Pak ass? Merci, Jhemp Müller, Lëtzebuerg, gëschter, Mëttwoch",
	"Tere, minu tellimus ei ole veel kohale jõudnud. Kas saaksite kontrollida, kus pakk on? Lugupidamisega, Tõnu Mägi, Põltsamaa",
	"Kaixo, nire eskaera ez da iritsi. Non dago paketea? Eskerrik asko, Iñaki Agirre, Oñati, Iruña, señalea, pañala",
	"• first item\r\n• second item\r\n• third – with a dash\r\n• fourth “quoted” item\r\n• fifth … and so on™",
	"Price list: £5 £10 £15 £20 £25 £30, €12, ¥300, ½ lb, ¼ lb, ¾ lb, 20 °C, ±5 %, µm, © 2026 ®",
	"©®™ ²³¹ ×÷ «» ¬¦ §¶ ºª ¼½¾ ¿¡ µ° ±", "\u00a0\u00a0\u00a0\u00a0indented\u00a0text\u00a0\u00a0\u00a0\u00a0with\u00a0blanks\u00a0\u00a0\u00a0\u00a0", "········ · ········", "««« »»»  §§§ ¶¶¶", "————————— … …… –––", "ÿÿÿÿ þþþþ ýýýý ðððð",
	"Größe Länge Höhe Tür Öl süß groß heiß Füße Grüße müßig Süßwasser äußern Röntgenäquivalent Geräteöffnung Häuserübergabe Sämannsäcker Übergröße",
	"créée, réélu, suppléé, agréée, européennes, Héloïse, Noëlle, Zoë, Israël, ambiguë, aiguë, naïveté, coïncidence, maïs, haïr, ouïe",
	"Ångström, Håkan, Åke, Öster, Övre, Älg, Ärta, blåbär, smörgås, öl, kött, räksmörgås, på, så, två, åtta, höjd, bredd, längd, färg",
	"DÉJÀ PAYÉE : RÉFÉRENCE Nº 4711 – À L’ATTENTION DE MME LEFÈVRE",
}

// foreign holds short and ordinary texts in other charsets.
var foreign = []struct {
	charsets string
	texts    []string
}{
	{"windows-1251 koi8-r iso-8859-5", []string{"Привет", "Спасибо", "Здравствуйте!", "Лампа не работает", "Где мой заказ?", "Заказ 4711", "СРОЧНО: НЕ РАБОТАЕТ ЛАМПА", "Добрый день! Лампа в коридоре не горит. Когда пришлёте новую? С уважением, Анна", "Re: Ваш заказ № 4711", "Иван Петров"}},
	{"windows-1251 koi8-u", []string{"Доброго дня! Лампа не світить. Коли надішлете нову? З повагою, Оксана", "Дякую за відповідь"}},
	{"windows-1253 iso-8859-7", []string{"Καλημέρα", "Ευχαριστώ πολύ", "Η λάμπα δεν λειτουργεί. Πότε θα στείλετε καινούργια; Με εκτίμηση, Μαρία", "ΕΠΕΙΓΟΝ: Η ΛΑΜΠΑ ΔΕΝ ΛΕΙΤΟΥΡΓΕΙ", "Πού είναι η παραγγελία μου;"}},
	{"windows-1255 iso-8859-8", []string{"שלום רב", "המנורה לא עובדת. מתי תשלחו חדשה? תודה, דוד", "איפה ההזמנה שלי?"}},
	{"windows-1256 iso-8859-6", []string{"مرحبا", "المصباح لا يعمل. متى سترسلون واحدا جديدا؟ شكرا", "أين طلبي؟"}},
	{"windows-874", []string{"สวัสดีครับ", "ขอบคุณมากค่ะ", "หลอดไฟเสีย", "หลอดไฟในห้องน้ำเสีย ช่วยส่งอันใหม่ให้ด้วยนะคะ ขอบคุณค่ะ", "สินค้ายังไม่มาถึง", "คำสั่งซื้อ 4711 อยู่ที่ไหนครับ", "เรียน ฝ่ายบริการลูกค้า ผมต้องการคืนสินค้าเนื่องจากชำรุด กรุณาแจ้งขั้นตอนการคืนเงินด้วยครับ"}},
	{"gb18030", []string{"你好！谢谢", "谢谢你们", "订单问题", "灯坏了，请帮忙修理一下。", "我的订单在哪里？", "关于订单4711的问题", "您好，走廊的灯每天晚上都会闪，换了灯泡也没有用。请告诉我们怎么办。"}},
	{"big5", []string{"你好嗎？謝謝", "謝謝你們", "訂單問題", "燈壞了，請幫忙修理一下。", "我的訂單在哪裡？", "您好，走廊的燈每天晚上都會閃，換了燈泡也沒有用。請告訴我們怎麼辦。"}},
	{"euc-kr", []string{"안녕하세요", "감사합니다", "전등이 고장났습니다", "제 주문은 어디에 있습니까?", "복도의 전등이 매일 밤 깜박입니다. 새것을 보내 주세요. 감사합니다."}},
	{"euc-jp shift_jis", []string{"ありがとう", "こんにちは", "ランプが壊れました", "注文した商品はどこですか？", "廊下のランプが毎晩点滅します。新しいものを送ってください。よろしくお願いします。", "注文4711について"}},
	{"windows-1250 iso-8859-2", []string{"Dzień dobry, żarówka nie świeci się. Proszę o przysłanie nowej. Z poważaniem, Małgorzata Wiśniewska", "Dobrý den, žárovka nesvítí. Pošlete prosím novou. Děkuji, Jiří Novotný, Třebíč"}},
	{"windows-1254", []string{"Merhaba, koridordaki lamba çalışmıyor. Lütfen yenisini gönderin. Teşekkürler, Ayşe Yıldız, İstanbul"}},
}

// TestMislabelled checks that a label which accepts any octets is not believed against
// plain evidence, and is believed otherwise.
func TestMislabelled(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"", "us-ascii", "iso-8859-1", "windows-1252", "iso-8859-15"} {
		for _, text := range western {
			if label == "iso-8859-15" {
				text = strings.NewReplacer("€", "", "¼", "", "½", "", "¾", "", "¤", "", "¦", "", "Œ", "", "œ", "").Replace(text)
			}
			checkRead(t, "windows-1252", label, text)
		}
		for _, f := range foreign {
			for _, name := range strings.Fields(f.charsets) {
				for _, text := range f.texts {
					checkRead(t, name, label, text)
				}
			}
		}
	}
}

// TestLabelled checks that a correct label is believed.
func TestLabelled(t *testing.T) {
	t.Parallel()
	for _, text := range western {
		checkRead(t, "windows-1252", "iso-8859-1", text)
	}
	for _, f := range foreign {
		for _, name := range strings.Fields(f.charsets) {
			for _, text := range f.texts {
				checkRead(t, name, name, text)
			}
		}
	}
	for _, c := range undeclared {
		checkRead(t, c.charset, c.charset, c.text)
	}
}

// TestLabelOfAnotherCharset covers the charsets that programs confuse.
func TestLabelOfAnotherCharset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ charset, labels, text string }{
		{"shift_jis", "iso-2022-jp iso-2022-jp-1 cp50220 euc-jp", "廊下のランプが壊れました"},
		{"shift_jis", "iso-2022-jp", "山田"},
		{"euc-jp", "iso-2022-jp shift_jis", "廊下のランプが壊れました"},
		{"euc-jp", "iso-2022-jp", "山田"},
		{"euc-kr", "iso-2022-kr", "안녕"},
		{"gb18030", "hz-gb-2312 iso-2022-cn", "走廊的灯坏了，请帮忙修理一下。"},
		{"big5", "iso-2022-cn gb2312", "走廊的燈壞了，請幫忙修理一下。"},
		{"koi8-r", "utf-7", "Лампа в коридоре не работает"},
		{"windows-1251", "us-ascii", "Лампа в коридоре не работает"},
		{"windows-1252", "windows-1251", "Die Lampe im Flur blinkt nachts. Können Sie bitte prüfen, ob es für größere Räume Ersatz gibt? Mit freundlichen Grüßen, Jörg Weiß"},
		{"windows-1252", "gb2312 big5 ks_c_5601-1987 euc-jp", "Jürgen Müller, Köln"},
		{"windows-1252", "gb2312 big5 ks_c_5601-1987", "I don’t have Anna’s order."},
	} {
		for _, label := range strings.Fields(c.labels) {
			checkRead(t, c.charset, label, c.text)
		}
	}
}

// checkRead encodes a text in a charset, if that has all its characters, and reads it
// under a label.
func checkRead(t *testing.T, name, label, text string) {
	t.Helper()
	b, err := lookup(name).NewEncoder().String(text)
	if err != nil {
		return
	}
	if got, _ := ToUTF8([]byte(b), label, false); got != text {
		t.Errorf("%s as %q: %.60q is read as %.60q", name, label, text, got)
	}
}
