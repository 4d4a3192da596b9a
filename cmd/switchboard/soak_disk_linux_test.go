//go:build soakdisk

package main_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSoakDisk runs the program on a file system that becomes completely full, and kills
// it there. It needs root, who can mount one.
func TestSoakDisk(t *testing.T) {
	disk, err := os.MkdirTemp("", "switchboard-disk-")
	if err == nil {
		err = syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1200m,mode=755")
	}
	if err != nil {
		t.Fatalf("run this as root: %v", err)
	}
	p := newProgram(t)
	t.Cleanup(func() {
		p.stop()
		if err := errors.Join(syscall.Unmount(disk, 0), os.Remove(disk)); err != nil {
			t.Error(err)
		}
	})
	p.data = filepath.Join(disk, "data")
	// The database's user passes through both.
	if err := errors.Join(os.Chmod(disk, 0o755), os.Mkdir(p.data, 0o755)); err != nil {
		t.Fatal(err)
	}
	p.start()
	for n := range 20 {
		p.deliver(n)
	}
	if seen := p.await(20); len(seen) != 20 {
		t.Fatalf("%d of 20 mails are visible", len(seen))
	}
	awaitFile(t, disk, "reserve")

	filler := filepath.Join(disk, "filler")
	written := fillUp(t, filler)
	code := p.refusal()
	t.Logf("disk full after %d MiB more; SMTP answered %d", written>>20, code)
	if code != 452 {
		t.Errorf("SMTP answered %d, want 452", code)
	}
	p.kill()
	fillUp(t, filler+"2") // what the killed server may have freed
	began := time.Now()
	p.start()
	t.Logf("started on a full disk in %v", time.Since(began).Round(time.Millisecond))
	if seen, _ := p.subjects(); len(seen) != 20 {
		t.Errorf("%d of 20 mails can be read", len(seen))
	}
	if code := p.refusal(); code != 452 {
		t.Errorf("after the start SMTP answered %d, want 452", code)
	}
	if status := p.reply(); status != http.StatusCreated {
		t.Errorf("an agent's reply on the full disk: status %d", status)
	}

	if err := errors.Join(os.Remove(filler), os.Remove(filler+"2")); err != nil {
		t.Fatal(err)
	}
	p.deliver(20)
	if seen := p.await(21); len(seen) != 21 {
		t.Errorf("%d of 21 mails are visible after there is space again", len(seen))
	}
	awaitFile(t, disk, "reserve")
}

// fillUp writes a file until no space is left.
func fillUp(t *testing.T, name string) (written int64) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		n, err := f.Write(chunk)
		written += int64(n)
		switch {
		case errors.Is(err, syscall.ENOSPC):
			chunk = chunk[:len(chunk)/2]
		case err != nil:
			t.Fatal(err)
		}
	}
	return written
}

// refusal waits until a mail is refused, and returns the reply code.
func (p *program) refusal() int {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
		err := smtp.SendMail(p.smtp, nil, "user@killed.example", []string{"support@demo.example"}, []byte("Subject: refused\r\n\r\nHello.\r\n"))
		if refused := (*textproto.Error)(nil); errors.As(err, &refused) {
			return refused.Code
		}
	}
	p.t.Fatal("mail is still accepted")
	return 0
}

// reply replies to one of the conversations and returns the status.
func (p *program) reply() int {
	p.t.Helper()
	call := func(method, path, body string) (int, string) {
		req, err := http.NewRequest(method, "http://"+p.http+"/api/v1/conversations"+path, strings.NewReader(body))
		if err != nil {
			p.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+p.key)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			p.t.Fatal(err)
		}
		defer resp.Body.Close()
		var text bytes.Buffer
		io.Copy(&text, resp.Body) //nolint:errcheck // an incomplete text fails below
		return resp.StatusCode, text.String()
	}
	_, list := call("GET", "?limit=1&q=account:killed.example", "")
	_, id, _ := strings.Cut(list, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	status, text := call("POST", "/"+id+"/replies", `{"text":"We are here."}`)
	if status != http.StatusCreated {
		p.t.Logf("reply to %s: %s", id, text)
	}
	return status
}

// awaitFile waits until a file exists somewhere below a folder.
func awaitFile(t *testing.T, folder, name string) {
	t.Helper()
	within(t, time.Minute, name, func() bool {
		found := false
		//nolint:errcheck // files come and go
		filepath.WalkDir(folder, func(path string, _ os.DirEntry, _ error) error {
			found = found || filepath.Base(path) == name
			return nil
		})
		return found
	})
}
