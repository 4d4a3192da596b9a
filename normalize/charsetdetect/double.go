package charsetdetect

import (
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// doubleByteModel is an East Asian charset. Their tables keep common characters in
// rows of their own, so the first octet of a pair tells how common the character is.
type doubleByteModel struct {
	charset string
	// pair scores a two-octet character; scoreBrokenPairs means that it is not one.
	pair func(lead, trail byte) float64
	// single scores a one-octet character beyond ASCII, with the same exception.
	single func(c byte) float64
	// frequent are the characters that a text of a few words has: the rows alone do not
	// tell short Chinese and Korean texts apart.
	frequent func() map[[2]byte]bool
}

var doubleByteModels = []doubleByteModel{
	{"shift_jis", shiftJIS, halfWidthKatakana, noneFrequent},
	{"euc-jp", eucJP, notAlone, noneFrequent},
	{"euc-kr", eucKR, notAlone, sync.OnceValue(func() map[[2]byte]bool { return pairs(korean.EUCKR, frequentKorean) })},
	{"gb18030", gb2312, notAlone, sync.OnceValue(func() map[[2]byte]bool { return pairs(simplifiedchinese.GBK, frequentSimplified) })},
	{"big5", big5, notAlone, sync.OnceValue(func() map[[2]byte]bool { return pairs(traditionalchinese.Big5, frequentTraditional) })},
}

const (
	frequentKorean      = "이다는을가의에고하지한로은도사기를리서니나어해요자시안녕합감습까주문세부있아그인스정제대전수아라일드"
	frequentSimplified  = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里您好请谢问题订单没还什么货"
	frequentTraditional = "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡您好請謝問題訂單沒還什麼貨"
)

func noneFrequent() map[[2]byte]bool { return nil }

// pairs returns the octets of characters in a charset.
func pairs(enc encoding.Encoding, characters string) map[[2]byte]bool {
	set := make(map[[2]byte]bool)
	for _, r := range characters {
		if b, err := enc.NewEncoder().Bytes([]byte(string(r))); err == nil && len(b) == 2 {
			set[[2]byte(b)] = true
		}
	}
	return set
}

// Scores of East Asian characters.
const (
	scoreKana        = 1.2 // almost every Japanese sentence has some
	scoreHangul      = 1.1
	scoreCommon      = 1.0
	scoreKanji       = 0.8
	scoreWide        = 0.5 // double-width punctuation, digits and letters
	scoreUncommon    = -0.5
	scoreImprobable  = -2.0
	scoreHalfWidth   = -0.3
	scoreBrokenPairs = -4.0
	bonusFrequent    = 0.3
)

// score returns the mean score of the characters beyond ASCII.
func (m doubleByteModel) score(b []byte) float64 {
	total, n := 0.0, 0
	frequent := m.frequent()
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c < utf8.RuneSelf {
			continue
		}
		n++
		if s := m.single(c); s != scoreBrokenPairs {
			total += s
			continue
		}
		if i+1 == len(b) {
			break // the sample may end in the middle of a character
		}
		s := m.pair(c, b[i+1])
		if frequent[[2]byte{c, b[i+1]}] {
			s += bonusFrequent
		}
		total += s
		if s != scoreBrokenPairs {
			i++
		}
	}
	return total / float64(max(n, 1))
}

func isDoubleByte(name string) bool {
	return slices.ContainsFunc(doubleByteModels, func(m doubleByteModel) bool { return m.charset == name })
}

// notAlone is the single of charsets that have no one-octet characters beyond ASCII.
func notAlone(byte) float64 { return scoreBrokenPairs }

func within(c, from, to byte) bool { return c >= from && c <= to }

// eucPair reports whether two octets are an EUC character: both from 0xa1 to 0xfe.
func eucPair(lead, trail byte) bool { return within(lead, 0xa1, 0xfe) && within(trail, 0xa1, 0xfe) }

func eucJP(lead, trail byte) float64 {
	switch {
	case lead == 0x8e && within(trail, 0xa1, 0xdf):
		return scoreHalfWidth
	case !eucPair(lead, trail):
		return scoreBrokenPairs
	case lead == 0xa4 || lead == 0xa5:
		return scoreKana
	case lead <= 0xa3:
		return scoreWide
	case within(lead, 0xb0, 0xcf):
		return scoreKanji
	case within(lead, 0xd0, 0xf4):
		return scoreUncommon
	}
	return scoreImprobable
}

func eucKR(lead, trail byte) float64 {
	switch {
	case eucPair(lead, trail):
		switch {
		case within(lead, 0xb0, 0xc8):
			return scoreHangul
		case lead <= 0xa3:
			return scoreWide
		case within(lead, 0xca, 0xfd):
			return scoreUncommon * 2
		}
		return scoreImprobable
	case within(lead, 0x81, 0xc6) && (within(trail, 0x41, 0x5a) || within(trail, 0x61, 0x7a) || within(trail, 0x81, 0xfe)):
		return scoreUncommon // syllables added by code page 949
	}
	return scoreBrokenPairs
}

func gb2312(lead, trail byte) float64 {
	switch {
	case eucPair(lead, trail):
		switch {
		case within(lead, 0xb0, 0xd7):
			return scoreCommon
		case lead <= 0xa3:
			return scoreWide
		case within(lead, 0xd8, 0xf7):
			return scoreUncommon
		}
		return scoreImprobable
	case within(lead, 0x81, 0xfe) && within(trail, 0x40, 0xfe) && trail != 0x7f:
		return scoreUncommon * 2 // characters added by GBK
	}
	return scoreBrokenPairs
}

func big5(lead, trail byte) float64 {
	switch {
	case !within(lead, 0xa1, 0xf9) || !within(trail, 0x40, 0x7e) && !within(trail, 0xa1, 0xfe):
		return scoreBrokenPairs
	case within(lead, 0xa4, 0xc6):
		return scoreCommon
	case lead <= 0xa3:
		return scoreWide
	case within(lead, 0xc9, 0xf9):
		return scoreUncommon
	}
	return scoreImprobable
}

func shiftJIS(lead, trail byte) float64 {
	switch {
	case !within(trail, 0x40, 0xfc) || trail == 0x7f || !within(lead, 0x81, 0x9f) && !within(lead, 0xe0, 0xfc):
		return scoreBrokenPairs
	case lead == 0x82 && trail >= 0x9f, lead == 0x83 && trail <= 0x96:
		return scoreKana
	case lead == 0x81 || lead == 0x82:
		return scoreWide
	case within(lead, 0x88, 0x97):
		return scoreKanji
	case within(lead, 0x98, 0x9f), within(lead, 0xe0, 0xea):
		return scoreUncommon
	}
	return scoreImprobable
}

func halfWidthKatakana(c byte) float64 {
	if within(c, 0xa1, 0xdf) {
		return scoreHalfWidth
	}
	return scoreBrokenPairs
}
