package imf

import "testing"

func TestFreemail(t *testing.T) {
	for domain, want := range map[string]bool{
		"gmail.com": true, "GMAIL.com": true, "yahoo.co.uk": true, "yahoo.com.br": true, "hotmail.de": true, "gmx.net": true, "web.de": true, "qq.com": true,
		"example.com": false, "live.example.com": false, "outlook.example": false, "yahoo-inc.com": false, "": false,
	} {
		if Freemail(domain) != want {
			t.Errorf("Freemail(%q) = %v", domain, !want)
		}
	}
	if n := len(freemailDomains); n < 200 {
		t.Errorf("got only %d domains", n)
	}
}
