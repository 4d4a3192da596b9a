package mailbox

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/desk"
)

// script answers an IMAP command, which is passed without its tag. It returns the
// untagged responses and the status of the tagged one ("OK", "NO no", "BAD what").
type script func(command string) (untagged, tagged string)

// polite is the script of a well-behaved server with three mails of 12 octets,
// "Subject: x\r\n".
func polite(command string) (string, string) {
	verb := strings.ToUpper(command)
	switch {
	case strings.HasPrefix(verb, "CAPABILITY"):
		return "* CAPABILITY IMAP4rev1\r\n", "OK"
	case strings.HasPrefix(verb, "SELECT"), strings.HasPrefix(verb, "EXAMINE"):
		return "* FLAGS ()\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n* OK [UIDNEXT 4] x\r\n", "OK [READ-ONLY]"
	case strings.HasPrefix(verb, "UID SEARCH UID 1:"):
		return "* SEARCH 1 2 3\r\n", "OK"
	case strings.HasPrefix(verb, "UID SEARCH UID 2:"):
		return "* SEARCH 2 3\r\n", "OK"
	case strings.HasPrefix(verb, "UID SEARCH"):
		return "* SEARCH 3\r\n", "OK"
	case strings.HasPrefix(verb, "UID FETCH"):
		return fetchAnswer(command, "{12}\r\nSubject: x\r\n"), "OK"
	}
	return "", "OK"
}

// fetchAnswer returns the response to a UID FETCH command for those of UIDs 1 to 3
// that it requests.
func fetchAnswer(command, body string) string {
	set := strings.Fields(command)[2]
	var b strings.Builder
	for uid := 1; uid <= 3; uid++ {
		if !inSet(set, uid) {
			continue
		}
		fmt.Fprintf(&b, "* %d FETCH (UID %d RFC822.SIZE 12 INTERNALDATE \"01-Jan-2026 00:00:00 +0000\"", uid, uid)
		if strings.Contains(command, "BODY") {
			b.WriteString(" BODY[] " + body)
		}
		b.WriteString(")\r\n")
	}
	return b.String()
}

func inSet(set string, uid int) bool {
	for _, part := range strings.Split(set, ",") {
		var low, high int
		if n, _ := fmt.Sscanf(part, "%d:%d", &low, &high); n == 1 {
			high = low
		}
		if uid >= low && uid <= high {
			return true
		}
	}
	return false
}

// scripted starts a server that runs a script until the test ends, and returns its
// address.
func scripted(t *testing.T, s script) string {
	return serve(t, func(conn net.Conn, command string) (string, string) { return s(command) })
}

