package corpus

// nameSet lists the names of people who write in one language.
type nameSet struct{ first, last []string }

// langText lists the phrases of mail in one language.
type langText struct {
	subjects, hello, sentences, bye, role []string
	ooo, oooBody, attName                 string
}

// attType is a kind of attachment: its media type, file name and first bytes.
type attType struct{ ct, name, magic string }

var wordsA = []string{"north", "blue", "rapid", "alpine", "silver", "green", "delta", "prime", "solid", "urban", "bright", "polar"}
var wordsB = []string{"works", "logistics", "media", "foods", "bank", "labs", "motors", "travel", "textil", "energy", "design", "medical"}

var attTypes = []attType{
	{"application/pdf", "invoice.pdf", "%PDF-1.7\n"},
	{"image/png", "screenshot.png", "\x89PNG\r\n\x1a\n"},
	{"image/jpeg", "photo.jpg", "\xff\xd8\xff\xe0"},
	{"application/zip", "logs.zip", "PK\x03\x04"},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "report.docx", "PK\x03\x04"},
}

var names = map[string]nameSet{
	"en": {[]string{"Alice", "Bob", "Carol", "David", "Emma", "Frank", "Grace", "Henry"}, []string{"Smith", "Jones", "Taylor", "Brown", "Wilson", "Walker", "O'Neil"}},
	"de": {[]string{"Jürgen", "Björn", "Käthe", "Sören", "Anna", "Günther", "Heike"}, []string{"Müller", "Schäfer", "Groß", "Köhler", "Weiß", "Becker", "Jäger"}},
	"fr": {[]string{"Élodie", "François", "Hélène", "Rémi", "Zoé", "Benoît"}, []string{"Lefèvre", "Gérard", "Dupré", "Noël", "Bélanger"}},
	"es": {[]string{"José", "María", "Íñigo", "Begoña", "Raúl", "Lucía"}, []string{"Muñoz", "Peña", "García", "Ibáñez", "Núñez"}},
	"ja": {[]string{"太郎", "花子", "健一", "美咲", "直樹"}, []string{"佐藤", "鈴木", "高橋", "田中", "渡辺"}},
	"zh": {[]string{"伟", "芳", "秀英", "敏", "静", "磊"}, []string{"王", "李", "张", "刘", "陈", "杨"}},
}

