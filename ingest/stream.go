package ingest

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// ErrOrder is returned by Tx.Save, wrapped, for a row that has an earlier pending row
// in its stream: the row has to wait.
var ErrOrder = desk.Errorf(desk.KindConflict, "an earlier message of the same source is still pending")

// maxHeader bounds how much of a mail is searched for its author.
const maxHeader = 64 << 10

// Stream returns the source stream of a raw item: rows of one stream are processed in
// the order in which they were accepted, on any number of nodes, and one that waits
// for another attempt holds back those behind it. A stream is a chat session, or what
// one account sends: an organization by its domain, a user of a freemail domain by
// their address. An item without a legible sender is in the stream of its endpoint.
func Stream(raw *desk.Raw) string {
	address := ""
	switch raw.Channel {
	case desk.ChannelChat:
		session, _, _ := strings.Cut(raw.SourceKey, "/")
		return string(raw.Channel) + ":" + session
	case desk.ChannelForm:
		var f struct {
			Email string `json:"email"`
		}
		if json.Unmarshal(raw.Bytes, &f) == nil {
			address = imf.NormalizeAddr(f.Email)
		}
	default:
		address = source(raw)
	}
	domain := imf.Domain(address)
	switch {
	case domain == "" || len(address) > imf.MaxAddr:
		return string(raw.Channel) + ":/" + raw.Endpoint
	case imf.Freemail(domain):
		return string(raw.Channel) + ":" + address
	}
	return string(raw.Channel) + ":" + domain
}

// source returns the address of a mail's author, or of the first recipient of a mail
// that we sent; "" if there is none. The header is searched without parsing the mail,
// because nothing may fail before the mail is journaled.
func source(raw *desk.Raw) string {
	fields := []string{"from:", "sender:"}
	if raw.Outgoing {
		fields = []string{"to:", "cc:"}
	}
	for _, name := range fields {
		for _, m := range imf.ParseAddressList(field(raw.Bytes, name), asIs) {
			if m.Addr != "" {
				return imf.NormalizeAddr(m.Addr)
			}
		}
	}
	return imf.NormalizeAddr(raw.EnvelopeFrom)
}

func asIs(s string) string { return s }

// field returns the unfolded value of the first header field with a name such as
// "from:"; "" if there is none.
func field(mail []byte, name string) string {
	mail = mail[:min(len(mail), maxHeader)]
	for len(mail) > 0 {
		line, rest, _ := bytes.Cut(mail, []byte("\n"))
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return ""
		}
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') { // RFC 5322 §2.2.3
			more, after, _ := bytes.Cut(rest, []byte("\n"))
			line, rest = mail[:len(mail)-len(rest)+len(more)], after
		}
		if len(line) >= len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			return strings.NewReplacer("\r", "", "\n", "").Replace(string(line[len(name):]))
		}
		mail = rest
	}
	return ""
}

// holds are the streams with a row that failed for a temporary reason on this node.
// Their later rows that are in memory already go back to the journal. The database has
// the last word (ErrOrder); holds only saves the attempts.
type holds struct {
	mu      sync.Mutex
	streams map[string]int64 // the fence of the claim that failed
}

// hold holds back the stream of a row that failed.
func (h *holds) hold(c *Claimed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams == nil {
		h.streams = map[string]int64{}
	}
	if c.Raw.Stream != "" {
		h.streams[c.Raw.Stream] = c.Fence
	}
}

// held reports whether a row has to go back to the journal. The journal returns the
// earliest pending row of a stream first, so a later claim from there ends the hold.
func (h *holds) held(c *Claimed) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	fence, ok := h.streams[c.Raw.Stream]
	if ok && c.Journaled && c.Fence > fence {
		delete(h.streams, c.Raw.Stream)
		return false
	}
	return ok
}
