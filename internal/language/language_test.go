package language

import (
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Hello, we have a problem with the export of our invoices since yesterday. Could you please have a look at it?":         "en",
		"Guten Tag, seit gestern funktioniert der Export unserer Rechnungen nicht mehr. Könnten Sie sich das bitte ansehen?":    "de",
		"Bonjour, depuis hier nous avons un problème avec l'exportation de nos factures. Pourriez-vous y jeter un coup d'œil ?": "fr",
		"Hola, desde ayer tenemos un problema con la exportación de nuestras facturas. ¿Podrían echarle un vistazo, por favor?": "es",
		"Здравствуйте, со вчерашнего дня у нас не работает экспорт счетов. Не могли бы вы посмотреть, в чём дело? Мы очень ждём вашего ответа, потому что бухгалтерия не может закрыть месяц без этих документов.": "ru",
		"こんにちは。昨日から請求書のエクスポートができません。確認していただけますか。":                                                                                "ja",
		"您好，从昨天开始我们无法导出发票，请帮忙看一下。":                                                                                               "zh",
		"Dzień dobry, od wczoraj nie działa eksport naszych faktur. Czy mogliby Państwo to sprawdzić? Z góry dziękuję za pomoc.": "pl",
		"":                          "",
		"OK":                        "",
		"Thanks!":                   "",
		"12345 67890 12345 67890 1": "",
		"https://x.example":         "",
	} {
		if got := Detect(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	// Only the beginning counts, and it may end within a character.
	long := "x" + strings.Repeat("Könnten Sie sich das bitte einmal ansehen, es funktioniert schon wieder überhaupt nicht. ", 40)
	for i := range 4 {
		if got := Detect(long[i:] + strings.Repeat("日本語", 10000)); got != "de" {
			t.Errorf("a long text from %d on: %q", i, got)
		}
	}
}

func BenchmarkShort(b *testing.B) {
	text := "Guten Tag, seit gestern funktioniert der Export unserer Rechnungen nicht mehr. Danke, Jo"
	for b.Loop() {
		Detect(text)
	}
}

func BenchmarkDetect(b *testing.B) {
	text := strings.Repeat("Guten Tag, seit gestern funktioniert der Export unserer Rechnungen nicht mehr. Could you have a look? ", 40)
	for b.Loop() {
		Detect(text)
	}
}
