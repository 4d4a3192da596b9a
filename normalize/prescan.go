package normalize

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"switchboard/internal/imf"
)

// The limits of what is read. Past them a mail is read in a shallower way and a
// problem says so; nothing is lost, because the raw bytes are kept elsewhere.
const (
	maxDepth  = 50        // nested multiparts
	maxParts  = 500       // parts of all levels
	maxHeader = 256 << 10 // octets of one header block
	maxParams = 64        // parameters of one field, continuations included
)

// part is a node of the MIME tree (RFC 2045 §2.5). Bodies are slices of the raw
// mail: cutting copies nothing.
type part struct {
	id          string // "1.2"; "" for the mail itself
	head        header
	media       string // type/subtype, lower case; never empty
	declared    bool   // a usable Content-Type was there
	params      map[string]string
	disposition string // "inline", "attachment" or ""
	name        string // file name as declared, decoded, not yet safe
	encoding    string // Content-Transfer-Encoding, lower case
	cid         string
	body        []byte // not yet decoded
	entity      []byte // header and body as they came; nil for the mail itself
	depth       int    // the mail itself is 1
	children    []*part
}

// scanner cuts a mail into parts. It visits each octet at most once a level and
// has no level beyond maxDepth, so that no mail can take it more than linear
// time; no parser of a library sees a multipart at all.
type scanner struct {
	// hint is the charset of raw 8-bit header fields; it may be empty.
	hint string
	// report receives each problem, as desk.Problem has it, possibly repeatedly.
	report func(code, detail string)
	parts  int
}

// newScanner returns a parser for one message. report must not be nil.
func newScanner(b []byte, report func(code, detail string)) *scanner {
	return &scanner{hint: headerHint(b), report: report}
}

// parse reads a whole message.
func (s *scanner) parse(b []byte) *part {
	root := &part{}
	var over bool
	root.head, root.body, over = readHeader(s.findStart(b))
	if over {
		s.report("header-too-long", fmt.Sprintf("the header is longer than %d KiB; the rest was not read", maxHeader>>10))
	}
	s.read(root, "text/plain", 1)
	return root
}

// nested reads an entity that was found inside a part: the content of an S/MIME
// signature. ok is false when it would exceed the limits of the message.
func (s *scanner) nested(outer *part, entity []byte) (inner *part, ok bool) {
	if outer.depth >= maxDepth || s.parts >= maxParts {
		return nil, false
	}
	s.parts++
	inner = &part{id: "1.1"}
	if outer.id != "" {
		inner.id = outer.id + ".1"
	}
	inner.head, inner.body, _ = readHeader(entity)
	s.read(inner, "text/plain", outer.depth+1)
	return inner, true
}

// read fills a part from its header and cuts its body. fallback is the media
// type that stands for an absent Content-Type.
func (s *scanner) read(p *part, fallback string, depth int) {
	s.describe(p, fallback)
	p.depth = depth
	if !strings.HasPrefix(p.media, "multipart/") {
		return
	}
	if depth >= maxDepth {
		s.report("too-deep", "multiparts are nested more than "+strconv.Itoa(maxDepth)+" deep; the innermost stand as text")
		p.media, p.declared = "text/plain", false
		return
	}
	s.split(p, depth)
	if len(p.children) == 0 {
		// No boundary, or none that occurs: what is there is text.
		if len(bytes.TrimSpace(p.body)) > 0 {
			s.report("no-boundary", "a multipart has no boundary that occurs in it; it was read as one part")
		}
		p.media, p.declared = "text/plain", false
		if looksHTML(p.body) {
			p.media = "text/html"
		}
	}
}

// describe reads the MIME fields of a part.
func (s *scanner) describe(p *part, fallback string) {
	contentType := p.head.get("content-type")
	media, params, over := parseParams(contentType, s.hint)
	if over {
		s.report("too-many-parameters", "a Content-Type has more than "+strconv.Itoa(maxParams)+" parameters; the rest were not read")
	}
	p.params = params
	p.media, p.declared = mediaType(media)
	if !p.declared {
		p.media = fallback
		if contentType != "" {
			s.report("content-type-broken", "a Content-Type could not be read: "+imf.OneLine(clip(contentType, 80)))
			if params["boundary"] != "" {
				p.media = "multipart/mixed"
			}
		}
	}
	disposition, dparams, over := parseParams(p.head.get("content-disposition"), s.hint)
	if over {
		s.report("too-many-parameters", "a Content-Disposition has more than "+strconv.Itoa(maxParams)+" parameters; the rest were not read")
	}
	switch {
	case strings.HasPrefix(disposition, "inline"):
		p.disposition = "inline"
	case disposition != "":
		// RFC 2183 §2.8: unknown types count as attachment.
		p.disposition = "attachment"
	}
	for _, name := range []string{dparams["filename"], params["name"], params["filename"], dparams["name"], params["file"]} {
		if name = imf.OneLine(name); name != "" {
			p.name = name
			break
		}
	}
	if p.name != "" && p.disposition == "" && dparams["filename"] != "" {
		p.disposition = "attachment"
	}
	if !p.declared && p.name != "" && p.media == "text/plain" {
		p.media = typeByName(p.name)
	}
	p.encoding = encodingName(p.head.get("content-transfer-encoding"))
	p.cid = strings.Trim(imf.OneLine(p.head.get("content-id")), "<> ")
}

