package render_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/archivethread"
	"switchboard/internal/imf"
	"switchboard/internal/markdown"
	"switchboard/normalize"
	"switchboard/outbound/render"
)

// golden is a rendered reply and what a mail program has to read from it. The test
// web/test/replies.test.ts reads them with mailparser, which is not ours.
type golden struct {
	Name       string         `json:"name"`
	From       []desk.Address `json:"from"`
	To         []desk.Address `json:"to"`
	CC         []desk.Address `json:"cc"`
	Subject    string         `json:"subject"`
	MessageID  string         `json:"message_id"`
	InReplyTo  []string       `json:"in_reply_to"`
	References []string       `json:"references"`
	Date       time.Time      `json:"date"`
	Text       string         `json:"text"`
	HTML       string         `json:"html"` // its SHA-256
	Files      []goldenFile   `json:"files"`
	EML        []string       `json:"eml"` // lines
}

type goldenFile struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	CID    string `json:"cid"`
	SHA256 string `json:"sha256"`
}

const goldenFileName = "testdata/replies.json"

// The properties that are combined. Their numbers have no common divisors with the strides
// below, so that 60 replies have many different pairs.
var (
	goldenNames = []string{"Ana Ruiz", "Zoë Åström", "李雷", "دينا الأحمد", `O'Neil, "Jo" <x@y.example>`, "🎉 Party Team 🎉", "Ana\r\nBcc: victim@other.example",
		"=?utf-8?q?Ana?=", strings.Repeat("Sehr langer Name ", 8) + "Ü", "", "Ana (Example Ltd)"}
	goldenSubjects = []string{"Re: Printer on fire", "Re: Grüße aus Köln", "Re: " + strings.Repeat("ein sehr langer Betreff mit Ümläuten ", 14) + "Ende", "Re: طابعة تحترق في الطابق الثالث",
		"Re: 🔥🔥 urgent 👩‍👩‍👧‍👦", "Re: hi\r\nBcc: victim@other.example\r\n\r\nbody", "Re: =?utf-8?q?not_encoded?= =?x", "Re: " + strings.Repeat("x", 200),
		"Re: プリンターが燃えています。" + strings.Repeat("助けてください。", 20), "Re: a  b\tc", "Re: [#123] 50% off; \"now\", (really) <ok>", "Re:", "R\u202ee: \u200bzero"}
	goldenTexts = []string{"Hello Jo,\n\nplease pull the plug.\n", "Grüße\n.\n..\n.. \nFrom here on it is easy.\n>From there, too.\n", strings.Repeat("ein sehr langer Satz ohne Umbruch ", 40) + "\n",
		strings.Repeat("x", 1500) + "\n", "مرحبا،\n\nافصل القابس من فضلك.\n", "trailing spaces   \nand tabs\t\n\n\n\nend", "=3D =20 = not encoded =\n=\n", "👍",
		"soft\u00adhyphen, nbsp\u00a0, zwj 👩‍👩‍👧‍👦, line\u2028separator\n", "> quoted by hand\n>> twice\n\nanswer\n", "--\nnot a signature\n-- \nAna\n", "a\n\n--=_m_000000000000000000000000\n\nb\n",
		"日本語の長い文章です。" + strings.Repeat("改行はありません。", 30) + "\n"}
	goldenRefs = [][]string{nil, {"q1@acme.example"}, {"q0@acme.example", "q1@acme.example"}, {"CAF=abc+123@mail.gmail.com", "<bad>\r\nX-Evil: 1", "with space@x", "q1@acme.example"},
		longRefs(49, "ref-%d.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@acme.example"), {strings.Repeat("r", 300) + "@acme.example", "q1@acme.example"}, longRefs(7, "%d$x!y@[192.0.2.1]")}
	goldenTo = [][]desk.Address{{{Name: "Jo Doe", Email: "jo@acme.example"}}, {{Email: "jo+tag=1@acme.example"}}, {{Name: "Jürgen", Email: "jo@bücher.example"}},
		{{Name: "Doe, Jo", Email: "o'neil_jo@sub.acme.example"}}, {{Name: "Jo", Email: "jo@acme.example"}, {Name: "李", Email: "li@例え.example"}}}
	goldenFiles = [][]desk.Part{nil, {{Name: "invoice.pdf", Type: "application/pdf"}}, {{Name: "🧾 Rechnung für März.pdf", Type: "application/pdf"}, {Name: "データ.csv", Type: "text/csv"}},
		{{Name: "a\"\r\nX-Evil: 1\\b;c=d.txt", Type: "text/plain\r\nX-Evil: 1"}}, {{Name: strings.Repeat("sehr-langer-name-", 12) + ".png", Type: "image/png"}},
		{{Name: "mail.eml", Type: "message/rfc822"}, {Name: "", Type: "application/octet-stream"}}, {{Name: "screen.png", Type: "image/png", Disposition: "inline", CID: "up_1@desk.example"}},
		{{Name: "تقرير.xlsx", Type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}, {Name: "100% 'sure' (1).txt", Type: "text/plain"}}}
)

