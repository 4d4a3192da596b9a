package charset

import (
	"testing"
)

// undeclared holds typical customer messages in the legacy charsets of their
// languages.
var undeclared = []struct{ charset, text string }{
	{"windows-1252", "Guten Tag, meine Bestellung ist noch nicht angekommen. Könnten Sie bitte prüfen, wo das Päckchen geblieben ist? Ich hätte außerdem gerne eine Rechnung für die Buchhaltung. Mit freundlichen Grüßen, Jürgen Müller"},
	{"windows-1252", "Bonjour, ma commande passée la semaine dernière n'est toujours pas arrivée. Pourriez-vous vérifier où se trouve le colis ? J'ai été débité deux fois. Merci d'avance, Hélène Lefèvre"},
	{"windows-1252", "Buenos días: hice un pedido hace una semana y todavía no ha llegado. ¿Podrían comprobar el estado del envío? Me cobraron dos veces la misma compra y quiero una devolución. Atentamente, José Muñoz"},
	{"windows-1252", "Olá, a minha encomenda ainda não chegou e não consigo iniciar sessão na aplicação. Poderiam verificar a situação da entrega? Agradeço a atenção, João Magalhães"},
	{"windows-1252", "Hej, min beställning har inte kommit ännu. Kan ni kontrollera var paketet är? Jag behöver också en faktura för bokföringen. Med vänliga hälsningar, Åsa Öberg"},
	{"windows-1250", "Dzień dobry, moja przesyłka jeszcze nie dotarła. Czy mogliby Państwo sprawdzić, gdzie się znajduje? Płatność została pobrana dwukrotnie, proszę o zwrot. Z poważaniem, Łukasz Wójcik"},
	{"iso-8859-2", "Dobrý den, moje objednávka ještě nedorazila. Můžete prosím zjistit, kde se balík nachází? Částka byla z účtu stržena dvakrát, prosím o vrácení. S pozdravem, Jiří Dvořák"},
	{"windows-1250", "Jó napot, a megrendelésem még nem érkezett meg. Kérem, nézzék meg, hol van a csomag. Kétszer vonták le az összeget a számlámról. Üdvözlettel, Szőke Gergő"},
	{"windows-1251", "Здравствуйте, мой заказ до сих пор не пришёл. Не могли бы вы проверить, где находится посылка? Деньги списали дважды, прошу вернуть. С уважением, Наталья Кузнецова"},
	{"koi8-r", "Здравствуйте, мой заказ до сих пор не пришёл. Не могли бы вы проверить, где находится посылка? Деньги списали дважды, прошу вернуть. С уважением, Наталья Кузнецова"},
	{"iso-8859-5", "Здравствуйте, мой заказ до сих пор не пришёл. Не могли бы вы проверить, где находится посылка? Деньги списали дважды, прошу вернуть."},
	{"windows-1251", "Здравейте, поръчката ми все още не е пристигнала. Бихте ли проверили къде се намира пратката? Сумата е удържана два пъти, моля за връщане. Поздрави, Георги Димитров"},
	{"windows-1253", "Καλημέρα σας, η παραγγελία μου δεν έχει φτάσει ακόμη. Μπορείτε να ελέγξετε πού βρίσκεται το δέμα; Χρεώθηκα δύο φορές για την ίδια αγορά. Με εκτίμηση, Γιώργος"},
	{"windows-1254", "Merhaba, geçen hafta verdiğim sipariş hâlâ ulaşmadı. Kargonun nerede olduğunu kontrol edebilir misiniz? Aynı ürün için iki kez ödeme alınmış. Saygılarımla, Ayşe Yıldız"},
	{"windows-1255", "שלום רב, ההזמנה שלי עדיין לא הגיעה. האם תוכלו לבדוק היכן נמצאת החבילה? חויבתי פעמיים עבור אותה רכישה ואני מבקש החזר. בברכה, דוד כהן"},
	{"windows-1256", "مرحبا، لم يصل طلبي حتى الآن. هل يمكنكم التحقق من مكان الطرد؟ لقد تم خصم المبلغ مرتين من حسابي وأريد استرداد النقود. مع التحية، محمد أحمد"},
	{"shift_jis", "先週注文した商品がまだ届いておりません。追跡ページは月曜日から更新されていません。お手数ですが、ご確認をお願いいたします。"},
	{"euc-jp", "先週注文した商品がまだ届いておりません。追跡ページは月曜日から更新されていません。お手数ですが、ご確認をお願いいたします。"},
	{"gb18030", "您好，我上周订购的商品还没有收到。物流页面从星期一开始就没有更新。请帮我查一下包裹在哪里，并且退还多收的款项。谢谢。"},
	{"big5", "您好，我上週訂購的商品還沒有收到。物流頁面從星期一開始就沒有更新。請幫我查一下包裹在哪裡，並且退還多收的款項。謝謝。"},
	{"euc-kr", "안녕하세요, 지난주에 주문한 상품이 아직 도착하지 않았습니다. 배송 조회 페이지가 월요일부터 갱신되지 않습니다. 확인 부탁드립니다. 감사합니다."},
	{"windows-874", "สวัสดีครับ ผมสั่งซื้อสินค้าเมื่อสัปดาห์ที่แล้วแต่ยังไม่ได้รับของ กรุณาช่วยตรวจสอบว่าพัสดุอยู่ที่ไหน ขอบคุณครับ"},
}

// TestDetect checks that a text of ordinary length without a declared charset is
// decoded correctly.
func TestDetect(t *testing.T) {
	t.Parallel()
	for _, c := range undeclared {
		for repeat := range 3 {
			text := ""
			for range repeat + 1 {
				text += c.text + "\r\n"
			}
			b, err := lookup(c.charset).NewEncoder().String(text)
			if err != nil {
				t.Fatalf("%s cannot encode %q: %v", c.charset, c.text, err)
			}
			if got, _ := ToUTF8([]byte(b), "", false); got != text {
				t.Errorf("%s, %d octets, detected as %q, read as %.80q", c.charset, len(b), Detect([]byte(b)), got)
			}
		}
	}
}

func BenchmarkDetect(b *testing.B) {
	s, err := lookup("windows-1251").NewEncoder().String(undeclared[8].text)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		Detect([]byte(s))
	}
}
