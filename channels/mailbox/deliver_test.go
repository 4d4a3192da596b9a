package mailbox

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/channels/channeltest"
	"switchboard/desk"
)

// withFault answers like polite, except that fault changes the response about one message.
func withFault(uid int, fault func(whole string, content bool) string) script {
	return func(command string) (string, string) {
		untagged, tagged := polite(command)
		if !strings.HasPrefix(strings.ToUpper(command), "UID FETCH") {
			return untagged, tagged
		}
		var out strings.Builder
		for _, response := range strings.SplitAfter(untagged, ")\r\n") {
			if strings.HasPrefix(response, fmt.Sprintf("* %d FETCH", uid)) {
				response = fault(response, strings.Contains(command, "BODY"))
			}
			out.WriteString(response)
		}
		if strings.Contains(out.String(), "REFUSED") {
			return strings.ReplaceAll(out.String(), "REFUSED", ""), "NO [CANNOT] some messages"
		}
		return out.String(), tagged
	}
}

func content(change func(whole string) string) func(string, bool) string {
	return func(whole string, content bool) string {
		if content {
			return change(whole)
		}
		return whole
	}
}

var undeliverable = map[string]func(string, bool) string{
	"NO":      content(func(string) string { return "REFUSED" }),
	"NIL":     content(func(s string) string { return strings.ReplaceAll(s, "{12}\r\nSubject: x\r\n", "NIL") }),
	"no body": content(func(string) string { return "* 2 FETCH (UID 2)\r\n" }),
	"nothing": content(func(string) string { return "" }),
	"empty":   content(func(s string) string { return strings.ReplaceAll(s, "{12}\r\nSubject: x\r\n", "{0}\r\n") }),
	"Exchange": content(func(s string) string {
		notice := "From: Microsoft Exchange Server\r\nTo: <a@b.example>\r\nSubject: Retrieval using the IMAP4 protocol failed for the following message: 2\r\n\r\nSubject: \"Order 4711\"\r\n"
		return strings.ReplaceAll(s, "{12}\r\nSubject: x\r\n", fmt.Sprintf("{%d}\r\n%s", len(notice), notice))
	}),
	"Exchange, in German": content(func(s string) string {
		notice := "From: Microsoft Exchange Server\r\nSubject: Fehler beim Abrufen der Nachricht mit dem IMAP4-Protokoll: 2\r\n\r\nNicht abrufbar.\r\n"
		return strings.ReplaceAll(s, "{12}\r\nSubject: x\r\n", fmt.Sprintf("{%d}\r\n%s", len(notice), notice))
	}),
}

// TestUndelivered: a message that the server cannot deliver is shown, does not hold up
// the others, and is read as soon as the server can deliver it.
func TestUndelivered(t *testing.T) {
	t.Parallel()
	for name, fault := range undeliverable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var repaired atomic.Bool
			broken := withFault(2, fault)
			journal := newMemory(channeltest.NewSink())
			pull(t, scriptedConfig(scripted(t, func(command string) (string, string) {
				if repaired.Load() {
					return polite(command)
				}
				return broken(command)
			})), journal)
			for _, raw := range journal.Await(t, 3) {
				switch {
				case strings.HasSuffix(raw.SourceKey, "/2"):
					if raw.State != desk.RawQuarantined || len(raw.Bytes) != 0 || raw.Size != 12 || !strings.Contains(raw.Problem, "tried again") {
						t.Errorf("%+v", raw)
					}
					if strings.HasPrefix(name, "Exchange") && !strings.Contains(raw.Problem, "IMAP4") {
						t.Errorf("problem %q", raw.Problem)
					}
				case raw.State != desk.RawPending || string(raw.Bytes) != "Subject: x\r\n":
					t.Errorf("%+v", raw)
				}
			}
			repaired.Store(true)
			for deadline := time.Now().Add(20 * time.Second); ; <-time.After(5 * time.Millisecond) {
				journal.mu.Lock()
				filled := journal.filled
				journal.mu.Unlock()
				if len(filled) > 0 {
					if late := filled[0]; late.State != desk.RawPending || string(late.Bytes) != "Subject: x\r\n" {
						t.Errorf("%+v", late)
					}
					return
				}
				if time.Now().After(deadline) {
					t.Fatal("it was not read after the server was repaired")
				}
			}
		})
	}
}

// TestFlagsBeforeData: an update of flags is not the message (RFC 9051 section 7.5.2).
func TestFlagsBeforeData(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"once": "* %d FETCH (FLAGS (\\Answered) UID %d)\r\n", "read": "* %d FETCH (FLAGS (\\Seen) UID %d)\r\n", "without UID": "* %d FETCH (FLAGS (\\Answered))\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journal := newMemory(channeltest.NewSink())
			pull(t, scriptedConfig(scripted(t, func(command string) (string, string) {
				untagged, tagged := polite(command)
				for uid := 1; uid <= 3; uid++ {
					update := strings.ReplaceAll(before, "%d", fmt.Sprint(uid))
					untagged = strings.ReplaceAll(untagged, fmt.Sprintf("* %d FETCH", uid), update+fmt.Sprintf("* %d FETCH", uid))
				}
				return untagged, tagged
			})), journal)
			for _, raw := range journal.Await(t, 3) {
				if raw.State != desk.RawPending || string(raw.Bytes) != "Subject: x\r\n" {
					t.Errorf("%+v", raw)
				}
			}
		})
	}
}

func TestPlaceholder(t *testing.T) {
	t.Parallel()
	notice := "From: Microsoft Exchange Server\r\nSubject: Retrieval using the IMAP4 protocol failed for the following message: 205\r\n\r\nThe server couldn't.\r\n"
	for mail, want := range map[string]bool{
		notice: true,
		strings.Replace(notice, "Server\r\n", "Server\r\nMIME-Version: 1.0\r\n", 1): true,
		strings.Replace(notice, "IMAP4", "POP3", 1):                                 true,
		"Received: from a by b\r\n" + notice:                                        false,
		"Message-ID: <a@b.example>\r\n" + notice:                                    false,
		strings.Replace(notice, "Server", "Server <jo@acme.example>", 1):            false,
		strings.Replace(notice, "Microsoft Exchange Server", "Jo", 1):               false,
		"From: Microsoft Exchange Server\r\nSubject: Quota: 80\r\n\r\nFull.\r\n":    false,
		"": false,
	} {
		if _, got := placeholder([]byte(mail)); got != want {
			t.Errorf("%q: %v", mail, got)
		}
	}
	mail, err := os.ReadFile("testdata/exchange-retrieval-failed.eml")
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := placeholder(mail); !ok || !strings.Contains(text, "Order 4711 is late") {
		t.Errorf("%v %q", ok, text)
	}
}
