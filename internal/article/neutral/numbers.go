package neutral

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// date is a day, also with a time, which says nothing about a customer.
	date = regexp.MustCompile(`^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{2}|\d{4}))$`)
	// dial is what may be a telephone number.
	dial = regexp.MustCompile(`[+＋(（]?\p{Nd}[\p{Nd} \x{a0}\x{3000}().（）/\-‐‑–−－]{4,30}\p{Nd}`)
	// american is a number as it is written in North America.
	american = regexp.MustCompile(`^\p{Nd}{3}[-. ]\p{Nd}{3}[-. ]\p{Nd}{4}$`)
	// grouped is the number of a card or an account, in groups.
	grouped = regexp.MustCompile(`^\p{Nd}{4}(?:[ -]\p{Nd}{4}){2,4}(?:[ -]\p{Nd}{1,3})?$`)
	address = regexp.MustCompile(`^\d{1,3}(?:\.\d{1,3}){3}$`) // of IPv4
	iban    = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`)
	// token is a word that may be a number of something, with a mark before it.
	token = regexp.MustCompile(`#?[A-Za-z\p{Nd}]+(?:[-_/‐][A-Za-z\p{Nd}]+)*`)
	// counted is a word after which a short number is one of a customer.
	counted = regexp.MustCompile(`(?i)(?:\b(?:order|orders|invoice|ticket|case|reference|ref|customer|account|contract|policy|serial|tracking|shipment|parcel|booking|reservation|receipt|` +
		`bestellung|bestellnummer|auftrag|auftragsnummer|rechnung|rechnungsnummer|kundennummer|kunde|vertrag|vertragsnummer|vorgang|sendung|buchung|aktenzeichen|` +
		`commande|facture|dossier|client|contrat|colis|référence|réservation|pedido|factura|cliente|contrato|referencia|ordine|fattura|encomenda|fatura|bestelling|factuur|klantnummer)\b|` +
		`注文|請求|顧客|お客様|契約|受付|予約|伝票|管理)(?:番号|書)?[ \t]*(?:(?:number|no|nr|num|nº|n°|id|code)\b\.?|n°|nº|№|:|：|-|#)?[ \t]*(?::|：)?[ \t]*$`)
	// known are words before which a number is not one of a customer.
	known = regexp.MustCompile(`(?i)(?:\b(?:error|errors|code|status|fehler|fehlercode|erreur|port|rfc|kb|http|version|iso|build|sha|utf)|エラー|コード)[ \t]*(?:code|no\.?|nr\.?)?[ \t:：]*$`)
	// standard are names of standards.
	standard = regexp.MustCompile(`(?i)^(?:iso|rfc|sha|utf|tls|ssl|cve|kb|http|din|en|md|usb|win|windows|ios|cp|ieee|w3c|mp|h)[-_]?\d`)
	folder   = regexp.MustCompile(`^[a-z_-]+/`)
	size     = regexp.MustCompile(`^\d+[xX]\d+$`)
)

// phones finds telephone numbers and numbers of cards.
func phones(text string) (found []span) {
	for _, at := range dial.FindAllStringIndex(text, -1) {
		s := strings.TrimRightFunc(text[at[0]:at[1]], func(r rune) bool { return !unicode.IsDigit(r) })
		if before, _ := utf8.DecodeLastRuneInString(text[:at[0]]); latinOrDigit(before) || before == '#' || before == '.' {
			continue
		}
		if after, _ := utf8.DecodeRuneInString(text[at[0]+len(s):]); latinOrDigit(after) {
			continue
		}
		digits := 0
		for _, r := range s {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		switch {
		case digits < 7 || date.MatchString(s) || address.MatchString(s):
		case grouped.MatchString(s):
			found = append(found, span{at[0], at[0] + len(s), Number})
		case digits <= 15 && (strings.ContainsAny(s[:1], "+(0") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "（") || strings.HasPrefix(s, "０")), american.MatchString(s):
			found = append(found, span{at[0], at[0] + len(s), Phone})
		}
	}
	return found
}

func latinOrDigit(r rune) bool {
	return unicode.IsDigit(r) || unicode.Is(unicode.Latin, r)
}

// numbers finds what looks like the number of an order, an invoice, a customer or an account.
func numbers(text string) (found []span) {
	for _, at := range iban.FindAllStringIndex(text, -1) {
		found = append(found, span{at[0], at[1], Number})
	}
	for _, at := range token.FindAllStringIndex(text, -1) {
		from := at[0]
		for from < at[1] && folder.MatchString(text[from:at[1]]) { // a path: orders/12345
			from += strings.IndexByte(text[from:], '/') + 1
		}
		if personalNumber(text[from:at[1]], text[:from], text[at[1]:]) {
			found = append(found, span{from, at[1], Number})
		}
	}
	return found
}

// personalNumber reports whether a word is such a number.
func personalNumber(word, before, after string) bool {
	before = before[max(0, len(before)-60):]
	bare := strings.TrimPrefix(word, "#")
	digits, letters := 0, 0
	for _, r := range bare {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	switch {
	case digits == 0 || date.MatchString(bare) || size.MatchString(bare) || standard.MatchString(bare) || unicode.Is(unicode.Latin, last):
		return false
	case bare != word:
		return digits >= 2 && letters <= digits // #1042, not #section2
	case counted.MatchString(before):
		return digits >= 3
	case known.MatchString(before), fraction(before, after):
		return false
	case letters == 0:
		return digits >= 5 && !strings.HasSuffix(bare, "000") && !years(bare)
	}
	return digits >= 4 && digits+letters >= 6 && letters <= 3*digits
}

// years reports whether a word is one of several years: 2025/2026.
func years(word string) bool {
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return r == '-' || r == '/' }) {
		if len(part) != 4 && len(part) != 2 || part[0] != '1' && part[0] != '2' {
			return false
		}
	}
	return true
}

// fraction reports whether digits are a part of a decimal or of a version: 1.23456.
func fraction(before, after string) bool {
	point := func(s string) bool { return s == "." || s == "," }
	n, m := len(before), len(after)
	return n >= 2 && point(before[n-1:]) && before[n-2] >= '0' && before[n-2] <= '9' || m >= 2 && point(after[:1]) && after[1] >= '0' && after[1] <= '9'
}