// mediaType repairs a type/subtype; ok is false when nothing usable was there.
func mediaType(s string) (string, bool) {
	kind, sub, slash := strings.Cut(s, "/")
	kind, sub = token(kind), token(sub)
	switch {
	case slash && kind != "" && sub != "":
		return kind + "/" + sub, true
	case kind == "text" || kind == "plain":
		return "text/plain", true
	case kind == "html":
		return "text/html", true
	case kind == "multipart":
		return "multipart/mixed", true
	case kind == "message":
		return "message/rfc822", true
	case slash && (kind == "application" || kind == "image" || kind == "audio" || kind == "video"):
		return "application/octet-stream", true
	}
	return "", false
}

// token keeps the characters RFC 2045 allows in a token.
func token(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?=`, r) {
			return -1
		}
		return r
	}, s)
}

func encodingName(s string) string {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), `"';:,`))
	if i := strings.IndexAny(s, " \t;("); i > 0 {
		s = s[:i]
	}
	return s
}

// split cuts a multipart body at its boundary (RFC 2046 §5.1).
func (s *scanner) split(p *part, depth int) {
	body := p.body
	boundary := strings.TrimRight(p.params["boundary"], " \t")
	if boundary == "" || !bytes.Contains(body, []byte("--"+boundary)) {
		if enc := p.encoding; enc == "base64" || enc == "quoted-printable" {
			// RFC 2045 §6.4 forbids encoding a multipart; some do.
			body = decodeTransfer(body, enc)
		}
		if boundary == "" || !bytes.Contains(body, []byte("--"+boundary)) {
			boundary = guessBoundary(body)
		}
		if boundary == "" {
			return
		}
	}
	fallback := "text/plain"
	if p.media == "multipart/digest" {
		fallback = "message/rfc822" // RFC 2046 §5.1.5
	}
	pieces, closed := cutParts(body, boundary, maxParts-s.parts+1)
	if !closed {
		s.report("boundary-open", "a multipart was not closed")
	}
	for i, piece := range pieces {
		if s.parts++; s.parts > maxParts {
			s.report("too-many-parts", "more than "+strconv.Itoa(maxParts)+" parts; the rest were not read")
			return
		}
		child := &part{id: strconv.Itoa(i + 1), entity: piece}
		if p.id != "" {
			child.id = p.id + "." + child.id
		}
		var over bool
		child.head, child.body, over = readHeader(piece)
		if over {
			s.report("header-too-long", "a part's header is longer than "+strconv.Itoa(maxHeader>>10)+" KiB; the rest was not read")
		}
		if len(child.head) == 0 && len(bytes.TrimSpace(child.body)) == 0 {
			continue
		}
		s.read(child, fallback, depth+1)
		p.children = append(p.children, child)
	}
}

// cutParts returns what stands between the delimiter lines. It goes on after a
// close delimiter if more delimiters follow, as some programs nest multiparts
// under one boundary.
func cutParts(body []byte, boundary string, limit int) (pieces [][]byte, closed bool) {
	delimiter := []byte("--" + boundary)
	start := -1 // of the current piece; -1 in the preamble or after a close
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
		line, _ := cutLine(body[after:])
		final := bytes.HasPrefix(line, []byte("--"))
		if !final && len(bytes.TrimSpace(line)) > 0 {
			continue // a longer boundary that begins like this one
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

// trimLineEnd removes the one line end that belongs to the delimiter after it.
func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// guessBoundary finds the boundary of a multipart that declares none, or a wrong
// one: the first line that starts with two hyphens and has MIME fields under it.
func guessBoundary(body []byte) string {
	rest := body
	for n := 0; n < 200 && len(rest) > 0; n++ {
		var line []byte
		line, rest = cutLine(rest)
		if len(line) < 5 || !bytes.HasPrefix(line, []byte("--")) || bytes.IndexByte(line, ' ') >= 0 {
			continue
		}
		next, _ := cutLine(rest)
		if name, _, ok := cutField(next); ok && strings.HasPrefix(name, "content-") {
			return string(line[2:])
		}
	}
	return ""
}

func looksHTML(b []byte) bool {
	b = bytes.ToLower(bytes.TrimSpace(clipBytes(b, 512)))
	return bytes.HasPrefix(b, []byte("<!doctype html")) || bytes.HasPrefix(b, []byte("<html")) || bytes.HasPrefix(b, []byte("<body"))
}
