package replytext

import (
	"strings"

	"switchboard/normalize/plaintext"
)

// wroteWords mean "wrote" in the line above a quotation, in lower case. Whether the
// verb is alone or at the end depends on the language.
var wroteWords = plaintext.Phrases(`
wrote|writes|sent:|has written|posted:|said:
schrieb|schrieben|geschrieben|hat folgendes geschrieben
a écrit|a ecrit|écrit :|écrivait|écrivit|a envoyé
escribió|escribio|ha escrito|escribía|va escriure|ha escrit|idatzi du|escribiu
escreveu|escreveram|escreveu-se
ha scritto|scrisse|scriveva|ha inviato
schreef|geschreven|skreaun
skrev|har skrivit|följande|skrifaði|skrifar|hefur skrifað
kirjoitti|kirjutas|rakstīja|rašė|parašė
napisał|napisała|napisał(a)|pisze
napsal|napsala|napsal(a)|napísal|napísala|píše|napisao|napisala|je napisao|je napisal|piše
írta|írt|ezt írta|írta ekkor
a scris|scris:
написал|написала|написал(а)|пишет|писал|писал(а)
написав|написала|написав(ла)|пише|пишете|написа
έγραψε|έγραψαν|έγραψες
yazdı|şunları yazdı|yazmış
đã viết|viết:
เขียน
menulis|tulis
כתב|כתבה|כתב/ה|מאת
كتب|كتبت|كتابة ما يلي
wrote：|写道|寫道|写到|寫到|撰写|來信|来信|の投稿|さんは書きました|書きました|のメール|さんから|作成|님이 작성|작성:|작성했습니다|님의 말|이(가) 작성|쓴 글|さんが書いた
`)

// introStarts start the line above a quotation, before its date or name.
var introStarts = plaintext.Phrases(`
on |in article |quoting |at |in reply to
am |zitat von |le |citando |citação de |cita de |el |em |no dia |na |
il giorno |il |in data |citiert |
op |den |på |á |pada |
dnia |w dniu |dne |dňa |v |vào |
în |pe data de |la |
în data de |στις |την |στο |
в |у |на |
בתאריך |ב |ב-|ביום |
في |بتاريخ |
于 |於 |在 |于|於|在 |
วันที่ |เมื่อ |
cytat |citát |citerar |citeret fra |sitat |quoting: |el dia |a las |kl. |
`)

// dayStarts are weekdays that start such a line without a preposition.
var dayStarts = plaintext.Phrases(`
mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|seg|ter|qua|qui|sex
ma|wo|za|zo|ti|ke|to|pe|la|su|mån|tis|ons|tors|fre|lör|sön|man|tirs|tir|tor|lør|søn
pon|wt|śr|czw|pt|sob|niedz|po|út|st|čt|pá|ne|hétfő|kedd|szerda|csütörtök|péntek|szombat|vasárnap
пн|вт|ср|чт|пт|сб|вс|нд|пон|пт|δευ|τρί|τετ|πέμ|παρ|σάβ|κυρ|pzt|sal|çar|per|cum|cmt|paz
monday|tuesday|wednesday|thursday|friday|saturday|sunday
`)

// pronouns make "On 2 May you wrote:" the start of an author's sentence.
var pronouns = plaintext.Phrases(`
your colleague|your agent|your team|your company|i ordered|i bought|i got|i called|i asked|i received|i was|we ordered|we received
ihr kollege|ihre kollegin|ihr mitarbeiter|habe ich|votre collègue|j'ai commandé|su compañer|su colega|seu colega|il suo collega|uw collega
i wrote|you wrote|we wrote|he wrote|she wrote|they wrote|i've wrote|you sent:|i sent:|we sent:|you said:|he said:|she said:|they said:|i said:
schrieben sie|schrieb ich|haben sie geschrieben|hat sie geschrieben|ich geschrieben
vous avez écrit|j'ai écrit|tu as écrit|je vous ai écrit
usted escribió|me escribió
schreef u|schreef ik|skrev jag|skrev ni|skrev du|skrev jeg
`)

