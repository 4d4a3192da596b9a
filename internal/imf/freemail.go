package imf

import "strings"

// Freemail reports whether a domain offers mailboxes to the public, so that two of
// its users need not have anything in common. Case does not matter.
func Freemail(domain string) bool {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if freemailDomains[domain] {
		return true
	}
	// The big providers own one name under many country domains.
	label, rest, ok := strings.Cut(domain, ".")
	return ok && freemailBrands[label] && len(rest) <= 6 && countryForm(rest)
}

// freemailBrands are second-level names whose owner is a public provider under
// every country domain.
var freemailBrands = wordSet("yahoo", "hotmail", "outlook", "live", "ymail", "gmx", "yandex", "windowslive")

// countryForm accepts "de", "com", "co.uk", "com.br".
func countryForm(s string) bool {
	second, top, two := strings.Cut(s, ".")
	if !two {
		return len(s) == 2 || s == "com" || s == "net"
	}
	return (second == "co" || second == "com" || second == "net") && len(top) == 2
}

var freemailDomains = wordSet(strings.Fields(`
gmail.com googlemail.com yahoo.com ymail.com rocketmail.com myyahoo.com aol.com aim.com love.com games.com wow.com verizon.net
hotmail.com outlook.com live.com msn.com passport.com windowslive.com hotmail.co.uk live.co.uk
icloud.com me.com mac.com privaterelay.appleid.com
proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tutamail.com tuta.io tuta.com keemail.me
fastmail.com fastmail.fm fastmail.net fastmail.org sent.com messagingengine.com hushmail.com hush.com hushmail.me lavabit.com runbox.com
zoho.com zohomail.com zohomail.eu zohomail.in mail.com email.com usa.com post.com europe.com asia.com iname.com engineer.com consultant.com dr.com
techie.com writeme.com myself.com accountant.com cheerful.com execs.com inbox.com lycos.com excite.com juno.com netzero.net netzero.com
rediffmail.com rediff.com indiatimes.com sify.com in.com
mailfence.com disroot.org riseup.net autistici.org inventati.org posteo.de posteo.net posteo.eu posteo.org mailbox.org mail.de kolabnow.com startmail.com
countermail.com ctemplar.com cock.li airmail.cc hey.com duck.com mozmail.com simplelogin.com anonaddy.com anonaddy.me addy.io relay.firefox.com
gmx.de gmx.net gmx.at gmx.ch gmx.com gmx.eu gmx.fr gmx.us gmx.org gmx.info gmx.co.uk web.de email.de freenet.de t-online.de arcor.de online.de 1und1.de
freemail.de unitybox.de vodafone.de o2mail.de o2online.de alice.de alice-dsl.net kabelmail.de magenta.de compuserve.de netcologne.de ewetel.net ewe.net
lycos.de firemail.de onlinehome.de mnet-mail.de mnet-online.de osnanet.de versanet.de smart-mail.de mail2web.com directbox.com
aon.at chello.at a1.net utanet.at inode.at kabsi.at bluewin.ch hispeed.ch sunrise.ch swissonline.ch vtxmail.ch
orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr club-internet.fr aliceadsl.fr voila.fr cegetel.net noos.fr
libertysurf.fr tele2.fr gmx.fr caramail.com hotmail.fr outlook.fr live.fr yahoo.fr netcourrier.com mailo.com
libero.it virgilio.it tiscali.it alice.it tim.it tin.it fastwebnet.it inwind.it iol.it email.it poste.it aruba.it teletu.it vodafone.it hotmail.it
tiscalinet.it supereva.it katamail.com blu.it
telefonica.net terra.es ya.com ono.com orange.es movistar.es jazzfree.com wanadoo.es euskaltel.net hotmail.es
sapo.pt mail.telepac.pt netcabo.pt clix.pt iol.pt portugalmail.pt
telenet.be skynet.be proximus.be belgacom.net scarlet.be voo.be versatel.be
ziggo.nl kpnmail.nl kpnplanet.nl planet.nl hetnet.nl home.nl casema.nl chello.nl upcmail.nl xs4all.nl quicknet.nl zeelandnet.nl tele2.nl wxs.nl
solcon.nl caiway.nl onsbrabantnet.nl online.nl zonnet.nl kpn.nl
btinternet.com btopenworld.com talktalk.net tiscali.co.uk virginmedia.com virgin.net ntlworld.com blueyonder.co.uk sky.com plusnet.com plus.net
talk21.com o2.co.uk orange.net ukgateway.net madasafish.com freeserve.co.uk fsnet.co.uk lineone.net eircom.net indigo.ie iol.ie
telia.com bredband.net comhem.se tele2.se spray.se home.se passagen.se swipnet.se glocalnet.net bahnhof.se
online.no broadpark.no getmail.no frisurf.no c2i.net lyse.net altibox.no start.no
mail.dk jubii.dk ofir.dk tdcadsl.dk stofanet.dk post.tele.dk youmail.dk webspeed.dk
luukku.com suomi24.fi kolumbus.fi elisanet.fi saunalahti.fi pp.inet.fi welho.com dnainternet.net netti.fi
wp.pl o2.pl onet.pl onet.eu op.pl poczta.onet.pl interia.pl interia.eu poczta.fm gazeta.pl tlen.pl vp.pl autograf.pl buziaczek.pl amorki.pl go2.pl
spoko.pl neostrada.pl int.pl
seznam.cz email.cz post.cz centrum.cz atlas.cz volny.cz tiscali.cz quick.cz centrum.sk azet.sk zoznam.sk post.sk pobox.sk stonline.sk
freemail.hu citromail.hu indamail.hu t-online.hu vipmail.hu mailbox.hu upcmail.hu
abv.bg mail.bg dir.bg gbg.bg yahoo.ro personal.ro k.ro home.ro
mail.ru bk.ru inbox.ru list.ru internet.ru yandex.ru ya.ru yandex.com yandex.ua yandex.by yandex.kz rambler.ru lenta.ru autorambler.ru myrambler.ru
ro.ru pochta.ru hotbox.ru nm.ru narod.ru qip.ru mail.ua ukr.net i.ua meta.ua bigmir.net online.ua email.ua tut.by
inbox.lv inbox.lt inbox.eu one.lt mail.ee hot.ee online.ee apollo.lv
otenet.gr in.gr forthnet.gr pathfinder.gr hol.gr freemail.gr mail.gr cytanet.com.cy
mynet.com superonline.com ttmail.com hotmail.com.tr e-kolay.net turk.net
walla.co.il walla.com netvision.net.il bezeqint.net 012.net.il zahav.net.il inter.net.il nana10.co.il
maktoob.com emirates.net.ae eim.ae
qq.com foxmail.com vip.qq.com 163.com 126.com yeah.net vip.163.com 188.com 139.com 189.cn wo.cn sina.com sina.cn vip.sina.com sohu.com tom.com
21cn.com aliyun.com 263.net eyou.com china.com netease.com hinet.net msa.hinet.net seed.net.tw pchome.com.tw netvigator.com hkbn.net
yahoo.co.jp ymail.ne.jp docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp so-net.ne.jp ocn.ne.jp excite.co.jp goo.jp
infoseek.jp au.com plala.or.jp dion.ne.jp auone.jp
naver.com hanmail.net daum.net nate.com kakao.com korea.com hanmir.com paran.com empal.com chol.com dreamwiz.com lycos.co.kr
bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au internode.on.net westnet.com.au ozemail.com.au dodo.com.au aapt.net.au
xtra.co.nz slingshot.co.nz orcon.net.nz clear.net.nz paradise.net.nz vodafone.co.nz
comcast.net xfinity.com att.net sbcglobal.net bellsouth.net ameritech.net pacbell.net swbell.net flash.net snet.net nvbell.net prodigy.net
cox.net charter.net spectrum.net rr.com twc.com roadrunner.com earthlink.net mindspring.com optonline.net optimum.net frontier.com frontiernet.net
centurylink.net centurytel.net embarqmail.com q.com windstream.net suddenlink.net mchsi.com cableone.net wowway.com netscape.net netscape.com
compuserve.com cs.com peoplepc.com tds.net hughes.net worldnet.att.net
sympatico.ca bell.net rogers.com shaw.ca telus.net videotron.ca cogeco.ca eastlink.ca sasktel.net mts.net nb.sympatico.ca
uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com oi.com.br r7.com zipmail.com.br superig.com.br yahoo.com.br hotmail.com.br
prodigy.net.mx terra.com.mx fibertel.com.ar arnet.com.ar speedy.com.ar ciudad.com.ar vtr.net adinet.com.uy cantv.net une.net.co
webmail.co.za mweb.co.za telkomsa.net vodamail.co.za iafrica.com absamail.co.za
mailinator.com guerrillamail.com 10minutemail.com tempmail.com yopmail.com trashmail.com trashmail.de sharklasers.com maildrop.cc dispostable.com
getnada.com temp-mail.org mohmal.com spamgourmet.com
`)...)
