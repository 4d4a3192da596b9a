// Package mailjson parses mail files and writes the result as JSON, for the command line.
package mailjson

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"switchboard/desk"
	"switchboard/htmlview"
	"switchboard/internal/mailarchive"
	"switchboard/normalize"
)

// timeout bounds the parsing of one file.
const timeout = 10 * time.Second

// Verifier verifies a signature of a mail received at a time.
type Verifier func(*desk.Signed, time.Time) *desk.Signature

// parsedFile is one line of the command's output.
type parsedFile struct {
	File          string             `json:"file"`
	MessageID     string             `json:"message_id"`
	InReplyTo     []string           `json:"in_reply_to"`
	References    []string           `json:"references"`
	From          []desk.Address     `json:"from"`
	Sender        []desk.Address     `json:"sender"`
	ReplyTo       []desk.Address     `json:"reply_to"`
	To            []desk.Address     `json:"to"`
	CC            []desk.Address     `json:"cc"`
	BCC           []desk.Address     `json:"bcc"`
	Subject       string             `json:"subject"`
	Date          string             `json:"date"`
	Text          string             `json:"text"`
	HTML          string             `json:"html"`
	ReplyText     string             `json:"reply_text"`
	Attachments   []parsedAttachment `json:"attachments"`
	AutoSubmitted desk.AutoSubmitted `json:"auto_submitted"`
	ListID        string             `json:"list_id,omitempty"`
	Report        *desk.Report       `json:"report,omitempty"`
	Signed        *parsedSignature   `json:"signed,omitempty"`
	Signature     *desk.Signature    `json:"signature,omitempty"`
	Problems      []desk.Problem     `json:"problems"`
}

type parsedAttachment struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
	ContentID   string `json:"content_id"`
	Inline      bool   `json:"inline"`
	SHA256      string `json:"sha256"`
}

type parsedSignature struct {
	Kind   desk.SignatureKind `json:"kind"`
	Covers desk.Coverage      `json:"covers"`
	Author string             `json:"author"`
	Footer string             `json:"footer"`
	Broken string             `json:"broken"`
}

// failedFile is the line of a file that could not be parsed.
type failedFile struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// Write parses the files on all cores and writes one line of JSON for each, in order; "-"
// is in. At most two files per core are in memory. The error counts the files that could
// not be read.
func Write(ctx context.Context, files []string, verify Verifier, in io.Reader, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cores := runtime.GOMAXPROCS(0)
	type job struct {
		file string
		line chan any
	}
	jobs, order := make(chan job), make(chan chan any, cores)
	go func() {
		defer close(order)
		defer close(jobs)
		for _, file := range files {
			j := job{file, make(chan any, 1)}
			select {
			case order <- j.line:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range cores {
		go func() {
			for j := range jobs {
				j.line <- parseFile(j.file, verify, in)
			}
		}()
	}
	w := bufio.NewWriterSize(out, 64<<10)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	failed := 0
	for line := range order {
		var v any
		select {
		case v = <-line:
		case <-ctx.Done():
			return ctx.Err()
		}
		if _, bad := v.(failedFile); bad {
			failed++
		}
		if err := enc.Encode(v); err != nil {
			return err
		}
		// The reader of a pipe must not wait for lines that are finished.
		if len(order) == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files could not be read", failed, len(files))
	}
	return nil
}

// parseFile returns the line of one file: a parsedFile or a failedFile.
func parseFile(file string, verify Verifier, in io.Reader) any {
	bytes, modified, cut, err := readInput(file, in)
	if err != nil {
		return failedFile{file, err.Error()}
	}
	done := make(chan any, 1)
	go func() {
		defer func() {
			if fault := recover(); fault != nil {
				done <- failedFile{file, fmt.Sprint("internal error: ", fault)}
			}
		}()
		line := parseMail(bytes, verify, modified)
		line.File = file
		if cut {
			line.Problems = append(line.Problems, desk.Problem{Code: "cut-off", Detail: fmt.Sprintf("the mail is larger than %d MiB; the rest was not read", mailarchive.MaxSize>>20)})
		}
		done <- line
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case line := <-done:
		return line
	case <-timer.C:
		return failedFile{file, "not parsed within " + timeout.String()}
	}
}

// readInput reads a file, or in for "-". cut reports that it is larger than
// mailarchive.MaxSize.
func readInput(file string, in io.Reader) (b []byte, modified time.Time, cut bool, err error) {
	modified = time.Now()
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, modified, false, withoutName(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			modified = info.ModTime()
		}
		in = f
	}
	b, err = io.ReadAll(io.LimitReader(in, mailarchive.MaxSize+1))
	if len(b) > mailarchive.MaxSize {
		b, cut = b[:mailarchive.MaxSize], true
	}
	return b, modified, cut, withoutName(err)
}

// withoutName removes the path from a file error, because the line contains it already.
func withoutName(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// parseMail returns the line of a mail without the name of its file.
func parseMail(b []byte, verify Verifier, modified time.Time) parsedFile {
	// Now is the upper limit of a plausible Date. For a missing Date, the file's own
	// time is the best estimate.
	now := time.Now().UTC()
	m := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: b, Size: int64(len(b)), ReceivedAt: now})
	if m.SentAt.Equal(now) {
		m.SentAt = modified
	}
	p := parsedFile{
		MessageID: m.MessageID, InReplyTo: list(m.InReplyTo), References: list(m.References),
		From: list(m.From), Sender: list(m.Sender), ReplyTo: list(m.ReplyTo), To: list(m.To), CC: list(m.CC), BCC: list(m.BCC),
		Subject: m.Subject, Date: m.SentAt.UTC().Format(time.RFC3339),
		Text: m.TextBody, ReplyText: m.NewText, Attachments: make([]parsedAttachment, 0, len(m.Attachments)),
		AutoSubmitted: m.AutoSubmitted, ListID: m.ListID, Report: m.Report, Problems: list(m.Problems),
	}
	if m.HTMLBody != "" {
		p.HTML = htmlview.Sanitize(m.HTMLBody)
	}
	if s := m.Signed; s != nil {
		p.Signed = &parsedSignature{s.Kind, s.Covers, s.Author, s.Footer, s.Broken}
		if verify != nil {
			p.Signature = verify(s, now)
		}
	}
	for _, a := range m.Attachments {
		p.Attachments = append(p.Attachments, parsedAttachment{
			Filename: a.Name, ContentType: a.Type, Size: a.Size, ContentID: a.CID, Inline: a.Disposition == "inline", SHA256: a.BlobID,
		})
	}
	return p
}

// list makes an empty list encode as [], not null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