// originalWords appear between dashes above a quoted message.
var originalWords = plaintext.Phrases(`
original message|original email|original mail|original e-mail|reply message|replied message|original appointment|message d'origine|message original|message initial
ursprüngliche nachricht|original-nachricht|originalnachricht|ursprüngliche mail|ursprüngliche e-mail|urspr. nachricht|originalmail|original nachricht
mensaje original|mensaje origen|mensagem original|missatge original|messaggio originale|messaggio orig.|messaggio iniziale
oorspronkelijk bericht|oorspronkelijke bericht|origineel bericht|ursprungligt meddelande|ursprungligt mail|originalmeddelande
oprindelig meddelelse|original meddelelse|oprindelig besked|opprinnelig melding|original melding|upphafleg skeyti
alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|treść oryginalnej wiadomości|původní zpráva|původní e-mail|pôvodná správa|izvirno sporočilo|originalna poruka|izvorna poruka
eredeti üzenet|eredeti levél|mesaj original|mesajul original|mesaj inițial
исходное сообщение|исходное письмо|первоначальное сообщение|оригинальное сообщение|вихідне повідомлення|оригінал повідомлення|оригинално съобщение
αρχικό μήνυμα|orijinal mesaj|özgün ileti|orjinal mesaj|özgün mesaj|thư gốc|pesan asli
הודעה מקורית|ההודעה המקורית|الرسالة الأصلية|رسالة أصلية
元のメッセージ|元のメール|original message / 元のメッセージ|원본 메시지|원본 메일|원래 메시지|원본메시지
原始邮件|原始郵件|原邮件|原郵件|原始消息|原始訊息|邮件原件|郵件原件|原始信件|回复的原邮件|回复的邮件|回覆的原郵件
`)

// forwardWords appear above a forwarded message.
var forwardWords = plaintext.Phrases(`
forwarded message|forwarded by|forwarded mail|forwarded email|begin forwarded message|forwarded letter|start of forwarded message
weitergeleitete nachricht|weitergeleitete mail|weitergeleitet von|anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail
message transféré|message transmis|début du message réexpédié|début du message transféré|transféré par
mensaje reenviado|inicio del mensaje reenviado|reenviado por|mensagem encaminhada|início da mensagem reencaminhada|início da mensagem encaminhada|mensagem reencaminhada|missatge reenviat
messaggio inoltrato|inizio messaggio inoltrato|inoltrato da
doorgestuurd bericht|begin doorgestuurd bericht|begin van doorgestuurd bericht|vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mejl
videresendt besked|videresendt meddelelse|videresendt melding|start på videresendt besked|videresendt e-mail
välitetty viesti|edelleenlähetetty viesti|välitetty viesti alkaa|wiadomość przekazana|przekazana wiadomość|początek przekazanej wiadomości|treść przekazanej wiadomości
přeposlaná zpráva|začátek přeposlané zprávy|preposlaná správa|proslijeđena poruka|posredovano sporočilo
továbbított üzenet|továbbított levél|mesaj redirecționat|mesaj redirectionat|mesaj transmis
пересылаемое сообщение|пересланное сообщение|пересылаемое письмо|начало переадресованного сообщения|перенаправленное сообщение|переслане повідомлення|перенаправлене повідомлення|пересылаемое
προωθημένο μήνυμα|προωθούμενο μήνυμα|iletilen mesaj|yönlendirilmiş ileti|iletilmiş mesaj|iletilen ileti|thư được chuyển tiếp|pesan terusan
הודעה שהועברה|ההודעה הועברה|رسالة معاد توجيهها|رسالة معاد إرسالها|الرسالة المعاد توجيهها|رسالة محولة
転送されたメッセージ|転送メッセージ|転送メール|전달된 메시지|전달된 메일|转发的邮件|转发邮件|轉寄郵件|轉寄的郵件|转发信息|转发邮件信息|以下是转发|已转发邮件|已轉寄的郵件
`)

