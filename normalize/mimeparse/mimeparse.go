// Package mimeparse parses the MIME structure of a message (RFC 2045, RFC 2046) in
// linear time and under hard limits. It never fails: damaged messages are read as far
// as possible, and problems are reported.
package mimeparse

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"switchboard/internal/imf"
	"switchboard/normalize/encodedword"
	"switchboard/normalize/filename"
	"switchboard/normalize/mimeheader"
	"switchboard/normalize/mimeparam"
	"switchboard/normalize/plaintext"
	"switchboard/normalize/transfer"
)

// Limits on a message. Beyond them it is read only in part, and a problem is
// reported; nothing is lost, because the raw bytes are stored.
const (
	maxDepth = 50  // nested multiparts
	maxParts = 500 // parts at all levels
)

// Part is a node of the MIME tree (RFC 2045 §2.5). Bodies are slices of the raw
// message: nothing is copied.
type Part struct {
	ID          string // "1.2"; "" for the message itself
	Header      mimeheader.Header
	Type        string // type/subtype, lower case; never empty
	Declared    bool   // it has a usable Content-Type
	Params      map[string]string
	Disposition string // "inline", "attachment" or ""
	Name        string // declared file name, decoded; not safe to use as a path
	Encoding    string // Content-Transfer-Encoding, lower case
	ContentID   string
	Body        []byte // not decoded
	Entity      []byte // header and body as received; nil for the message itself
	Preamble    []byte // of a multipart: what is before its first part
	Epilogue    []byte // of a multipart: what is after its last part
	depth       int    // 1 for the message itself
	Children    []*Part
}

// Parser splits one message into parts. It visits each octet at most once per level
// and goes no deeper than maxDepth, so it takes linear time; multiparts are never
// given to a library.
type Parser struct {
	// HeaderCharset is the charset of raw 8-bit header fields; it may be empty.
	HeaderCharset string
	// Report receives the code and detail of each problem, as in desk.Problem. The
	// same code may be reported repeatedly.
	Report func(code, detail string)
	parts  int
}

// New returns a parser for the message b. report must not be nil.
func New(b []byte, report func(code, detail string)) *Parser {
	return &Parser{HeaderCharset: headerCharset(b), Report: report}
}

// Parse parses the message and returns its root.
func (s *Parser) Parse(b []byte) *Part {
	root := &Part{}
	var over bool
	root.Header, root.Body, over = mimeheader.Read(s.findStart(b))
	if over {
		s.Report("header-too-long", fmt.Sprintf("the header is longer than %d KiB; the rest was not read", mimeheader.MaxSize>>10))
	}
	s.read(root, "text/plain", 1)
	return root
}

// ParseNested parses an entity found inside a part, such as the content of an S/MIME
// signature. ok is false if it would exceed the limits of the message.
func (s *Parser) ParseNested(outer *Part, entity []byte) (inner *Part, ok bool) {
	if outer.depth >= maxDepth || s.parts >= maxParts {
		return nil, false
	}
	s.parts++
	inner = &Part{ID: "1.1"}
	if outer.ID != "" {
		inner.ID = outer.ID + ".1"
	}
	inner.Header, inner.Body, _ = mimeheader.Read(entity)
	s.read(inner, "text/plain", outer.depth+1)
	return inner, true
}

// read fills a part from its header and splits its body. fallback is the media type
// to use when there is no Content-Type.
func (s *Parser) read(p *Part, fallback string, depth int) {
	s.describe(p, fallback)
	p.depth = depth
	if !strings.HasPrefix(p.Type, "multipart/") {
		return
	}
	if depth >= maxDepth {
		s.Report("too-deep", "multiparts are nested more than "+strconv.Itoa(maxDepth)+" levels deep; the innermost are shown as text")
		p.Type, p.Declared = "text/plain", false
		return
	}
	s.split(p, depth)
	if len(p.Children) == 0 {
		// There is no boundary, or it never occurs: treat the body as text.
		if len(bytes.TrimSpace(p.Body)) > 0 {
			s.Report("no-boundary", "the boundary of a multipart does not occur in it; it was read as a single part")
		}
		p.Type, p.Declared = "text/plain", false
		if LooksHTML(p.Body) {
			p.Type = "text/html"
		}
	}
}

