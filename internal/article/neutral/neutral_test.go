package neutral

import (
	"strings"
	"testing"

	"switchboard/internal/addressmask"
)

var people = People{
	Names:     []string{"Jo Doe", "Anne-Marie O’Neil", "Ana Ruiz", "Jörg Müller", "田中 太郎", "佐藤", "Élodie Lefèvre", "김민수", "root@acme.example", "Support Team"},
	Full:      []string{"Will Smith", "Mark"},
	Companies: []string{"Acme GmbH", "acme.example", "Blue Ocean Ltd", "株式会社山田電機"},
}

func TestText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"English": {"Hi Jo,\n\nopen *Settings* and choose **Reset**. Jo's order 4711-2231 is on its way to jo.doe@acme.example.\n\nBest regards,\nAna Ruiz\nSupport",
			"Open *Settings* and choose **Reset**. [name]'s order [number] is on its way to [address]."},
		"German":   {"Sehr geehrte Frau Dr. Müller,\n\nöffnen Sie Annas Konto; Müllers Rechnung Nr. 2231 liegt bei. Rufen Sie +49 30 1234567 an.\n\nMit freundlichen Grüßen\nAna", "Öffnen Sie Annas Konto; [name] Rechnung Nr. [number] liegt bei. Rufen Sie [phone] an."},
		"French":   {"Bonjour Élodie,\n\nle compte d’Élodie Lefèvre chez Acme est ouvert. La commande n° 88123 part demain.\n\nCordialement,\nAna", "Le compte d’[name] chez [company] est ouvert. La commande n° [number] part demain."},
		"Japanese": {"田中様\n\nお世話になっております。\n\n田中太郎さんのご注文番号12345は、佐藤が確認しました。小山田さんと佐藤田は別です。\n\nよろしくお願いいたします。\n佐藤", "[name]さんのご注文番号[number]は、[name]が確認しました。小山田さんと佐藤田は別です。"},
		"Korean":   {"김민수님, 안녕하세요.\n설정을 여세요. 김민수님의 계정입니다.", "설정을 여세요. [name]님의 계정입니다."},

		"inside words":        {"Anabolic, Joan, Doeskin, Jon and O'Neill stay; so does an ana.", "Anabolic, Joan, Doeskin, Jon and O'Neill stay; so does an ana."},
		"possessive":          {"It is Jo's, Jo’s, JO'S and Doe's; Ruiz' too.", "It is [name]'s, [name]’s, [name]'S and [name]'s; [name]' too."},
		"several words":       {"Write to anne-marie o'neil or O'Neil, or Doe, Jo.", "Write to [name] or [name], or [name], [name]."},
		"decomposed":          {"Ask Jo\u0308rg Mu\u0308ller.", "Ask [name]."},
		"only as a whole":     {"Will you ask Will Smith? Mark it. A support team helps.", "Will you ask [name]? Mark it. A support team helps."},
		"companies":           {"Acme's plan, ACME GMBH, blue ocean, Ocean blue, 山田電機の, and https://acme.example/help.", "[company]'s plan, [company], [company], Ocean blue, [company]の, and [link]."},
		"addresses":           {"Mail <jo@acme.example>, [Jo](mailto:jo@acme.example), \"a b\"@x.example or jo%40acme.example.", "Mail <[address]>, [[name]](mailto:[address]), [address] or [address]."},
		"phones":              {"Call +1 (555) 123-4567, 555-123-4567, 030/1234567 or ０３－１２３４－５６７８.", "Call [phone], [phone], [phone] or [phone]."},
		"numbers":             {"#1042, INV-2026-0042, AB123456, 1234567, IBAN DE89 3704 0044 0532 0130 00, 4111 1111 1111 1111, 0f8fad5b-d9cb-469f-a165-70867728950e", "[number], [number], [number], [number], IBAN [number], [number], [number]"},
		"short numbers":       {"Your order 4711, invoice no. 223, Bestellung Nr. 4712, commande n° 99, order number: 301.", "Your order [number], invoice no. [number], Bestellung Nr. [number], commande n° 99, order number: [number]."},
		"numbers that stay":   {"At 10:30 on 2026-11-30 or 30.11.2026, error 50012, port 55432, RFC 5322, ISO-8859-1, version 12.34567, 10000 of 25,000, 192.168.100.200, 1920x1080, SHA256, step 3, 2025/2026, $12345.67.", "At 10:30 on 2026-11-30 or 30.11.2026, error 50012, port 55432, RFC 5322, ISO-8859-1, version 12.34567, 10000 of 25,000, 192.168.100.200, 1920x1080, SHA256, step 3, 2025/2026, $12345.67."},
		"links":               {"See https://help.example/docs/reset-your-password?lang=en#step-2, https://shop.example/track?id=7, (https://x.example/reset/Zk3vQ9aX81mT2pLs77) and https://a:b@x.example/.", "See https://help.example/docs/reset-your-password?lang=en#step-2, [link], ([link]) and [link]."},
		"linked text":         {"[your order](https://shop.example/orders/1234567?token=abc) and [help](https://help.example/).", "[your order]([link]) and [help](https://help.example/)."},
		"no definition":       {"Jo: open it\nDoe(2)", `\[name]: open it` + "\n" + `\[name](2)`},
		"greeting in a line":  {"Hello Jo, please restart it.", "Please restart it."},
		"two greetings":       {"Dear Jo,\n\nGood morning!\n\nRestart it.", "Restart it."},
		"no greeting":         {"Hello World is a program, which prints.\nHigh load, dear reader, is slow.", "Hello World is a program, which prints.\nHigh load, dear reader, is slow."},
		"only a name":         {"Jo,\n\nrestart it.\n\n– Ana", "Restart it."},
		"goodbye in a line":   {"Restart it.\n\nThanks, Ana", "Restart it."},
		"with a signature":    {"Restart it.\n\n-- \nAna Ruiz\nAcme | +49 30 1234567", "Restart it."},
		"no goodbye":          {"1. Open the page.\n2. Best of all: choose *Thanks*\n3. Thank You Page\n4. Thanks to the cache, it is fast.", "1. Open the page.\n2. Best of all: choose *Thanks*\n3. Thank You Page\n4. Thanks to the cache, it is fast."},
		"nothing else":        {"Hi Jo,", "Hi [name],"},
		"German grammar":      {"Hallo Jörg,\n\ndas ist Jörgs Lampe.\n\nViele Grüße, Ana", "Das ist [name] Lampe."},
		"Spanish":             {"Hola Jo:\n\nabra la página.\n\nUn saludo,\nAna", "Abra la página."},
		"a list stays a list": {"Hi Jo\n\n- One\n- Two\n", "- One\n- Two"},
		"code":                {"Hi Jo,\n\n```\nGET /orders/1234567\n```", "```\nGET /orders/[number]\n```"},
	} {
		got, removed := Text(c.text, people)
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s\nremoved %+v", name, got, c.want, removed)
		}
		if again, _ := Text(got, people); again != got && name != "nothing else" {
			t.Errorf("%s: again\n%s", name, again)
		}
	}
}