// replyAboveWords tell the recipients of a help desk's messages where to write.
var replyAboveWords = plaintext.Phrases(`
reply above this line|type your reply above|write above this line|reply above the line|please reply above|type above this line|do not write below this line|reply above
bitte oberhalb dieser zeile antworten|antworten sie oberhalb|bitte antworten sie über dieser zeile|bitte oberhalb dieser linie
répondre au-dessus de cette ligne|veuillez répondre au-dessus|écrivez au-dessus de cette ligne|saisissez votre réponse au-dessus
responda por encima de esta línea|escriba su respuesta por encima|responda acima desta linha|rispondi sopra questa riga|scrivi la tua risposta sopra
antwoord boven deze regel|typ uw antwoord boven|svara ovanför den här raden|svar over denne linje|odpowiedz powyżej tej linii|pište nad tuto čáru
この行より上に返信|この行の上に返信|请在此行上方回复|請在此行上方回覆|введите ответ над этой строкой|bu satırın üzerine yanıt
`)

// headerLabels are the field names in the header block of a quoted message.
var headerLabels = labels(map[fieldClass]string{
	fieldFrom: `from|von|absender|de|da|od|van|från|fra|lähettäjä|od pana|feladó|expeditor|expéditeur|mittente|remitente|от|от кого|від|від кого|από|kimden|gönderen|מאת|من|差出人|送信者|보낸 사람|보낸사람|发件人|寄件者|寄件人|發件人|de la|nadawca|odesílatel|odesilatel|відправник|отправитель|frá|saatja|nuo|từ|จาก|dari|del|afzender|avsändare|afsender|avsender|kilde|od koga|pošiljatelj`,
	fieldSent: `sent|date|gesendet|datum|gesendet am|envoyé|envoyé le|date d'envoi|enviado|enviado el|enviado em|enviada em|enviada|fecha|data|inviato|inviato il|verzonden|verstuurd|verzonden op|skickat|sendt|dato|lähetetty|päivämäärä|wysłano|data wysłania|wysłane|odesláno|datum odeslání|odoslané|dátum|elküldve|küldve|trimis|дата|отправлено|дата отправки|надіслано|відправлено|ημερομηνία|στάλθηκε|απεστάλη|gönderildi|tarih|gönderme tarihi|נשלח|תאריך|تاريخ الإرسال|التاريخ|تم الإرسال|أرسلت|送信日時|日時|送信日|日付|보낸 날짜|날짜|보낸날짜|发送时间|發送時間|寄件日期|日期|时间|時間|傳送時間|đã gửi|ngày|ส่ง|วันที่|tanggal|dikirim|saadetud|poslano|send|sent on|received|data invio|saadetud|sända`,
	fieldTo:   `to|an|empfänger|à|a|para|pour|destinataire|destinatario|aan|till|til|vastaanottaja|do|komu|pre|címzett|către|catre|кому|до|προς|kime|alıcı|אל|עבור|إلى|宛先|받는 사람|받는사람|收件人|收件者|đến|tới|ถึง|kepada|naar|dest|para:|za|prima|ke|adresat|vastaanottajat|kam|til:`,
	fieldCopy: `cc|bcc|kopie|kopie (cc)|copie|copie à|copia|con copia|kopia|kopi|kopio|dw|udw|ubw|kópia|másolat|másolatot kap|копия|копія|κοιν|κοιν.|bilgi|עותק|نسخة|ccへ|참조|숨은 참조|抄送|副本|密件副本|密送|tembusan|cci|cópia|bcc:|kopija|kopiya`,
	fieldSubj: `subject|betreff|betr|objet|sujet|asunto|assunto|oggetto|onderwerp|ämne|emne|aihe|temat|předmět|predmet|tárgy|subiect|тема|θέμα|konu|נושא|الموضوع|件名|제목|主题|主旨|主題|chủ đề|tiêu đề|เรื่อง|หัวเรื่อง|perihal|subjek|efni|tema|otsikko|teema|zadeva|assumpte|题目|標題|标题|oggetto:`,
	fieldMore: `reply-to|reply to|antwort an|antwortadresse|répondre à|importance|wichtigkeit|priorité|priority|importancia|importância|prioridade|attachments|anlagen|anhänge|pièces jointes|datos adjuntos|anexos|allegati|bijlagen|bifogade filer|organization|mailing-list|mailing list|ответить|宛先|返信先|message-id|sender|添付ファイル|附件|重要性|첨부 파일|mailed-by|signed-by|prioriteit|prioritet|category|resent-from`,
})

