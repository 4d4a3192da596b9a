package threading

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestClocks checks that times are recognised in any language, and dates are not
// taken for times.
func TestClocks(t *testing.T) {
	for intro, want := range map[string][]clock{
		"On Mon, Mar 2, 2026 at 12:05 PM Jo Doe <jo@acme.example> wrote:":                                                    {{5, -1}},
		"On 2 March 2026 12:05:33 CET, Jo Doe <jo@acme.example> wrote:":                                                      {{5, 33}},
		"Am 02.03.2026 um 14:41 schrieb Jo Doe:":                                                                             {{41, -1}},
		"Am 02.03.26 schrieb Jo Doe:":                                                                                        nil,
		"Jo Doe kirjoitti 2.3.2026 klo 12.05:":                                                                               {{5, -1}},
		"Le lun. 2 mars 2026 à 12h05, Jo Doe a écrit :":                                                                      {{5, -1}},
		"2026年3月2日(月) 12:05 Jo Doe <jo@acme.example>:":                                                                       {{5, -1}},
		"2026年3月2日 12時05分、Jo Doe のメール:":                                                                                      {{5, -1}},
		"보낸사람 : Jo Doe\n날짜 : 2026년 3월 02일 월요일, 12시 05분 33초 +0900":                                                            {{5, -1}},
		"пн, 2 мар. 2026 г. в 12:05, Jo Doe <jo@acme.example>:":                                                              {{5, -1}},
		"\u05d1\u05ea\u05d0\u05e8\u05d9\u05da \u05d9\u05d5\u05dd \u05d1\u05f3, 2 \u05d1\u05de\u05e8\u05e5 2026 \u05d1-12:05": {{5, -1}},
		"Jo Doe wrote:": nil,
	} {
		if d := cmp.Diff(want, introduced(intro).clocks, cmp.AllowUnexported(clock{})); d != "" {
			t.Errorf("%s: %s", intro, d)
		}
	}
}

// TestIntroductions: the lines before the first quotes, and blocks of fields above
// what is quoted without marks.
func TestIntroductions(t *testing.T) {
	for text, want := range map[string]string{
		"Thanks.\n\nOn Monday,\nJo Doe wrote:\n\n> x\n":                                   "on monday,\njo doe wrote:",
		"JD wrote:\n> x\n\nNo.\n\nAnn wrote:\n> y\n\nBob wrote:\n> z\n":                   "jd wrote:\nann wrote:",
		"Thanks.\n\nFrom: Jo Doe\nSent: Monday 12:05\nTo: us\nCc: her\nSubject: x\n\ny\n": "from: jo doe\nsent: monday 12:05\nto: us\ncc: her\nsubject: x",
		"Date: Monday\nMessage-ID: <1@x>\n\n  | quoted\n":                                 "date: monday\nmessage-id: <1@x>",
		"Just words.\n\nAnd more.\n":                                                      "",
		"| a | b |\n| 1 | 2 |\n":                                                          "",
	} {
		if got := attributionOf(text).intro; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