func TestRemoved(t *testing.T) {
	t.Parallel()
	_, removed := Text("Hi Jo,\n\nDoe has order #42; Doe knows.\n\nBye\n\nCheers\nAna", people)
	want := []Removed{{Greeting, "Hi Jo,", ""}, {Name, "Doe", "[name]"}, {Number, "#42", "[number]"}, {Signature, "Cheers\nAna", ""}}
	if len(removed) != len(want) {
		t.Fatalf("%+v", removed)
	}
	for i := range want {
		if removed[i] != want[i] {
			t.Errorf("%+v, want %+v", removed[i], want[i])
		}
	}
	if text, removed := Text("Restart it.", People{}); text != "Restart it." || removed == nil || len(removed) != 0 {
		t.Errorf("%q %#v", text, removed)
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	if got := Line("Jo's \n order #1042 of Acme", people); got != "[name]'s order [number] of [company]" {
		t.Error(got)
	}
}

// FuzzText: no address of the input survives, wherever it stands and whatever is removed around it.
func FuzzText(f *testing.F) {
	f.Add("Hi Jo, write to ", " please.\n\nBest\nAna", "Jo Doe")
	f.Add("https://x.example/?q=1#", "&b", "secret")
	f.Add("1@", "@+49 30 1234567", "person@")
	f.Add("\"", "\"@a.example", "a@b")
	f.Fuzz(func(t *testing.T, before, after, name string) {
		text, removed := Text(before+" secret.person@acme.example "+after, People{Names: []string{name}, Companies: []string{name}})
		if strings.Contains(text, "secret.person@") || len(addressmask.Find(text)) > 0 {
			t.Errorf("%q, removed %+v", text, removed)
		}
	})
}