func longRefs(n int, pattern string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf(pattern, i))
	}
	return append(out, "q1@acme.example")
}

// goldenMessage returns the reply with a number.
func goldenMessage(i int) desk.Message {
	m := desk.Message{ID: desk.MessageID{byte(i + 1)}, ConversationID: desk.ConversationID{0x01, 0x9a, 0x50, 0x01, 0x02, byte(i), 0x70, 0x01, 0x80}, Direction: desk.Outbound, Channel: desk.ChannelEmail,
		MessageID: fmt.Sprintf("reply.%d@desk.example", i), From: []desk.Address{{Name: goldenNames[i%len(goldenNames)], Email: "help@desk.example"}},
		To: goldenTo[i%len(goldenTo)], Subject: goldenSubjects[(i*5)%len(goldenSubjects)], SentAt: time.Date(2026, 11, 29, 12, i, 0, 0, time.UTC),
		TextBody: goldenTexts[(i*7)%len(goldenTexts)], AutoSubmitted: desk.AutoNo}
	for _, id := range goldenRefs[(i*2)%len(goldenRefs)] { // each reply answers another thread
		m.References = append(m.References, strings.Replace(id, "@", fmt.Sprintf(".%d@", i), 1))
	}
	for _, id := range m.References[max(0, len(m.References)-1):] {
		m.InReplyTo = []string{id}
	}
	for k := range i % 4 * 3 {
		m.CC = append(m.CC, desk.Address{Name: goldenNames[(i+k)%len(goldenNames)], Email: fmt.Sprintf("copy.%d+%d@other.example", i, k)})
	}
	for k, p := range goldenFiles[(i*3)%len(goldenFiles)] {
		p.Data = bytes.Repeat([]byte{byte(i), byte(k), 0, '\r', '\n', 0xff}, 3+i)
		m.Attachments = append(m.Attachments, p)
	}
	if i%3 != 0 {
		m.HTMLBody = markdown.HTML(m.TextBody + "\n\n**bold** [link](https://acme.example/?a=1&b=2)")
		for _, p := range m.Attachments {
			if p.CID != "" {
				m.HTMLBody += `<p><img src="cid:` + p.CID + `"></p>`
			}
		}
	}
	if i%4 == 1 {
		m.TextBody += "\n-- \nAna Ruiz\nExample GmbH, Köln\n"
		m.HTMLBody += markdown.Signature("Ana Ruiz\nExample GmbH, **Köln**")
	}
	if i%5 == 2 {
		m.TextBody += "\nOn 2026-11-28 10:00 UTC, Jo Doe wrote:\n> Es brennt.\n>\n> Jo\n"
		m.HTMLBody += markdown.Quote("On 2026-11-28 10:00 UTC, Jo Doe wrote:", "Es brennt.\n\nJo")
	}
	return m
}

