package replytext

import "switchboard/normalize/plaintext"

// footerHints occur in what a mailing list or a company appends below a rule.
var footerHints = plaintext.Phrases(`
unsubscribe|mailing list|mailinglist|list-info|listinfo|confidential|intended recipient|intended solely|privileged|scanned for viruses|virus-free|to view this discussion|this email was sent|this message was sent
do you yahoo|get your free|free email|join the world|sponsored by|powered by|yahoo! groups|terms of service
vertraulich|abmelden|abbestellen|geheimhaltung|mailingliste|confidentiel|confidentialité|désabonner|désinscrire|confidencial|darse de baja|cancelar la suscripción|cancelar a inscrição|riservat|disiscriver|cancellarsi
vertrouwelijk|afmelden|uitschrijven|avregistrera|afmeld|avmeld|konfidentiel|luottamuksell|poufn|wypisać|důvěrn|odhlásit|bizalmas|leiratkoz|confidențial|dezabon
конфиденциальн|отписаться|конфіденційн|відписатися|εμπιστευτικ|διαγραφή από|gizli|abonelikten|סודי|سري|機密|配信停止|退订|退訂|保密|기밀|수신거부
`)

// contactWords start a line with a way to reach the author.
var contactWords = plaintext.Phrases(`
tel|phone|ph:|ph.|fax|mob|cell|mail|e-mail|email|direct|office|desk|web|skype|whatsapp|hotline|main|work|home|t:|t.|t |m:|m.|m |f:|f.|f |p:|p.|p |d:|o:
fon|handy|durchwahl|zentrale|tél|téléphone|portable|mobile|télécopie|teléfono|móvil|telf|celular|telefone|fone|cel|telefono|fisso|gsm|puh|tlf|kom|tfn|телефон|тел|моб|факс|τηλ|κιν|טל|נייד|هاتف|جوال|電話|携帯|电话|手机|手機|传真|전화|휴대
`)

// postscriptWords start what an author adds below the signature.
var postscriptWords = plaintext.Phrases(`
p.s. |p.s.: |ps: |ps. |p.s: |ps - |p. s. |nb: |n.b. |p.-s. |p.d. |pd: |ps.: |p.s.: |з.ы. |зы: |п.с. |υ.γ. |追伸|附言|추신
`)

// clauseWords occur in sentences, but not in the lines that devices add.
var clauseWords = plaintext.Phrases(`
which|because|since|but|when|while|is|was|were|has|have|are|did|does|it|they|we|you|your|not|can|cannot|could|would|will|where|that|than|arrived|yesterday|today
weil|denn|aber|wenn|ist|war|sind|hat|habe|haben|kann|geht|ging|nicht|kein|keine|sie|ich|wir|es|dass|kommt|kam|gestern|heute
parce|car|mais|quand|est|était|sont|ai|avons|peux|pas|que|qui|je|nous|vous|elle|hier
porque|pero|cuando|es|fue|está|he|hemos|puedo|que|yo|nosotros|usted|ayer|mas|quando|é|foi|são|não|eu|você|ontem
perché|è|era|sono|ho|abbiamo|posso|non|che|io|noi|lei|ieri
omdat|want|maar|wanneer|ik|wij|niet|kan|heb|hebben|gisteren|zijn
eftersom|men|när|är|var|inte|jag|vi|som|går|fordi|når|er|ikke|jeg|igår
koska|mutta|ei|olen|joka|minä|eilen
ponieważ|bo|ale|kiedy|jest|był|była|nie|mogę|który|która|które|wczoraj
protože|když|není|byl|byla|nelze|nemohu|který|která|které|včera
mert|hogy|nem|amikor|tegnap|volt
deoarece|dar|când|este|nu|care|ieri
потому|но|когда|был|была|было|не|могу|который|которая|которое|что|это|я|мы|вы|вчера|тому|але|коли|був|була|було|можу|який|яка|яке|що|це|ми|ви|вчора
δεν|είναι|ήταν|αλλά|γιατί|που|όταν|χθες
değil|ama|çünkü|dün|olan|geldi|çalışmıyor
לא|אבל|כי|זה|אני|היה|אתמול
لا|لم|لكن|لأن|الذي|التي|أنا|كان|أمس
ません|ですが|でした|ので|ない|不|没|沒|因为|因為|但|昨天|않|못|지만|ไม่|แต่|เพราะ|không|vì|nhưng|tidak|karena|tapi|yang
`)

// tailWords follow the device in such a line.
var tailWords = plaintext.Phrases(`
device|devices|network|handset|phone|app|mail|email|e-mail|mobile|smartphone|tablet|on|the|a|an|my|from|by|with|via|using|for|in|and|powered|wireless|sent|client|secure|web|browser|typos|brevity|fingers|thumbs|please
gesendet|versendet|verschickt|geschickt|versandt|gesandt|mit|der|dem|auf|aus|von|über|und
envoyé|envoyée|expédié|avec|sur|de|du|la|le|mon|depuis|un|une|appareil|réseau
enviado|enviada|con|desde|mi|el|dispositivo|meu|do|da|no|com|para|o|inviato|inviata|dal|dall|mio|il|rete|per|su|tramite
verzonden|verstuurd|vanaf|met|mijn|van|toestel|een|op|voor|skickat|från|min|mit|med|sendt|fra|til|till|enhet|enhed
lähetetty|laitteesta|wysłane|wysłano|wysłana|z|mojego|telefonu|urządzenia|na|odesláno|odoslané|ze|zo|mého|zařízení|küldve|küldték|készülékemről|trimis|trimisă|pe|meu
с|со|моего|устройства|отправлено|отправлена|смартфона|телефона|для|на|з|із|мого|пристрою|надіслано|από|το|τη|μου|συσκευή
gönderildi|gönderilmiştir|cihazımdan|akıllı|telefonumdan|için
`)

// excuseWords start an excuse for mistakes behind a device.
var excuseWords = plaintext.Phrases(`
excuse|please excuse|so please excuse|pardon|please pardon|forgive|please forgive|sorry for|apologies|apologize|typos|brevity
bitte entschuld|entschuld|verzei|bitte verzei|désolé|veuillez excuser|merci d'excuser|excusez|perdón|disculp|por favor, disculp|desculp|por favor, desculp|scusa|mi scuso|excuus|excuses|ursäkta|undskyld|beklager|anteeksi|przepraszam|omluv|elnézést|scuze|извин|прошу прощ|вибач
`)