// deviceWords start the line that a phone or a mail program adds below a text.
var deviceWords = plaintext.Phrases(`
sent from my |sent from mail for |sent from outlook|sent from yahoo|sent from samsung|sent from the |sent from a |sent from iphone|sent from ipad|sent from acompli|sent from gmail|sent from aol|sent from proton|sent from windows|sent from nine|sent from bluemail|sent from mailbird|sent from spark|sent from mobile|sent from blackberry|sent from android|sent from canary|sent from front|sent from hey|sent from polymail|sent from airmail|sent from alto|sent from type|sent from edison|sent from mailspring|sent from surface|sent from thunderbird|sent from unibox|sent from xfinity|sent from tutanota|sent from missive|sent from newton|sent from superhuman|sent with |sent via |sent using |sent by |sent on the |get outlook for |get bluemail for |enviado via |download outlook for|sent while mobile|sent on the go|sent on my |sent through |yahoo mail: search, organize
von meinem |von meiner |gesendet mit |gesendet von |gesendet über |gesendet aus |diese nachricht wurde von meinem |outlook für |holen sie sich outlook|hol dir |diese e-mail wurde von meinem |versendet mit |versandt mit |mobil gesendet
envoyé de mon |envoyé depuis |envoyé à partir |envoyé de |envoyé avec |envoyé par mon |envoyé via |télécharger outlook pour|obtenez outlook pour|provenance : |envoyé d
enviado desde |enviado con |enviat des |enviado mediante |obtener outlook para|obtenga outlook para|descargar outlook
enviado do |enviado de |enviado pelo |enviado a partir |enviado por |obter o outlook para |obter outlook para |baixe o outlook
inviato da |inviato dal |inviato con |inviato tramite |inviata da |scarica outlook per |ottieni outlook per
verzonden vanaf |verstuurd vanaf |verzonden met |verstuurd vanuit |verzonden via |verstuurd met |verstuurd via |verstuurd door |outlook voor |verzonden door |download outlook voor
skickat från |skickat med |skickades från |sendt fra |sendt med |sendt via |sendt frå |hent outlook til |hämta outlook för|få outlook for |skaffa outlook för|hanki outlook |send fra 
lähetetty |lähetetty laitteesta
wysłane z |wysłano z |wysłane przez |wysłano za |pobierz outlook |wysłane za |wiadomość wysłana z
odesláno z |odesláno ze |odoslané z |odoslané zo |poslano s |poslano iz |poslano sa |stáhnout outlook |získat outlook |získejte outlook
az iphone-omról küldve|elküldve |küldve |iphone-omról|az outlook beszerzése|androidos |samsung készülékemről
trimis de pe |trimis din |trimis cu |trimis de la |descărcați outlook |obțineți outlook
отправлено с |отправлено из |отправлено через |послано с |отправлено от |отправлено моим |надіслано з |надіслано із |відправлено з |відправлено із |скачать outlook |завантажити outlook |изпратено от
στάλθηκε από |εστάλη από |απεστάλη από |αποστολή από |λήψη του outlook
iphone'umdan gönderildi|ipad'imden gönderildi|android için |ios için outlook|samsung cihazımdan |yahoo mail'den |telefonumdan 
נשלח מ|נשלח באמצעות |קבל את outlook|הורד את outlook
أرسلت من |مرسل من |أُرسلت من |تم الإرسال من |احصل على outlook
iphoneから送信|ipadから送信|私のiphoneから送信|iphone から送信|androidから送信|スマートフォンから送信|galaxyから送信|outlook for iosを入手|outlook for android を入手|outlook for ios を入手|携帯から送信
나의 iphone에서 보냄|내 iphone에서 보냄|iphone에서 보냄|iphone에서 보낸|나의 ipad에서 보냄|내 갤럭시에서|삼성 |내 galaxy에서|outlook for ios 다운로드|모바일에서 보냄
发自我的|發自我的|从我的|從我的|发送自|發送自|来自我的|來自我的|发自|傳送自|寄自我的|通过我的|获取 outlook|取得 outlook|获取outlook|从 windows 版邮件发送|從我的 iphone 傳送|来自 outlook
được gửi từ |gửi từ |đã gửi từ |dikirim dari |terkirim dari |ส่งจาก |trimis de pe
`)