// serve is like scripted, for scripts that also write to the connection themselves.
func serve(t *testing.T, s func(conn net.Conn, command string) (untagged, tagged string)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprint(conn, "* OK ready\r\n")
				for r := bufio.NewScanner(conn); r.Scan(); {
					tag, command, _ := strings.Cut(r.Text(), " ")
					untagged, tagged := s(conn, command)
					if _, err := fmt.Fprintf(conn, "%s%s %s done\r\n", untagged, tag, tagged); err != nil || tagged == "" {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func scriptedConfig(addr string) Config {
	return Config{
		Name: "support", Addr: addr, User: "u", Password: "p", TLS: TLSNone, MaxSize: 1 << 20,
		Poll: 20 * time.Millisecond, StallTimeout: 200 * time.Millisecond,
		Retry: channels.Backoff{Min: time.Millisecond, Max: 5 * time.Millisecond},
	}
}

func TestScriptedServer(t *testing.T) {
	sink := channeltest.NewSink()
	pull(t, scriptedConfig(scripted(t, polite)), newMemory(sink))
	raws := sink.Await(t, 3)
	for i, raw := range raws {
		if string(raw.Bytes) != "Subject: x\r\n" || raw.SourceKey != fmt.Sprintf("INBOX/9/%d", i+1) || raw.ReceivedAt.UTC().Year() != 2026 {
			t.Errorf("item %+v", raw)
		}
	}
}

// Some servers report the year 1 for an unknown date. In another time zone, that can be
// a time before year 1, which the database cannot store.
func TestUnknownDate(t *testing.T) {
	sink := channeltest.NewSink()
	pull(t, scriptedConfig(scripted(t, func(command string) (string, string) {
		untagged, tagged := polite(command)
		return strings.ReplaceAll(untagged, "01-Jan-2026 00:00:00 +0000", "01-Jan-0001 00:00:00 +0100"), tagged
	})), newMemory(sink))
	for _, raw := range sink.Await(t, 3) {
		if raw.ReceivedAt.Year() < 2026 {
			t.Errorf("received at %s", raw.ReceivedAt)
		}
	}
}

// A message that the server cannot deliver is quarantined; those after it are read.
func TestPoisonMailDoesNotBlockTheMailbox(t *testing.T) {
	good := "{12}\r\nSubject: x\r\n"
	for name, poison := range map[string]string{
		"refused":                   "NO",
		"connection closed":         "",
		"nonsense":                  "UID 2 EMAILID (M1) BODY[] " + good,
		"length above the limit":    "{9000000000}\r\nSubject: x\r\n",
		"truncated, then closed":    "{1000}\r\nSubject: x\r\n",
		"endless quoted":            `"` + strings.Repeat("x", 4<<20),
		"response without the body": "FLAGS",
		"NIL":                       "NIL",
		"negative length":           "{-5}\r\n",
		"unclosed parenthesis":      "((((((((",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := channeltest.NewSink()
			addr := scripted(t, func(command string) (string, string) {
				if !strings.HasPrefix(command, "UID FETCH") || !strings.Contains(command, "BODY") || !inSet(strings.Fields(command)[2], 2) {
					return polite(command)
				}
				before := ""
				if inSet(strings.Fields(command)[2], 1) {
					before = fetchAnswer("UID FETCH 1 BODY[]", good)
				}
				switch poison {
				case "NO":
					return before, "NO [SERVERBUG]"
				case "":
					return before + "* 2 FETCH (UID 2 BODY[] {1000}\r\nSub", ""
				case "FLAGS":
					return before + "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n", "OK"
				case "{1000}\r\nSubject: x\r\n":
					return before + "* 2 FETCH (UID 2 BODY[] " + poison, ""
				}
				if strings.HasPrefix(poison, "UID") {
					return before + "* 2 FETCH (" + poison + ")\r\n", "OK"
				}
				return before + "* 2 FETCH (UID 2 BODY[] " + poison + ")\r\n", "OK"
			})
			pull(t, scriptedConfig(addr), newMemory(sink))
			raws := sink.Await(t, 3)
			if len(raws) != 3 {
				t.Fatalf("%d raw items, want 3", len(raws))
			}
			for i, raw := range raws {
				state, want := desk.RawPending, "Subject: x\r\n"
				if i == 1 {
					state, want = desk.RawQuarantined, ""
				}
				if raw.State != state || string(raw.Bytes) != want || (raw.Problem == "") != (state == desk.RawPending) {
					t.Errorf("item %d: state %s, problem %q, bytes %q", i+1, raw.State, raw.Problem, raw.Bytes)
				}
			}
		})
	}
}

// With malformed responses the mailbox reports a failure, keeps retrying, stops on
// request and leaks no memory.
func TestHostileServer(t *testing.T) {
	long := strings.Repeat("A", 8<<20)
	replace := func(verb, untagged, tagged string) script {
		return func(command string) (string, string) {
			if strings.HasPrefix(command, verb) {
				return untagged, tagged
			}
			return polite(command)
		}
	}
	var cases []script
	for _, verb := range []string{"CAPABILITY", "LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"} {
		for _, answer := range []string{
			"* " + long, "* OK " + long + "\r\n", "garbage\r\n", "* 4294967296 EXISTS\r\n", "* SEARCH 1 2 x\r\n",
			"* 1 FETCH (UID 1 ENVELOPE NIL)\r\n", "* VANISHED 1:5\r\n", "* LIST () NIL {9999999999}\r\n", "+ go on\r\n", "* BYE\r\n",
		} {
			cases = append(cases, replace(verb, answer, "OK"))
		}
		cases = append(cases, replace(verb, "", ""))
	}
	cases = append(cases,
		replace("UID SEARCH", "* SEARCH "+strings.Repeat("4294967295 ", 1000)+"\r\n", "OK"),
		replace("UID SEARCH", "* ESEARCH UID ALL 1:4294967295\r\n", "OK"),
	)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i, s := range cases {
		cfg := scriptedConfig(scripted(t, s))
		// Stop during the pause between attempts: stopping while the library requests
		// the capabilities of a new connection triggers a data race in the library.
		cfg.Retry = channels.Backoff{Min: time.Hour, Max: time.Hour}
		m, err := New(cfg, newMemory(channeltest.NewSink()), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		g := channels.NewGroup(nil, slog.New(slog.DiscardHandler), channels.Backoff{})
		g.Add("x", m)
		runOnce(t, g, i)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("cases=%d heap_delta=%d KiB", len(cases), (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("the heap has grown by %d octets", grown)
	}
}

// A slow server may take longer than the silence limit as long as it makes progress.
func TestSlowServer(t *testing.T) {
	sink := channeltest.NewSink()
	body := strings.Repeat("x", 40)
	addr := serve(t, func(conn net.Conn, command string) (string, string) {
		if !strings.HasPrefix(command, "UID FETCH") || !strings.Contains(command, "BODY") {
			return polite(command)
		}
		fmt.Fprintf(conn, "* 1 FETCH (UID 1 BODY[] {%d}\r\n", len(body))
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := range body { // 0.4 s
			<-tick.C
			io.WriteString(conn, body[i:i+1])
		}
		return ")\r\n" + fetchAnswer("UID FETCH 2:3 BODY[]", "{12}\r\nSubject: x\r\n"), "OK"
	})
	cfg := scriptedConfig(addr)
	group, _ := pull(t, cfg, newMemory(sink))
	raws := sink.Await(t, 3)
	if string(raws[0].Bytes) != body || raws[0].State != desk.RawPending {
		t.Errorf("item %+v", raws[0])
	}
	if status := group.Statuses()[0]; status.State == channels.StateFailing {
		t.Errorf("status %+v", status)
	}
}

// A server that sends an endless response is disconnected before it fills the memory.
func TestEndlessResponse(t *testing.T) {
	for _, verb := range []string{"CAPABILITY", "LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			written := make(chan int, 1000)
			addr := serve(t, func(conn net.Conn, command string) (string, string) {
				if !strings.HasPrefix(command, verb) {
					return polite(command)
				}
				n, chunk := 0, []byte(strings.Repeat("A", 1<<16))
				io.WriteString(conn, "* OK ")
				for {
					m, err := conn.Write(chunk)
					if n += m; err != nil || n > 64<<20 {
						written <- n
						return "", ""
					}
				}
			})
			group, _ := pull(t, scriptedConfig(addr), newMemory(channeltest.NewSink()))
			if n := <-written; n > 32<<20 { // most of it is in the socket buffers
				t.Errorf("read %d octets of an endless response", n)
			}
			if status := awaitState(t, group, channels.StateFailing); !strings.Contains(status.LastError, "far more") {
				t.Errorf("status %+v", status)
			}
		})
	}
}

// runOnce runs a group until its channel has reported a state, and then expects it to
// stop on request.
func runOnce(t *testing.T, g *channels.Group, number int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(time.Minute); g.Statuses()[0].State == channels.StateStarting; <-tick.C {
		if time.Now().After(late) {
			t.Fatalf("case %d: no state was reported", number)
		}
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("case %d: %v", number, err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("case %d: hung", number)
	}
}