// describe reads the MIME fields of a part.
func (s *Parser) describe(p *Part, fallback string) {
	contentType := p.Header.First("content-type", s.usableType)
	media, params, over := mimeparam.Parse(contentType, s.HeaderCharset)
	if over {
		s.Report("too-many-parameters", "a Content-Type has more than "+strconv.Itoa(mimeparam.Max)+" parameters; the rest were not read")
	}
	p.Params = params
	p.Type, p.Declared = mimeparam.MediaType(media)
	if !p.Declared {
		p.Type = fallback
		if contentType != "" {
			s.Report("content-type-broken", "a Content-Type could not be parsed: "+imf.OneLine(plaintext.Clip(contentType, 80)))
			if params["boundary"] != "" {
				p.Type = "multipart/mixed"
			}
		}
	}
	disposition, dparams, over := mimeparam.Parse(p.Header.Get("content-disposition"), s.HeaderCharset)
	if over {
		s.Report("too-many-parameters", "a Content-Disposition has more than "+strconv.Itoa(mimeparam.Max)+" parameters; the rest were not read")
	}
	switch {
	case strings.HasPrefix(disposition, "inline"):
		p.Disposition = "inline"
	case disposition != "":
		// RFC 2183 §2.8: treat unknown disposition types as attachment.
		p.Disposition = "attachment"
	}
	for _, name := range []string{dparams["filename"], params["name"], params["filename"], dparams["name"], params["file"]} {
		if name = imf.OneLine(name); name != "" {
			p.Name = name
			break
		}
	}
	if p.Name != "" && p.Disposition == "" && dparams["filename"] != "" {
		p.Disposition = "attachment"
	}
	if !p.Declared && p.Name != "" && p.Type == "text/plain" {
		p.Type = filename.MediaType(p.Name)
	}
	p.Encoding = encodingName(p.Header.First("content-transfer-encoding", func(v string) bool { return transfer.Known(encodingName(v)) }))
	p.ContentID = strings.Trim(imf.OneLine(p.Header.Get("content-id")), "<> ")
}

func (s *Parser) usableType(value string) bool {
	media, _, _ := mimeparam.Parse(value, s.HeaderCharset)
	_, ok := mimeparam.MediaType(media)
	return ok
}

func encodingName(s string) string {
	if strings.HasPrefix(strings.TrimSpace(s), "=?") {
		s = encodedword.Decode(s, "")
	}
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), `"';:,`))
	if i := strings.IndexAny(s, " \t;("); i > 0 {
		s = s[:i]
	}
	return s
}

// split splits a multipart body at its boundary (RFC 2046 §5.1).
func (s *Parser) split(p *Part, depth int) {
	body := p.Body
	boundary := strings.TrimRight(p.Params["boundary"], " \t")
	if boundary == "" || !bytes.Contains(body, []byte("--"+boundary)) {
		if enc := p.Encoding; enc == "base64" || enc == "quoted-printable" {
			// RFC 2045 §6.4 forbids encoding a multipart, but it happens.
			body = transfer.Decode(body, enc)
		}
		if boundary == "" || !bytes.Contains(body, []byte("--"+boundary)) {
			boundary = guessBoundary(body)
		}
		if boundary == "" {
			return
		}
	}
	fallback := "text/plain"
	if p.Type == "multipart/digest" {
		fallback = "message/rfc822" // RFC 2046 §5.1.5
	}
	pieces, closed := cutParts(body, boundary, maxParts-s.parts+1)
	p.Preamble, p.Epilogue = around(body, boundary, closed)
	if !closed {
		s.Report("boundary-open", "a multipart has no closing boundary")
	}
	for i, piece := range pieces {
		if s.parts++; s.parts > maxParts {
			s.Report("too-many-parts", "the message has more than "+strconv.Itoa(maxParts)+" parts; the rest were not read")
			return
		}
		child := &Part{ID: strconv.Itoa(i + 1), Entity: piece}
		if p.ID != "" {
			child.ID = p.ID + "." + child.ID
		}
		var over bool
		child.Header, child.Body, over = mimeheader.Read(piece)
		if over {
			s.Report("header-too-long", "the header of a part is longer than "+strconv.Itoa(mimeheader.MaxSize>>10)+" KiB; the rest was not read")
		}
		if len(child.Header) == 0 && len(bytes.TrimSpace(child.Body)) == 0 {
			continue
		}
		s.read(child, fallback, depth+1)
		p.Children = append(p.Children, child)
	}
}

