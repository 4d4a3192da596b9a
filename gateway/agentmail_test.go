package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/smtp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"switchboard/config"
	"switchboard/internal/credential"
)

// mailProgram is a mail program as a user has it: it keeps a copy of the folder that is open, and believes what the server
// tells it. It reads the responses in their order, which imapclient does not.
type mailProgram struct {
	t     *testing.T
	conn  net.Conn
	in    *bufio.Reader
	n     int
	box   string
	uids  []int // 0: not read yet
	flags map[int]string
}

func openProgram(r *running, email, password string) *mailProgram {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.at.AgentIMAPAddr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	p := &mailProgram{t: r.t, conn: conn, in: bufio.NewReader(conn)}
	p.do("LOGIN %s %s", email, password)
	return p
}

var (
	expunged = regexp.MustCompile(`^\* (\d+) EXPUNGE`)
	exists   = regexp.MustCompile(`^\* (\d+) EXISTS`)
	fetched  = regexp.MustCompile(`^\* (\d+) FETCH \(.*?UID (\d+)(?: FLAGS \((.*?)\))?`)
	literal  = regexp.MustCompile(`\{(\d+)\}\r\n$`)
)

// do carries out a command, and returns its result, and fails unless it succeeds.
func (p *mailProgram) do(format string, args ...any) {
	p.t.Helper()
	if result := p.try(format, args...); !strings.HasPrefix(result, "OK") {
		p.t.Fatalf(format+": %s", append(args, result)...)
	}
}

// try carries out a command, does what the responses say, and returns the result.
func (p *mailProgram) try(format string, args ...any) string {
	p.t.Helper()
	p.n++
	tag := fmt.Sprintf("t%d ", p.n)
	fmt.Fprintf(p.conn, tag+format+"\r\n", args...)
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			p.t.Fatal(err)
		}
		p.respond(line)
		for m := literal.FindStringSubmatch(line); m != nil; m = literal.FindStringSubmatch(line) {
			size, _ := strconv.ParseInt(m[1], 10, 64)
			if _, err := io.CopyN(io.Discard, p.in, size); err != nil {
				p.t.Fatal(err)
			}
			if line, err = p.in.ReadString('\n'); err != nil {
				p.t.Fatal(err)
			}
		}
		if result, ok := strings.CutPrefix(line, tag); ok {
			return strings.TrimSpace(result)
		}
	}
}

// respond does what a response says.
func (p *mailProgram) respond(line string) {
	number := func(text string) int { n, _ := strconv.Atoi(text); return n }
	if m := expunged.FindStringSubmatch(line); m != nil {
		n := number(m[1])
		if n > len(p.uids) {
			p.t.Fatalf("EXPUNGE %d of %d messages", n, len(p.uids))
		}
		delete(p.flags, p.uids[n-1])
		p.uids = slices.Delete(p.uids, n-1, n)
	}
	if m := exists.FindStringSubmatch(line); m != nil {
		if number(m[1]) < len(p.uids) {
			p.t.Fatalf("%s after %d messages", line, len(p.uids))
		}
		for len(p.uids) < number(m[1]) {
			p.uids = append(p.uids, 0)
		}
	}
	if m := fetched.FindStringSubmatch(line); m != nil {
		n, uid := number(m[1]), number(m[2])
		if n > len(p.uids) || p.uids[n-1] != 0 && p.uids[n-1] != uid {
			p.t.Fatalf("%s of %v", line, p.uids)
		}
		p.uids[n-1] = uid
		if strings.Contains(m[0], " FLAGS ") {
			list := strings.Fields(m[3])
			slices.Sort(list)
			p.flags[uid] = strings.Join(list, " ")
		}
	}
}

func (p *mailProgram) open(box string) {
	p.t.Helper()
	p.box, p.uids, p.flags = box, nil, map[int]string{}
	p.do("SELECT %q", box)
	p.read()
}

// read asks for what the program does not know, and for no flags that it does.
func (p *mailProgram) read() {
	p.t.Helper()
	p.do("NOOP")
	if first := slices.Index(p.uids, 0); first >= 0 {
		p.do("FETCH %d:* (UID FLAGS)", first+1)
	}
}

// appPassword makes an app password for an agent, and returns it.
func (r *running) appPassword(email string) string {
	r.t.Helper()
	a, _, err := r.at.Store().AgentByEmail(r.t.Context(), email)
	if err != nil {
		r.t.Fatal(err)
	}
	secret := credential.NewAppPassword()
	if _, err := r.at.Store().CreateAppPassword(r.t.Context(), "test", credential.Digest(secret), a); err != nil {
		r.t.Fatal(err)
	}
	return secret
}

