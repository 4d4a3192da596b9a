package mailjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i := range 100 {
		name := filepath.Join(dir, fmt.Sprintf("%d.eml", i))
		if i != 50 { // this one does not exist
			mail := fmt.Sprintf("From: Anna <anna@example.com>\nMessage-ID: <%d@example.com>\nSubject: x\n\nhello\n\n-- \nAnna\n", i)
			if err := os.WriteFile(name, []byte(mail), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		files = append(files, name)
	}
	var out bytes.Buffer
	err := Write(t.Context(), files, nil, nil, &out)
	if err == nil || !strings.Contains(err.Error(), "1 of 100") {
		t.Errorf("error %v", err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 100 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var got struct {
			File, Error string
			MessageID   string `json:"message_id"`
			ReplyText   string `json:"reply_text"`
			Date        string
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		switch {
		case got.File != files[i]:
			t.Errorf("line %d is for %s", i, got.File)
		case i == 50:
			if got.Error == "" {
				t.Error("the missing file has no error")
			}
		case got.MessageID != fmt.Sprintf("%d@example.com", i) || got.Error != "" || got.ReplyText != "hello" || got.Date == "":
			t.Errorf("line %d: %s", i, line)
		}
	}
}

func TestStandardInput(t *testing.T) {
	var out bytes.Buffer
	in := strings.NewReader("From: a@example.com\nContent-Type: text/html\n\n<p onclick=x()>Hi<script>x()</script></p>\n")
	if err := Write(t.Context(), []string{"-"}, nil, in, &out); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"in_reply_to", "references", "from", "sender", "reply_to", "to", "cc", "bcc", "attachments", "problems"} {
		if _, ok := got[key].([]any); !ok {
			t.Errorf("%s is %T, not a list", key, got[key])
		}
	}
	if html := got["html"].(string); strings.Contains(html, "onclick") || strings.Contains(html, "script") || !strings.Contains(html, "Hi") {
		t.Errorf("html is %q", html)
	}
	if got["text"] != "Hi" || got["message_id"] == "" {
		t.Errorf("%v", got)
	}
}
