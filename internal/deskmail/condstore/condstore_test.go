package condstore_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"switchboard/internal/deskmail/condstore"
)

// exchange sends what a client says, and returns what the server reads of it.
func exchange(t *testing.T, says string) (*condstore.Conn, string) {
	t.Helper()
	client, server := net.Pipe()
	go func() {
		io.WriteString(client, says) //nolint:errcheck // the reader notices
		client.Close()
	}()
	c := condstore.New(server)
	r := bufio.NewReader(c)
	text, err := r.ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return c, text
}

func TestCommands(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]string{
		"a SELECT INBOX (CONDSTORE)\r\n":                              "a SELECT INBOX\r\n",
		"a STATUS x (MESSAGES HIGHESTMODSEQ)\r\n":                     "a STATUS x (MESSAGES MESSAGES)\r\n",
		"a UID FETCH 1:* (FLAGS MODSEQ) (CHANGEDSINCE 12)\r\n":        "a UID FETCH 1:* (FLAGS UID)\r\n",
		"a FETCH 1 MODSEQ\r\n":                                        "a FETCH 1 UID\r\n",
		"a FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r\n":          "a FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r\n",
		"a UID STORE 7 (UNCHANGEDSINCE 3) +FLAGS (\\Seen)\r\n":        "a UID STORE 7 +FLAGS (\\Seen)\r\n",
		"a SEARCH MODSEQ 5 UNSEEN\r\n":                                "a SEARCH ALL UNSEEN\r\n",
		"a SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338 SEEN\r\n": "a SEARCH ALL SEEN\r\n",
		"a ID (\"name\" \"x\")\r\n":                                   "a NOOP\r\n",
		"DONE\r\n":                                                    "DONE\r\n",
		"a APPEND Drafts {5}\r\n(MODSEQ)":                             "a APPEND Drafts {5}\r\n",
		"a LIST \"\" * RETURN (STATUS (MESSAGES HIGHESTMODSEQ))\r\n":  "a LIST \"\" * RETURN (STATUS (MESSAGES MESSAGES))\r\n",
		"a LOGIN x \"select inbox (condstore)\"\r\n":                  "a LOGIN x \"select inbox (condstore)\"\r\n",
	} {
		if _, got := exchange(t, says); got != want {
			t.Errorf("%q: %q, want %q", says, got, want)
		}
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ says, answers, want string }{
		{"a FETCH 1 MODSEQ\r\n", "* 1 FETCH (UID 4)\r\na OK done\r\n", "* 1 FETCH (MODSEQ (8) UID 4)\r\na OK done\r\n"},
		{"a FETCH 1 (MODSEQ BODY[])\r\n", "* 1 FETCH (BODY[] {13}\r\n* 1 FETCH (x\r\n)\r\n* 2 FETCH (UID 5)\r\n", "* 1 FETCH (MODSEQ (8) BODY[] {13}\r\n* 1 FETCH (x\r\n)\r\n* 2 FETCH (MODSEQ (8) UID 5)\r\n"},
		{"a FETCH 1 FLAGS\r\n", "* 1 FETCH (FLAGS ())\r\n", "* 1 FETCH (FLAGS ())\r\n"},
		{"a SELECT INBOX\r\n", "* 3 EXISTS\r\na OK [READ-WRITE] done\r\n", "* 3 EXISTS\r\n* OK [HIGHESTMODSEQ 9] Highest\r\na OK [READ-WRITE] done\r\n"},
		{"a SELECT INBOX\r\n", "a NO no\r\n", "a NO no\r\n"},
		{"a STATUS x (HIGHESTMODSEQ)\r\n", "* STATUS x (MESSAGES 1)\r\n", "* STATUS x (MESSAGES 1 HIGHESTMODSEQ 9)\r\n"},
		{"a ENABLE CONDSTORE\r\n", "* ENABLED\r\n", "* ENABLED CONDSTORE\r\n"},
		{"a SEARCH MODSEQ 5\r\n", "* SEARCH 1 2\r\n", "* SEARCH 1 2 (MODSEQ 7)\r\n"},
		{"a STORE 1 (UNCHANGEDSINCE 1) FLAGS ()\r\n", "a OK done\r\n", "a OK [MODIFIED 1:2] Some messages have changed since\r\n"},
		{"a CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 IDLE\r\n", "* CAPABILITY IMAP4rev1 ID CONDSTORE IDLE\r\n"},
	} {
		client, server := net.Pipe()
		conn := condstore.New(server)
		go func() {
			io.WriteString(client, c.says) //nolint:errcheck // the reader notices
		}()
		if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		conn.Say(func(a *condstore.Answer) {
			*a = condstore.Answer{Highest: 9, Message: 8, Found: 7}
			if strings.Contains(c.says, "STORE 1") {
				a.Modified = "1:2"
			}
		})
		got := make(chan string)
		go func() {
			b, _ := io.ReadAll(client)
			got <- string(b)
		}()
		for _, b := range []byte(c.answers) { // in the smallest pieces
			if _, err := conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		conn.Close()
		if g := <-got; g != c.want {
			t.Errorf("%q: %q, want %q", c.says, g, c.want)
		}
	}
}