// footerWords start what a mailing list or a company adds to every message.
var footerWords = plaintext.Phrases(`
you received this message because you are subscribed|you are receiving this because you are subscribed|to unsubscribe from this group|to unsubscribe from this list|you received this email because you are subscribed|you are receiving this because|this sf.net email is sponsored|reply to this email directly or view it on github|reply to this email directly, view it on github|this email has been scanned by|this message has been scanned for viruses|virus-free. www.avast.com|this email was sent from a notification-only
confidentiality notice|confidentiality note|disclaimer:|legal disclaimer|this email and any files transmitted with it are confidential|this e-mail and any files transmitted with it|this email and any attachments|this e-mail and any attachments|this message and any attachments|this message contains confidential|this email contains confidential|this e-mail contains confidential|this email may contain confidential|this e-mail may contain|this message may contain confidential|the information contained in this e|the information in this e|the information transmitted is intended|this transmission may contain|this communication is intended|this e-mail is intended only|this email is intended only|this message is intended only|please consider the environment|think before you print|notice: this email|important notice: this
diese e-mail enthält vertrauliche|diese nachricht enthält vertrauliche|diese e-mail kann vertrauliche|diese e-mail ist vertraulich|der inhalt dieser e-mail ist vertraulich|bitte denken sie an die umwelt|vertraulichkeitshinweis|bitte prüfen sie der umwelt zuliebe
ce message et toutes les pièces jointes|ce message et ses pièces jointes|ce courriel et ses pièces jointes|avis de confidentialité|ce message est confidentiel|pensez à l'environnement|pensez à l’environnement
este mensaje y sus archivos adjuntos|este correo electrónico y sus|este mensaje contiene información confidencial|aviso legal:|aviso de confidencialidad|antes de imprimir|este e-mail e seus anexos|esta mensagem e seus anexos|esta mensagem pode conter|aviso de confidencialidade
questo messaggio e i suoi allegati|questo messaggio è riservato|le informazioni contenute in questo messaggio|le informazioni contenute nella presente|avvertenza:|avviso di riservatezza
dit bericht is vertrouwelijk|dit bericht is uitsluitend bestemd|de informatie in dit e-mailbericht|de informatie verzonden|detta meddelande är konfidentiellt|denne e-mail er fortrolig|denne e-posten er konfidensiell|tämä viesti on luottamuksellinen
treść tej wiadomości|niniejsza wiadomość|tato zpráva je důvěrná|ez az üzenet bizalmas|acest mesaj este confidențial|это сообщение является конфиденциальным|это письмо и вложения|це повідомлення є конфіденційним
`)

// fieldClass is the meaning of a label in a header block.
type fieldClass uint8

const (
	fieldNone fieldClass = iota
	fieldFrom
	fieldSent
	fieldTo
	fieldCopy
	fieldSubj
	fieldMore
)

func labels(tables map[fieldClass]string) map[string]fieldClass {
	out := map[string]fieldClass{}
	for class, table := range tables {
		for _, w := range plaintext.Phrases(table) {
			if old, known := out[w]; !known || class < old {
				out[strings.TrimSpace(w)] = class
			}
		}
	}
	return out
}
