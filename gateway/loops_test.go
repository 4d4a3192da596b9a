package gateway_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// loopTime is how long a loop is watched after it began; make soak-loops watches longer.
var loopTime = flag.Duration("loop-time", 3*time.Second, "how long TestMailLoops watches each loop")

// maxLoop is how many messages a loop may have, in both directions, with the first one.
const maxLoop = 4

// robot is a mail server that answers what the desk sends, as badly as there are programs.
type robot struct {
	t      *testing.T
	addr   string
	desk   string // address of the desk's SMTP server
	answer func(n int64, m *mail.Message, to, text string) (from, reply string, ok bool)

	received, sent atomic.Int64
}

// startRobot starts a robot that answers until the test ends.
func startRobot(t *testing.T, desk string, answer func(n int64, m *mail.Message, to, text string) (from, reply string, ok bool)) *robot {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &robot{t: t, addr: l.Addr().String(), desk: desk, answer: answer}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &robotSession{robot: r}, nil }))
	server.Domain = "robot.example"
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-done })
	return r
}

type robotSession struct {
	*robot
	to string
}

func (s *robotSession) Reset()                                 {}
func (s *robotSession) Logout() error                          { return nil }
func (s *robotSession) Mail(string, *gosmtp.MailOptions) error { return nil }

func (s *robotSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *robotSession) Data(body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	n := s.received.Add(1)
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return err
	}
	text, _ := io.ReadAll(m.Body)
	from, reply, ok := s.answer(n, m, s.to, string(text))
	if !ok {
		return nil
	}
	s.sent.Add(1)
	// It answers even automatic mail, to where the mail says that replies go.
	go func() {
		for range 50 {
			if err := smtp.SendMail(s.desk, nil, from, []string{"support@desk.example"}, []byte(strings.ReplaceAll(reply, "\n", "\r\n"))); err == nil {
				return
			}
			<-time.After(100 * time.Millisecond)
		}
	}()
	return nil
}

// acknowledging starts a desk that acknowledges everything that it may.
func acknowledging(t *testing.T, smtpAddr, smarthost string, addresses ...string) *running {
	t.Helper()
	return start(t, func(cfg *config.Config) {
		cfg.Policy = automaticPolicy(t, "{acknowledge: true, unverified: true, every: 1m}")
		cfg.SMTP.Addr, cfg.Smarthost = smtpAddr, config.Smarthost{Addr: smarthost, TLS: "none"}
		if len(addresses) > 0 {
			cfg.Mail.Addresses = addresses
		}
	})
}

// TestMailLoops: what answers automatic mail all the same does not keep it going.
func TestMailLoops(t *testing.T) {
	t.Parallel()
	const away = "I am out of the office and cannot read this.\n"
	for name, answer := range map[string]func(n int64, m *mail.Message, to, text string) (from, reply string, ok bool){
		"a responder without headers that answers to Reply-To": func(n int64, m *mail.Message, to, _ string) (string, string, bool) {
			return to, letter(to, m.Header.Get("Reply-To"), "Away", fmt.Sprintf("a%d@robot.example", n), away), true
		},
		"a responder without headers that answers to From": func(n int64, _ *mail.Message, to, _ string) (string, string, bool) {
			return to, letter(to, "support@desk.example", "Away", fmt.Sprintf("b%d@robot.example", n), away), true
		},
		"a responder that changes its address": func(n int64, _ *mail.Message, _, _ string) (string, string, bool) {
			from := fmt.Sprintf("agent%d@node%d.robot.example", n, n)
			return from, letter(from, "support@desk.example", fmt.Sprintf("Ticket %d", n), fmt.Sprintf("c%d@robot.example", n), fmt.Sprintf("We have opened ticket %d for you.\n", n)), true
		},
		"a responder that changes its domain, too": func(n int64, _ *mail.Message, _, _ string) (string, string, bool) {
			from := fmt.Sprintf("agent%d@robot%d.example", n, n)
			return from, letter(from, "support@desk.example", fmt.Sprintf("Ticket %d", n), fmt.Sprintf("e%d@robot.example", n), fmt.Sprintf("We have opened ticket %d for you.\n", n)), true
		},
		"a responder that changes its address and repeats the subject": func(n int64, m *mail.Message, _, text string) (string, string, bool) {
			from := fmt.Sprintf("agent%d@robot%d.example", n, n)
			return from, letter(from, "support@desk.example", "Auto: "+m.Header.Get("Subject"), fmt.Sprintf("d%d@robot.example", n), fmt.Sprintf("%s %d\n%s", strings.Repeat("word ", int(n)), n, text)), true
		},
		"a reflecting list": func(n int64, m *mail.Message, to, text string) (string, string, bool) {
			return "bounces@lists.example", letter(m.Header.Get("From"), to, m.Header.Get("Subject"), strings.Trim(m.Header.Get("Message-Id"), "<>"), text, "List-Id: <users.lists.example>"), true
		},
		"a reflecting list that writes its own address into From": func(n int64, m *mail.Message, to, text string) (string, string, bool) {
			return to, letter(to, "support@desk.example", "[users] "+m.Header.Get("Subject"), fmt.Sprintf("l%d@lists.example", n), text), true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := mailtest.FreeAddr(t)
			robot := startRobot(t, desk, answer)
			r := acknowledging(t, desk, robot.addr)
			r.post("start@robot.example", "support@desk.example", letter("start@robot.example", "support@desk.example", "Hello", "start@robot.example", "Is anybody there?"))
			r.eventually("the first acknowledgement", func() bool { return robot.received.Load() > 0 })
			<-time.After(*loopTime)
			sent, answered := robot.received.Load(), robot.sent.Load()
			t.Logf("%s: messages=%d (1 first, %d automatic by the desk, %d by the other side) in %s", name, 1+sent+answered, sent, answered, *loopTime)
			if 1+sent+answered > maxLoop || sent > 2 {
				t.Errorf("%d messages, %d of them by the desk", 1+sent+answered, sent)
			}
		})
	}
	t.Run("two desks facing each other", func(t *testing.T) {
		t.Parallel()
		one, two := mailtest.FreeAddr(t), mailtest.FreeAddr(t)
		a, b := acknowledging(t, one, two), acknowledging(t, two, one, "help@other.example")
		a.post("help@other.example", "support@desk.example", letter("help@other.example", "support@desk.example", "Hello", "start@other.example", "Is anybody there?"))
		b.eventually("the other desk has the acknowledgement", func() bool { return len(b.find("received")) > 0 })
		<-time.After(*loopTime)
		messages := 0
		for _, r := range []*running{a, b} {
			for _, c := range r.find("") {
				messages += len(r.messages(c.ID))
			}
		}
		t.Logf("two desks: messages=%d in both desks in %s", messages, *loopTime)
		if messages > maxLoop {
			t.Errorf("%d messages", messages)
		}
	})
}
