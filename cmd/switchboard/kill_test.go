package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/smtp"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchboard/internal/mailtest"
)

// TestKilledWhileReceiving kills the program ten times while senders that retry
// deliver 250 mails; make soak-restart doubles both. Every mail that was answered with 250 must exist exactly once. The
// private database is killed with the program each time.
func TestKilledWhileReceiving(t *testing.T) {
	const senders = 4
	mails, kills := 250, 10
	if *soakLong {
		mails, kills = 500, 20
	}
	p := newProgram(t)
	p.start()

	queue := make(chan int)
	var acked sync.Map
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for n := range queue {
				p.deliver(n)
				acked.Store(n, true)
			}
		})
	}
	// The kills are spread over the deliveries, so that each happens under load.
	r := rand.New(rand.NewPCG(1, 2))
	var restarts []time.Duration
	for n := range mails {
		queue <- n
		if n%(mails/kills) == mails/kills-1 {
			<-time.After(time.Duration(r.IntN(60)) * time.Millisecond)
			p.kill()
			killed := time.Now()
			p.start()
			restarts = append(restarts, time.Since(killed))
		}
	}
	close(queue)
	wg.Wait()

	if p.kills != kills {
		t.Fatalf("%d kills, want %d", p.kills, kills)
	}
	seen := p.await(mails)
	lost, duplicates := 0, 0
	for n := range mails {
		switch seen[subject(n)] {
		case 1:
		case 0:
			lost++
		default:
			duplicates++
		}
	}
	t.Logf("kills=%d acked=%d lost=%d dup_visible=%d", p.kills, mails, lost, duplicates)
	logRestarts(t, restarts)
	if lost > 0 || duplicates > 0 {
		t.Errorf("%d lost, %d duplicates", lost, duplicates)
	}
}

// logRestarts prints the median and the maximum of the times from the end of a killed
// process until the next one was ready.
func logRestarts(t *testing.T, took []time.Duration) {
	slices.Sort(took)
	t.Logf("restart_p50=%v restart_max=%v", took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

func subject(n int) string { return fmt.Sprintf("kill test %04d", n) }

// program is the built binary on one data folder; its ports stay the same over restarts.
type program struct {
	t    *testing.T
	bin  string
	data string
	http string
	smtp string
	key  string

	mu    sync.Mutex
	cmd   *exec.Cmd
	log   *os.File // standard error of all runs; a file, so that it can be read at any time
	kills int
}

func newProgram(t *testing.T) *program {
	dir := t.TempDir()
	p := &program{t: t, bin: binary(t), data: filepath.Join(dir, "data"), http: mailtest.FreeAddr(t), smtp: mailtest.FreeAddr(t)}
	var err error
	if p.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.stop()
		p.log.Close()
	})
	return p
}

// start runs the program and waits until it is ready.
func (p *program) start() {
	p.t.Helper()
	cmd := exec.Command(p.bin, "demo", "--addr", p.http, "--smtp", p.smtp, "--imap", "127.0.0.1:0", "--data", p.data, "--json")
	cmd.Stderr = p.log
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.cmd = cmd
	p.mu.Unlock()
	var ends struct {
		APIKey string `json:"api_key"`
	}
	if err := json.NewDecoder(stdout).Decode(&ends); err != nil {
		p.t.Fatalf("the program did not start: %v\n%s", err, p.stderr())
	}
	p.key = ends.APIKey
}

// stderr returns what the program has written to standard error.
func (p *program) stderr() string {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (p *program) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	p.cmd.Wait() //nolint:errcheck // it was killed
	p.kills++
}

// stop shuts the program down cleanly.
func (p *program) stop() {
	if p.cmd == nil || p.cmd.ProcessState != nil {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the program ended with %v\n%s", err, p.stderr())
	}
}

// deliver sends a mail as a relay does, retrying until it is accepted. A permanent
// refusal fails the test.
func (p *program) deliver(n int) {
	text := fmt.Sprintf("From: user%d@killed.example\r\nTo: support@demo.example\r\nSubject: %s\r\nMessage-ID: <%d@killed.example>\r\n\r\nMail %d.\r\n",
		n%7, subject(n), n, n)
	deadline := time.Now().Add(90 * time.Second)
	for {
		err := smtp.SendMail(p.smtp, nil, "user@killed.example", []string{"support@demo.example"}, []byte(text))
		if err == nil {
			return
		}
		var refused *textproto.Error
		if errors.As(err, &refused) && refused.Code >= 500 {
			p.t.Errorf("mail %d was refused permanently: %v", n, err)
			return
		}
		if time.Now().After(deadline) {
			p.t.Errorf("mail %d could not be delivered: %v", n, err)
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

// await waits until want mails are visible, and counts them by subject.
func (p *program) await(want int) map[string]int {
	p.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		seen, total := p.subjects()
		if total >= want || time.Now().After(deadline) {
			return seen
		}
		<-time.After(100 * time.Millisecond)
	}
}

// subjects reads the whole list, page by page, and counts mails by subject.
func (p *program) subjects() (map[string]int, int) {
	seen, total, cursor := map[string]int{}, 0, ""
	for {
		req, err := http.NewRequest("GET", "http://"+p.http+"/api/v1/conversations?limit=200&q=account:killed.example&cursor="+cursor, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+p.key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			p.t.Fatal(err)
		}
		var page struct {
			Data       []struct{ Subject string }
			NextCursor *string `json:"next_cursor"`
		}
		err = json.NewDecoder(resp.Body).Decode(&page)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			p.t.Fatalf("list: %d %v", resp.StatusCode, err)
		}
		for _, c := range page.Data {
			if strings.HasPrefix(c.Subject, "kill test") {
				seen[c.Subject]++
				total++
			}
		}
		if page.NextCursor == nil {
			return seen, total
		}
		cursor = *page.NextCursor
	}
}
