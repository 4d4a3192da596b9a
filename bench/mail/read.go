package mail

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
)

// Read is a message as a program parsed it.
type Read struct {
	File      string
	Error     string
	MessageID string `json:"message_id"`
	Date      string
	Subject   string
	From      []desk.Address
	To        []desk.Address
	Text      string
	HTML      string
	ReplyText string `json:"reply_text"`

	Attachments   []struct{ Filename string }
	AutoSubmitted desk.AutoSubmitted `json:"auto_submitted"`
	Report        *desk.Report
}

// Program runs "switchboard parse" on files and returns the results, its CPU time, and
// its peak memory.
func Program(program string, paths []string) (read []Read, cpu time.Duration, peak int64, err error) {
	// Few enough files for one command line.
	for chunk := range slices.Chunk(paths, 2000) {
		cmd := exec.Command(program, append([]string{"parse"}, chunk...)...)
		out, err := cmd.Output()
		if len(out) == 0 && err != nil {
			return nil, 0, 0, fmt.Errorf("%s parse: %w", program, err)
		}
		lines, err := decode(out)
		if err != nil {
			return nil, 0, 0, err
		}
		read = append(read, lines...)
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		peak = max(peak, residentPeak(cmd.ProcessState))
	}
	if len(read) != len(paths) {
		return nil, 0, 0, fmt.Errorf("%d results for %d messages", len(read), len(paths))
	}
	return read, cpu, peak, nil
}

// decode reads the JSON objects that the program printed.
func decode(out []byte) (read []Read, err error) {
	lines := bufio.NewReaderSize(bytes.NewReader(out), 1<<20)
	for d := json.NewDecoder(lines); d.More(); {
		var r Read
		if err := d.Decode(&r); err != nil {
			return nil, err
		}
		read = append(read, r)
	}
	return read, nil
}

// Faults counts parsing faults in a set by kind.
type Faults struct {
	Refused, Control, Names, HTML, NoID, NoDate, NoText, Subjects, Bodies, Words int
}

var word = regexp.MustCompile(`=\?[\w!#$%&'*+^{}~.-]+\?[bBqQ]\?[^?\s]*\?=`)

// Judge counts the faults in parsed messages.
func Judge(read []Read) (f Faults) {
	for _, r := range read {
		if r.Error != "" {
			f.Refused++
			continue
		}
		heads := []string{r.Subject, r.MessageID}
		for _, a := range append(slices.Clone(r.From), r.To...) {
			heads = append(heads, a.Name, a.Email)
		}
		var names []string
		for _, a := range r.Attachments {
			names = append(names, a.Filename)
		}
		heads = append(heads, names...)
		count(&f.Control, slices.ContainsFunc(heads, func(s string) bool { return strings.ContainsFunc(s, isControl) }))
		count(&f.Words, slices.ContainsFunc(heads, word.MatchString))
		count(&f.Names, slices.ContainsFunc(names, unsafeName))
		count(&f.HTML, len(Unsafe(r.HTML)) > 0)
		count(&f.NoID, r.MessageID == "")
		when, err := time.Parse(time.RFC3339, r.Date)
		count(&f.NoDate, err != nil || when.Year() < 1970)
		count(&f.NoText, strings.TrimSpace(r.Text) == "" && strings.TrimSpace(visible(r.HTML)) != "")
		count(&f.Subjects, strings.Contains(r.Subject, "\uFFFD"))
		count(&f.Bodies, strings.Contains(r.Text+r.HTML, "\uFFFD"))
	}
	return f
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

func unsafeName(s string) bool {
	return strings.ContainsAny(s, "/\\:") || strings.HasPrefix(s, ".") || strings.ContainsFunc(s, isControl)
}

// Mails writes each text as a message with one part and returns the file names.
func Mails(dir, contentType string, texts []string) ([]string, error) {
	var paths []string
	for i, text := range texts {
		path := fmt.Sprintf("%s/%05d.eml", dir, i)
		body := "From: a@one.example\r\nTo: b@two.example\r\nSubject: Re: x\r\nMessage-ID: <x@one.example>\r\nDate: Mon, 6 May 2024 10:00:00 +0000\r\n" +
			"MIME-Version: 1.0\r\nContent-Type: " + contentType + "; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
