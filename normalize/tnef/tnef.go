// Package tnef reads TNEF ([MS-OXTNEF]), the content of the winmail.dat attachments in
// which Exchange and Outlook wrap the body and the attachments of a message.
package tnef

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"switchboard/internal/imf"
	"switchboard/normalize/charset"
	"switchboard/normalize/mimeparam"
	"switchboard/normalize/rtf"
)

// Attribute identifiers ([MS-OXTNEF] §2.1.3.2).

const (
	signature         = 0x223e9f78
	attOEMCodepage    = 0x00069007 // code page of the strings
	attBody           = 0x0002800c // plain text body
	attMAPIProps      = 0x00069003 // MAPI properties of the message
	attAttachRendData = 0x00069002 // start of an attachment
	attAttachTitle    = 0x00018010 // file name
	attAttachData     = 0x0006800f // content
	attAttachment     = 0x00069005 // MAPI properties of the attachment
)

// MAPI properties ([MS-OXPROPS]) and their types, and limits.
const (
	mapiBody        = 0x1000
	mapiRTF         = 0x1009
	mapiHTML        = 0x1013
	mapiAttachData  = 0x3701
	mapiAttachName  = 0x3704
	mapiAttachLong  = 0x3707
	mapiAttachType  = 0x370e
	mapiAttachCID   = 0x3712
	mapiDisplayName = 0x3001
	mapiTypeString8 = 0x001e
	mapiTypeUnicode = 0x001f
	mapiTypeBinary  = 0x0102
	mapiTypeObject  = 0x000d
	mapiMultiple    = 0x1000
	maxFiles        = 200
	maxProps        = 10000
	headerLength    = 9
)

// File is an attachment. Name, Type (a media type) and ContentID may be empty.
type File struct {
	Name, Type, ContentID string
	Data                  []byte
}

// Message is the content of a winmail.dat. Of the three forms of the body any may be
// empty; RichText is plain text made from RTF.
type Message struct {
	charset              string
	Body, HTML, RichText string
	Files                []File
}

// Parse parses TNEF. ok is false if b is something else; truncated data yields what
// there is.
func Parse(b []byte) (t Message, ok bool) {
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != signature {
		return t, false
	}
	for b = b[6:]; len(b) >= headerLength; {
		id, n := binary.LittleEndian.Uint32(b[1:]), int64(binary.LittleEndian.Uint32(b[5:]))
		b = b[headerLength:]
		if n > int64(len(b)) {
			n = int64(len(b)) // truncated: use what is there
		}
		t.attribute(id, b[:n])
		b = b[n:]
		b = b[min(2, len(b)):] // checksum
	}
	return t, true
}

// attribute reads one attribute of the message or of the current attachment.
func (t *Message) attribute(id uint32, data []byte) {
	last := func() *File {
		if len(t.Files) == 0 {
			t.Files = append(t.Files, File{})
		}
		return &t.Files[len(t.Files)-1]
	}
	switch id {
	case attOEMCodepage:
		if len(data) >= 4 {
			t.charset = charset.CodePage(binary.LittleEndian.Uint32(data))
		}
	case attBody:
		t.Body = t.decode(data)
	case attMAPIProps:
		t.properties(data)
	case attAttachRendData:
		if len(t.Files) < maxFiles {
			t.Files = append(t.Files, File{})
		}
	case attAttachTitle:
		if f := last(); f.Name == "" {
			f.Name = t.decode(data)
		}
	case attAttachData:
		last().Data = data
	case attAttachment:
		t.fileProperties(last(), data)
	}
}

// properties reads the MAPI properties of the message: its bodies.
func (t *Message) properties(data []byte) {
	readMAPI(data, func(id, kind uint16, value []byte) {
		switch id {
		case mapiBody:
			if t.Body == "" {
				t.Body = t.decodeAs(kind, value)
			}
		case mapiHTML:
			t.HTML = t.decodeAs(kind, value)
			if kind == mapiTypeBinary {
				t.HTML, _ = charset.ToUTF8(value, charset.FromMeta(value), true)
			}
		case mapiRTF:
			if text, ok := rtf.Decompress(value); ok {
				t.RichText = rtf.Text(text)
			}
		}
	})
}

// fileProperties reads the MAPI properties of an attachment.
func (t *Message) fileProperties(f *File, data []byte) {
	readMAPI(data, func(id, kind uint16, value []byte) {
		switch id {
		case mapiAttachLong:
			f.Name = t.decodeAs(kind, value)
		case mapiAttachName, mapiDisplayName:
			if f.Name == "" {
				f.Name = t.decodeAs(kind, value)
			}
		case mapiAttachType:
			if media, ok := mimeparam.MediaType(strings.ToLower(t.decodeAs(kind, value))); ok {
				f.Type = media
			}
		case mapiAttachCID:
			f.ContentID = strings.Trim(imf.OneLine(t.decodeAs(kind, value)), "<>")
		case mapiAttachData:
			if kind == mapiTypeObject && len(value) >= 16 {
				value = value[16:] // the interface's GUID
			}
			if len(f.Data) == 0 {
				f.Data = value
			}
		}
	})
}

func (t *Message) decode(b []byte) string {
	s, _ := charset.ToUTF8(bytes.TrimRight(b, "\x00"), t.charset, false)
	return s
}

func (t *Message) decodeAs(kind uint16, b []byte) string {
	if kind != mapiTypeUnicode {
		return t.decode(b)
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

// readMAPI calls f for each property of a MAPI property list, with the first value of
// multi-valued properties. It stops silently where the list is damaged.
func readMAPI(b []byte, f func(id, kind uint16, value []byte)) {
	c := cursor{b: b}
	count := c.u32()
	for n := uint32(0); n < count && n < maxProps && !c.failed; n++ {
		kind, id := c.u16(), c.u16()
		if id >= 0x8000 { // a named property: GUID, then a number or a name
			c.take(16)
			if c.u32() == 0 {
				c.u32()
			} else {
				c.padded(int64(c.u32()))
			}
		}
		base := kind &^ mapiMultiple
		values := uint32(1)
		variable := base == mapiTypeString8 || base == mapiTypeUnicode || base == mapiTypeBinary || base == mapiTypeObject
		if variable || kind&mapiMultiple != 0 {
			values = c.u32()
		}
		for v := uint32(0); v < values && !c.failed; v++ {
			var value []byte
			if variable {
				value = c.padded(int64(c.u32()))
			} else {
				value = c.padded(fixedSize(base))
			}
			if v == 0 && !c.failed {
				f(id, base, value)
			}
		}
	}
}

func fixedSize(kind uint16) int64 {
	switch kind {
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040: // double, currency, apptime, int64, filetime
		return 8
	case 0x0048: // GUID
		return 16
	}
	return 4
}

// cursor reads little-endian values and records reads past the end.
type cursor struct {
	b      []byte
	failed bool
}

func (c *cursor) take(n int64) []byte {
	if n < 0 || n > int64(len(c.b)) {
		c.failed, c.b = true, nil
		return nil
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) padded(n int64) []byte {
	out := c.take(n)
	c.take(min((4-n%4)%4, int64(len(c.b))))
	return out
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}