var texts = map[string]langText{
	"en": {
		subjects:  []string{"Order has not arrived", "Cannot log in", "Refund request", "Invoice question", "Question about my subscription", "App crashes on start", "Delivery address change", "Problem with payment", "Help", "Bug report"},
		hello:     []string{"Hi,", "Hello,", "Dear support team,", "Good morning,", "Hi there,"},
		sentences: []string{"I placed an order last week and it has still not arrived.", "The tracking page shows no update since Monday.", "When I try to log in I only see a blank page.", "I was charged twice for the same order – please check.", "Could you send me the invoice again as a PDF?", "I’ve attached a screenshot of the error.", "We need this to be solved before the end of the month.", "I already tried to clear the cache and to use another browser.", "The price on the site was 49.90 € but I paid 59.90 €.", "Thank you for the quick answer, but the problem is still there.", "Our accounting department needs the VAT number on the document.", "Please let me know what other information you need."},
		bye:       []string{"Best regards,", "Thanks,", "Kind regards,", "Cheers,"}, role: []string{"Purchasing", "Head of IT", "Office Manager", "Accounting"},
		ooo: "Automatic reply", oooBody: "I am out of the office until Monday and will answer your mail then.", attName: "report"},
	"de": {
		subjects:  []string{"Bestellung nicht angekommen", "Anmeldung nicht möglich", "Rückerstattung", "Frage zur Rechnung", "Kündigung meines Vertrags", "Störung bei der Zahlung", "Änderung der Lieferadresse"},
		hello:     []string{"Guten Tag,", "Hallo,", "Sehr geehrte Damen und Herren,", "Schönen guten Morgen,"},
		sentences: []string{"ich habe vor einer Woche bestellt, aber die Ware ist noch nicht angekommen.", "Können Sie bitte prüfen, woran das liegt?", "Die Rechnung über 119,00 € stimmt leider nicht.", "Bei der Anmeldung erscheint die Fehlermeldung „Ungültiges Kennwort“.", "Ich möchte meinen Vertrag zum nächstmöglichen Zeitpunkt kündigen.", "Über eine schnelle Rückmeldung würde ich mich freuen.", "Die Lieferadresse müsste geändert werden: Gärtnerstraße 12, Köln.", "Im Anhang finden Sie die gewünschten Unterlagen.", "Leider tritt das Problem weiterhin täglich auf."},
		bye:       []string{"Mit freundlichen Grüßen", "Viele Grüße", "Beste Grüße"}, role: []string{"Geschäftsführer", "Einkauf", "Buchhaltung"},
		ooo: "Abwesenheitsnotiz", oooBody: "Ich bin bis Montag nicht im Büro und melde mich danach zurück.", attName: "Übersicht"},
	"fr": {
		subjects:  []string{"Commande non reçue", "Problème de connexion", "Demande de remboursement", "Question sur la facture", "Résiliation de l'abonnement"},
		hello:     []string{"Bonjour,", "Madame, Monsieur,", "Bonjour à toute l’équipe,"},
		sentences: []string{"Ma commande passée la semaine dernière n’est toujours pas arrivée.", "Pourriez-vous vérifier où se trouve le colis ?", "J’ai été débité deux fois de 35,00 €.", "Le message d’erreur apparaît à chaque connexion.", "Merci de m’envoyer la facture corrigée dès que possible.", "Vous trouverez la pièce jointe demandée.", "Le numéro de série est illisible sur l’étiquette.", "C’est déjà la troisième fois que cela se produit."},
		bye:       []string{"Cordialement,", "Bien à vous,", "Merci d’avance,"}, role: []string{"Directrice des achats", "Comptabilité", "Responsable qualité"},
		ooo: "Réponse automatique", oooBody: "Je suis absent jusqu’à lundi et répondrai à mon retour.", attName: "pièce"},
	"es": {
		subjects:  []string{"Pedido no recibido", "No puedo iniciar sesión", "Solicitud de devolución", "Duda sobre la factura", "Cambio de dirección de envío"},
		hello:     []string{"Hola:", "Buenos días:", "Estimado equipo de atención:"},
		sentences: []string{"Hice un pedido hace una semana y todavía no ha llegado.", "¿Podrían comprobar el estado del envío?", "Me cobraron dos veces la misma compra, 27,50 € en total.", "La aplicación se cierra cuando intento añadir una dirección.", "Adjunto una captura del mensaje de error.", "¿Cuándo recibiré la devolución?", "El año pasado ocurrió exactamente lo mismo.", "Necesitamos la factura con el número de identificación fiscal."},
		bye:       []string{"Un saludo,", "Atentamente,", "Muchas gracias,"}, role: []string{"Administración", "Jefa de logística", "Compras"},
		ooo: "Respuesta automática", oooBody: "Estaré fuera de la oficina hasta el lunes y contestaré después.", attName: "año"},
	"ja": {
		subjects:  []string{"注文した商品が届きません", "ログインできません", "返金のお願い", "請求書について", "配送先住所の変更"},
		hello:     []string{"サポートご担当者様", "お世話になっております。", "いつもありがとうございます。"},
		sentences: []string{"先週注文した商品がまだ届いておりません。", "追跡ページは月曜日から更新されていません。", "ログインしようとすると空白のページが表示されます。", "同じ注文に対して二重に請求されているようです。", "請求書を再度お送りいただけますでしょうか。", "エラー画面の写真を添付いたします。", "月末までに解決していただけると助かります。", "別のブラウザーでも試しましたが同じ結果でした。"},
		bye:       []string{"よろしくお願いいたします。", "ご確認のほどお願い申し上げます。"}, role: []string{"購買部", "情報システム部", "経理部"},
		ooo: "自動応答", oooBody: "月曜日まで不在にしております。戻り次第ご連絡いたします。", attName: "資料"},
	"zh": {
		subjects:  []string{"订单还没有收到", "无法登录", "申请退款", "关于发票的问题", "修改收货地址"},
		hello:     []string{"您好：", "尊敬的客服：", "你们好："},
		sentences: []string{"我上周下的订单到现在还没有收到。", "物流页面从星期一开始就没有更新。", "登录的时候只显示空白页面。", "同一个订单被扣了两次款，请核实。", "请重新发送发票的电子版。", "附件是错误提示的截图。", "希望能在月底之前解决这个问题。", "我已经清除了缓存并更换了浏览器，问题依旧。"},
		bye:       []string{"谢谢！", "此致敬礼", "期待您的回复。"}, role: []string{"采购部", "信息部", "财务部"},
		ooo: "自动回复", oooBody: "我下周一之前不在办公室，回来后会尽快回复。", attName: "资料"},
}

const outlookStyle = `<style><!--
/* Font Definitions */
@font-face {font-family:"Cambria Math"; panose-1:2 4 5 3 5 4 6 3 2 4;}
@font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;}
/* Style Definitions */
p.MsoNormal, li.MsoNormal, div.MsoNormal {margin:0cm; font-size:11.0pt; font-family:"Calibri",sans-serif; mso-fareast-language:EN-US;}
a:link, span.MsoHyperlink {mso-style-priority:99; color:#0563C1; text-decoration:underline;}
span.EmailStyle17 {mso-style-type:personal-compose; font-family:"Calibri",sans-serif; color:windowtext;}
.MsoChpDefault {mso-style-type:export-only; font-family:"Calibri",sans-serif; mso-fareast-language:EN-US;}
@page WordSection1 {size:612.0pt 792.0pt; margin:70.85pt 70.85pt 2.0cm 70.85pt;}
div.WordSection1 {page:WordSection1;}
--></style>
`