// cutParts returns the pieces between the delimiter lines. It continues after a close
// delimiter if more delimiters follow, because some programs nest multiparts with the
// same boundary.
func cutParts(body []byte, boundary string, limit int) (pieces [][]byte, closed bool) {
	delimiter := []byte("--" + boundary)
	start := -1 // start of the current piece; -1 in the preamble and after a close delimiter
	for from := 0; from < len(body) && len(pieces) < limit; {
		i := bytes.Index(body[from:], delimiter)
		if i < 0 {
			break
		}
		at := from + i
		after := at + len(delimiter)
		from = after
		if at > 0 && body[at-1] != '\n' && body[at-1] != '\r' {
			continue
		}
		line, _ := plaintext.CutLine(body[after:])
		final := bytes.HasPrefix(line, []byte("--"))
		if !final && len(bytes.TrimSpace(line)) > 0 {
			continue // a longer boundary with the same prefix
		}
		if start >= 0 {
			pieces = append(pieces, trimLineEnd(body[start:at]))
		}
		from = after + len(line)
		for from < len(body) && body[from] == '\r' {
			from++
		}
		if from < len(body) && body[from] == '\n' {
			from++
		}
		start, closed = from, final
		if final {
			start = -1
		}
	}
	if start >= 0 && len(pieces) < limit {
		pieces = append(pieces, body[start:])
	}
	return pieces, closed
}

// around returns what is before the first delimiter line of a body and after the close
// delimiter (RFC 2046 §5.1.1: the preamble and the epilogue).
func around(body []byte, boundary string, closed bool) (preamble, epilogue []byte) {
	delimiter := []byte("--" + boundary)
	for at := 0; ; at += len(delimiter) {
		i := bytes.Index(body[at:], delimiter)
		if i < 0 {
			break
		}
		if at += i; at == 0 || body[at-1] == '\n' || body[at-1] == '\r' {
			preamble = trimLineEnd(body[:at])
			break
		}
	}
	if closed {
		if i := bytes.LastIndex(body, append(delimiter, "--"...)); i >= 0 {
			_, epilogue = plaintext.CutLine(body[i:])
		}
	}
	return preamble, epilogue
}

// trimLineEnd removes the line end that belongs to the following delimiter.
func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// guessBoundary finds the boundary of a multipart that declares none or a wrong one:
// the first line that starts with two hyphens and is followed by a MIME field.
func guessBoundary(body []byte) string {
	rest := body
	for n := 0; n < 200 && len(rest) > 0; n++ {
		var line []byte
		line, rest = plaintext.CutLine(rest)
		if len(line) < 5 || !bytes.HasPrefix(line, []byte("--")) || bytes.IndexByte(line, ' ') >= 0 {
			continue
		}
		next, _ := plaintext.CutLine(rest)
		if name, _, ok := mimeheader.CutField(next); ok && strings.HasPrefix(name, "content-") {
			return string(line[2:])
		}
	}
	return ""
}

// LooksHTML reports whether b starts as an HTML document does.
func LooksHTML(b []byte) bool {
	b = bytes.ToLower(bytes.TrimSpace(plaintext.ClipBytes(b, 512)))
	return bytes.HasPrefix(b, []byte("<!doctype html")) || bytes.HasPrefix(b, []byte("<html")) || bytes.HasPrefix(b, []byte("<body"))
}