// expected returns what a mail program has to read from a message.
func expected(name string, m *desk.Message, eml []byte) golden {
	addresses := func(list []desk.Address) []desk.Address {
		out := []desk.Address{}
		for _, a := range list {
			out = append(out, desk.Address{Name: imf.OneLine(a.Name), Email: imf.ASCIIAddr(a.Email)})
		}
		return out
	}
	ids := func(list []string) []string {
		out := []string{}
		for _, id := range list {
			if !strings.ContainsAny(id, " \r\n<>") {
				out = append(out, id)
			}
		}
		return out
	}
	text := m.TextBody
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	html := m.HTMLBody
	if html != "" {
		html = digest([]byte(strings.TrimSuffix(html, "\n") + "\n"))
	}
	g := golden{Name: name, From: addresses(m.From), To: addresses(m.To), CC: addresses(m.CC), Subject: imf.OneLine(m.Subject), MessageID: m.MessageID,
		InReplyTo: ids(m.InReplyTo), References: ids(m.References), Date: m.SentAt, Text: text, HTML: html, Files: []goldenFile{}, EML: strings.Split(strings.TrimSuffix(string(eml), "\r\n"), "\r\n")}
	for _, p := range m.Attachments {
		f := goldenFile{Name: imf.OneLine(p.Name), Type: p.Type, CID: p.CID, SHA256: digest(p.Data)}
		if len(f.Name) > 150 {
			f.Name = strings.ToValidUTF8(f.Name[:150], "")
		}
		if strings.ContainsAny(f.Type, "\r\n") || f.Type == "message/rfc822" {
			f.Type = "application/octet-stream"
		}
		if m.HTMLBody == "" {
			f.CID = ""
		}
		g.Files = append(g.Files, f)
	}
	return g
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

var updateReplies = flag.Bool("update-replies", false, "rewrite "+goldenFileName)

// TestGoldenReplies renders 60 replies and compares them with the golden file, which has what
// other programs must read from them, and with what our own
// parser reads, which is more lenient with what looks encoded.
func TestGoldenReplies(t *testing.T) {
	t.Parallel()
	var all []golden
	for i := range 60 {
		m := goldenMessage(i)
		eml, err := render.Message(m, fmt.Sprintf("help+token%d@desk.example", i))
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		for line := range strings.SplitSeq(string(eml), "\r\n") {
			if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r == '\r' || r == '\n' || r == 0 || r >= 0x80 }) {
				t.Errorf("%d: line %q", i, line)
			}
		}
		g := expected(fmt.Sprintf("reply %d", i), &m, eml)
		all = append(all, g)
		read := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: eml, Size: int64(len(eml))})
		if !strings.Contains(g.Subject, "=?") && read.Subject != strings.Join(strings.Fields(g.Subject), " ") && !strings.ContainsRune(g.Subject, 0x202e) || len(read.To) != len(g.To) || len(read.CC) != len(g.CC) ||
			strings.Join(read.References, " ") != strings.Join(g.References, " ") || len(read.Attachments) != len(g.Files) {
			t.Errorf("%d: we read %.300q to %+v cc %+v, references %q, %d files; want %.300q", i, read.Subject, read.To, read.CC, read.References, len(read.Attachments), g.Subject)
		}
		for k := range min(len(read.Attachments), len(g.Files)) {
			if p := read.Attachments[k]; g.Files[k].Name != "" && p.Name != g.Files[k].Name && !strings.ContainsAny(g.Files[k].Name, `"\`) {
				t.Errorf("%d: we read the file name %q, want %q", i, p.Name, g.Files[k].Name)
			}
		}
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *updateReplies {
		if err := os.WriteFile(goldenFileName, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFileName)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Errorf("the replies differ from %s; if that is intended, run this test with -update-replies and then the test of web/test/replies.test.ts", goldenFileName)
	}
}

// TestGoldenRepliesThread: with the mail that each answers and with the customer's next one, a
// reply is one conversation of its own for `switchboard thread`.
func TestGoldenRepliesThread(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(i, k int, eml string) {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%02d-%d.eml", i, k)), []byte(eml), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{}
	for i := range 60 {
		m := goldenMessage(i)
		eml, err := render.Message(m, "")
		if err != nil {
			t.Fatal(err)
		}
		mail := func(id, refs string, hour int) string {
			s := fmt.Sprintf("From: Jo <jo.%d@acme.example>\r\nTo: help@desk.example\r\nSubject: Question %d\r\nDate: %s\r\nMessage-ID: <%s>\r\n", i, i, m.SentAt.Add(time.Duration(hour)*time.Hour).Format(time.RFC1123Z), id)
			if refs != "" {
				s += "In-Reply-To: <" + m.MessageID + ">\r\nReferences: " + refs + "\r\n"
			}
			return s + "\r\nText of " + id + "\r\n"
		}
		if len(m.InReplyTo) > 0 {
			write(i, 0, mail(m.InReplyTo[0], "", -1))
			want[m.InReplyTo[0]] = i
		}
		write(i, 1, string(eml))
		answer := fmt.Sprintf("answer.%d@acme.example", i)
		write(i, 2, mail(answer, "<"+m.MessageID+">", 1))
		want[m.MessageID], want[answer] = i, i
	}
	var out bytes.Buffer
	if err := archivethread.Write(t.Context(), folder, false, &out); err != nil {
		t.Fatal(err)
	}
	of, replies := map[int]string{}, map[string]int{}
	for line := range strings.Lines(out.String()) {
		var r struct {
			MessageID    string `json:"message_id"`
			Conversation string
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		i, ok := want[r.MessageID]
		if !ok {
			t.Errorf("unexpected message %s", r.MessageID)
			continue
		}
		delete(want, r.MessageID)
		if of[i] == "" {
			of[i] = r.Conversation
		}
		if other, taken := replies[r.Conversation]; of[i] != r.Conversation || taken && other != i {
			t.Errorf("reply %d: %s is in %s, the others in %s", i, r.MessageID, r.Conversation, of[i])
		}
		replies[r.Conversation] = i
	}
	if len(want) > 0 {
		t.Errorf("not threaded: %v", want)
	}
}
