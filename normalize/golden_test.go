package normalize

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
	"switchboard/normalize/plaintext"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden is the expected message for a file of testdata. Each file is named after the
// problem it has; its golden file has the same name.
type golden struct {
	MessageID     string             `json:"message_id"`
	InReplyTo     []string           `json:"in_reply_to,omitempty"`
	References    []string           `json:"references,omitempty"`
	From          []desk.Address     `json:"from"`
	ReplyTo       []desk.Address     `json:"reply_to,omitempty"`
	To            []desk.Address     `json:"to,omitempty"`
	Subject       string             `json:"subject"`
	Date          string             `json:"date"`
	Text          string             `json:"text"`
	NewText       string             `json:"new_text,omitempty"` // if it differs from the text
	HTML          string             `json:"html,omitempty"`
	Attachments   []goldenPart       `json:"attachments,omitempty"`
	AutoSubmitted desk.AutoSubmitted `json:"auto_submitted"`
	ListID        string             `json:"list_id,omitempty"`
	Report        *desk.Report       `json:"report,omitempty"`
	Signed        *goldenSigned      `json:"signed,omitempty"`
	Problems      []string           `json:"problems,omitempty"`
}

// goldenSigned shows what a signature covers; verifying it is not up to normalize.
type goldenSigned struct {
	Kind    desk.SignatureKind `json:"kind"`
	Covers  desk.Coverage      `json:"covers"`
	Footer  string             `json:"footer,omitempty"`
	Author  string             `json:"author,omitempty"`
	Broken  string             `json:"broken,omitempty"`
	Content string             `json:"content,omitempty"`
}

// goldenPart includes the content of a file if it is short text.
type goldenPart struct {
	desk.Part
	Content string `json:"content,omitempty"`
}

func toGolden(m desk.Message) golden {
	g := golden{
		MessageID: m.MessageID, InReplyTo: m.InReplyTo, References: m.References, From: m.From, ReplyTo: m.ReplyTo, To: m.To,
		Subject: m.Subject, Date: m.SentAt.Format(time.RFC3339), Text: m.TextBody, HTML: m.HTMLBody,
		AutoSubmitted: m.AutoSubmitted, ListID: m.ListID, Report: m.Report,
	}
	if m.NewText != m.TextBody {
		g.NewText = m.NewText
	}
	for _, a := range m.Attachments {
		p := goldenPart{Part: a}
		if len(a.Data) < 60 && strings.HasPrefix(a.Type, "text/") {
			p.Content = string(a.Data)
		}
		p.BlobID = p.BlobID[:8]
		g.Attachments = append(g.Attachments, p)
	}
	if s := m.Signed; s != nil {
		g.Signed = &goldenSigned{s.Kind, s.Covers, s.Footer, s.Author, s.Broken, plaintext.Clip(string(s.Content), 300)}
	}
	for _, p := range m.Problems {
		g.Problems = append(g.Problems, p.Code)
	}
	return g
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatal("no messages in testdata", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := encodeGolden(t, toGolden(Email(desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: received, Bytes: b})))
			path := strings.TrimSuffix(file, ".eml") + ".json"
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

func encodeGolden(t *testing.T, g golden) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