// shown is what a program shows of a folder.
func (p *mailProgram) shown() string {
	var lines []string
	for _, uid := range p.uids {
		lines = append(lines, fmt.Sprintf("%d %s", uid, p.flags[uid]))
	}
	return strings.Join(lines, "\n")
}

// caseFlags is what is seen of one conversation: in which folder it is, how many messages it has there, whether one of the customer's is not read, and
// whether it is flagged.
type caseFlags struct {
	Box      string
	Messages int
	Unread   bool
	Flagged  bool
}

// folders reads all inboxes and Archive in a session of its own.
func folders(r *running, email, password string) map[string]caseFlags {
	r.t.Helper()
	c, err := imapclient.DialInsecure(r.at.AgentIMAPAddr().String(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(email, password).Wait(); err != nil {
		r.t.Fatal(err)
	}
	list, err := c.List("", "*", nil).Collect()
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string]caseFlags{}
	for _, l := range list {
		if l.Mailbox == "INBOX" || l.Mailbox == "Sent" || l.Mailbox == "Drafts" {
			continue
		}
		data, err := c.Select(l.Mailbox, nil).Wait()
		if err != nil {
			r.t.Fatal(err)
		}
		if data.NumMessages == 0 {
			continue
		}
		all, err := c.Fetch(imap.SeqSet{{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true, Envelope: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
		if err != nil {
			r.t.Fatal(err)
		}
		for _, m := range all {
			if body := m.BodySection[0].Bytes; int64(len(body)) != m.RFC822Size {
				r.t.Errorf("%s %d: %d octets, and RFC822.SIZE %d", l.Mailbox, m.UID, len(body), m.RFC822Size)
			}
			_, name, _ := strings.Cut(m.Envelope.Subject, "Case ")
			f := out[name]
			if f.Box != "" && f.Box != l.Mailbox {
				r.t.Errorf("case %s is in %s and in %s", name, f.Box, l.Mailbox)
			}
			f.Box, f.Flagged = l.Mailbox, slices.Contains(m.Flags, imap.FlagFlagged)
			f.Messages++
			customer := strings.HasSuffix(m.Envelope.From[0].Host, "customer.example")
			f.Unread = f.Unread || customer && !slices.Contains(m.Flags, imap.FlagSeen)
			out[name] = f
		}
	}
	return out
}

// listed is a conversation as the console's list shows it.
type listed struct {
	conversation
	Priority string
	Unread   bool
}

// console is the same as the API says it. In the list, only what is open is ever unread: silent has the others.
func (r *running) console() (out map[string]caseFlags, silent []string) {
	r.t.Helper()
	out = map[string]caseFlags{}
	for _, q := range []string{"is:open", "is:pending", "is:snoozed", "is:resolved", "is:closed"} {
		var page struct{ Data []listed }
		r.call("GET", "/conversations?limit=200&q="+url.QueryEscape(q), nil, &page)
		for _, c := range page.Data {
			_, name, ok := strings.Cut(c.Subject, "Case ")
			if !ok {
				continue
			}
			f := caseFlags{Box: c.Inbox.Name, Messages: len(r.messages(c.ID)), Unread: c.Unread, Flagged: c.Priority == "high" || c.Priority == "urgent"}
			if c.Status == "resolved" || c.Status == "closed" {
				f.Box = "Archive"
			}
			out[name] = f
			if c.Status != "open" {
				silent = append(silent, name)
			}
		}
	}
	return out, silent
}

// TestMailProgramsAgreeWithTheConsole: two programs of one agent, and the console, do at random what agents and customers do.
// At every checkpoint all of them show the same.
func TestMailProgramsAgreeWithTheConsole(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *config.Config) { c.AgentMail = config.AgentMail{IMAP: "127.0.0.1:0", Submission: "127.0.0.1:0"} })
	password := r.appPassword("ana@desk.example")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const cases = 12
	write := func(n int, text, inReplyTo string) string {
		id := fmt.Sprintf("%d.%d@customer.example", n, random.Uint32())
		mail := fmt.Sprintf("From: <jo%d@customer.example>\r\nTo: support@desk.example\r\nSubject: Case %d\r\nMessage-ID: <%s>\r\n", n, n, id)
		if inReplyTo != "" {
			mail += "In-Reply-To: <" + inReplyTo + ">\r\n"
		}
		if err := smtp.SendMail(r.smtp, nil, fmt.Sprintf("jo%d@customer.example", n), []string{"support@desk.example"}, []byte(mail+"\r\n"+text+"\r\n")); err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := make([]string, cases)
	for n := range cases {
		first[n] = write(n, "Help", "")
	}
	find := func(n int) listed {
		var page struct{ Data []listed }
		r.call("GET", "/conversations?q="+url.QueryEscape(fmt.Sprintf(`from:jo%d@customer.example`, n)), nil, &page)
		if len(page.Data) != 1 {
			return listed{}
		}
		return page.Data[0]
	}
	for n := range cases {
		r.eventually(fmt.Sprintf("case %d", n), func() bool { return find(n).ID != "" })
	}
	one, two := openProgram(r, "ana@desk.example", password), openProgram(r, "ana@desk.example", password)
	var inboxes struct{ Data []struct{ Key, Name string } }
	r.call("GET", "/inboxes", nil, &inboxes)
	boxes := []string{"Archive", "INBOX"}
	for _, i := range inboxes.Data {
		boxes = append(boxes, i.Name)
	}
	home := find(0).Inbox.Name
	one.open(home)
	two.open(home)
	check := func(step string) {
		t.Helper()
		want, silent := r.console()
		got := folders(r, "ana@desk.example", password)
		for _, name := range silent {
			f := want[name]
			f.Unread = got[name].Unread
			want[name] = f
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%s (seed %d):\nIMAP    %v\nconsole %v", step, seed, got, want)
		}
		for _, p := range []*mailProgram{one, two} {
			fresh := openProgram(r, "ana@desk.example", password)
			fresh.open(p.box)
			p.read()
			if a, b := p.shown(), fresh.shown(); a != b {
				t.Fatalf("%s (seed %d): %s as the program has it:\n%s\nas it is:\n%s", step, seed, p.box, a, b)
			}
			fresh.conn.Close()
		}
	}
	check("at first")
	for step := range 60 {
		p := []*mailProgram{one, two}[random.IntN(2)]
		n := random.IntN(cases)
		what := ""
		pick := func() (uid int) {
			if p.read(); len(p.uids) > 0 {
				uid = p.uids[random.IntN(len(p.uids))]
			}
			return uid
		}
		switch random.IntN(9) {
		case 0:
			what = "open"
			p.open(boxes[random.IntN(len(boxes))])
		case 1, 2:
			if uid := pick(); uid > 0 {
				flag := []string{`\Seen`, `\Flagged`, `\Answered`}[random.IntN(3)]
				what = fmt.Sprintf("UID STORE %d %s (%s)", uid, []string{"+FLAGS", "-FLAGS", "+FLAGS.SILENT"}[random.IntN(3)], flag)
				if p.do(what); strings.Contains(what, "SILENT") {
					p.do("UID FETCH %d (FLAGS)", uid)
				}
			}
		case 3:
			if uid := pick(); uid > 0 {
				what = fmt.Sprintf("UID MOVE %d %q", uid, boxes[random.IntN(len(boxes))])
				what += " from " + p.box + ": " + p.try(what) // some are not allowed
			}
		case 4:
			if uid := pick(); uid > 0 {
				what = fmt.Sprintf("UID FETCH %d (BODY[] UID)", uid)
				p.do(what)
			}
		case 5:
			c := find(n)
			what = "the console reads " + c.Subject
			if code := r.call("PUT", "/conversations/"+c.ID+"/read", map[string]any{"seq": random.Int64N(c.LastSeq + 1)}, nil); code >= 300 {
				t.Fatalf("%s: %d", what, code)
			}
		case 6:
			c := find(n)
			what = "the console sets " + c.Subject
			status := []string{"open", "pending", "resolved"}[random.IntN(3)]
			r.call("POST", "/conversations/"+c.ID+"/status", map[string]any{"status": status}, nil)
			r.call("POST", "/conversations/"+c.ID+"/priority", map[string]any{"priority": []string{"low", "normal", "high", "urgent"}[random.IntN(4)]}, nil)
		case 7:
			c := find(n)
			what = "a note in " + c.Subject
			r.call("POST", "/conversations/"+c.ID+"/notes", map[string]any{"text": "A note"}, nil)
		case 8:
			before := find(n).LastSeq
			what = fmt.Sprintf("case %d writes again", n)
			write(n, "More", first[n])
			r.eventually(what, func() bool { return find(n).LastSeq > before })
		}
		if step%6 == 5 {
			check(fmt.Sprintf("step %d, after %s", step, what))
		}
	}
}
