package mail

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestJudgeCountsFaults(t *testing.T) {
	t.Parallel()
	sound := Read{MessageID: "x@y.example", Date: "2024-05-06T10:00:00Z", Subject: "x", Text: "x", HTML: "<p>x</p>"}
	broken := func(f func(*Read)) Read {
		r := sound
		f(&r)
		return r
	}
	got := Judge([]Read{sound, {Error: "no"},
		broken(func(r *Read) { r.Subject = "a\nb \uFFFD" }),
		broken(func(r *Read) { r.Subject = "=?utf-8?q?x?=" }),
		broken(func(r *Read) { r.Attachments = []struct{ Filename string }{{"../x"}} }),
		broken(func(r *Read) { r.HTML = `<a href="java script:x">x</a>`; r.Text = "" }),
		broken(func(r *Read) { r.MessageID, r.Date, r.Text = "", "", "\uFFFD" }),
	})
	if want := (Faults{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestUnsafe(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"<script>x</script>", "<p onclick=x>", "<img src='data:image/svg+xml,x'>", "<svg></svg>", "<p style='width:expression(x)'>", "<a href=' JAVASCRIPT:x'>"} {
		if len(Unsafe(s)) == 0 {
			t.Errorf("%s passes", s)
		}
	}
	if found := Unsafe(`<p style="color:red"><a href="https://a.example">x</a><img src="cid:x">`); found != nil {
		t.Errorf("Unsafe found %q in safe HTML", found)
	}
}

func TestScoreReplies(t *testing.T) {
	t.Parallel()
	cases := []Reply{{Want: "a\nb"}, {Want: "a\nb"}, {Want: "a\nb"}, {Want: "<p>a</p>", HTML: true}}
	got := ScoreReplies(cases, []string{"a b", "a", "a\nb\nc", "a"})
	if want := (Score{4, .5, .25, .25}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestArchives checks that threads follow headers, and that threads with a reply that
// never had any are left out.
func TestArchives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, head := range map[string]string{
		"1": "Message-ID: <1@x>\nSubject: one\n",
		"2": "Message-ID: <2@x>\nSubject: Re: one\nIn-Reply-To: <1@x>\n",
		"3": "Message-ID: <3@x>\nSubject: three\n",
		"4": "Message-ID: <4@x>\nSubject: Re: three\n",
		"5": "Message-ID: <5@x>\nSubject: five\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("List-Id: A list <list.x>\n"+head+"\nbody\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lists, err := Archives(files(dir+"/*"), 2)
	if err != nil || len(lists) != 1 || lists[0].Name != "list" {
		t.Fatal(lists, err)
	}
	var ids []string
	for _, m := range lists[0].mails {
		ids = append(ids, m.id)
	}
	if want := []string{"1@x", "2@x", "5@x"}; !slices.Equal(ids, want) {
		t.Errorf("%q, want %q", ids, want)
	}
	got := lists[0].score(map[string]string{"1@x": "c", "2@x": "c", "5@x": "c"})
	if got.Recall != 1 || got.Precision != 1./3 || got.Mixed != 1 {
		t.Errorf("%+v", got)
	}
}

func TestCoffeeScriptBlocksLoseTheirIndentation(t *testing.T) {
	t.Parallel()
	if got := coffee("\"\"\"a\n      b\n        c\"\"\""); got != "a\nb\n  c" {
		t.Errorf("%q", got)
	}
}
