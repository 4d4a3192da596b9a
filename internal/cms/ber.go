package cms

import "errors"

// Limits on the input. Signed mail stays far below them.
const (
	maxDepth    = 16      // nested values
	maxElements = 1 << 20 // values examined, counted each time they are examined
)

var errSyntax = errors.New("it is not a CMS structure, or it is damaged")

// Tags as encoded in the first octet: class, constructed, number.
const (
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagOID         = 0x06
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext0    = 0xa0 // [0], constructed
	constructed    = 0x20
)

// reader parses BER (X.690 section 8). RFC 5652 §10 allows BER wherever nothing is
// hashed, and programs that sign while they write use it: lengths are indefinite and
// strings are split into pieces. Go's own parser only reads DER.
type reader struct{ elements int }

// element is one value. It points into the octets it was read from.
type element struct {
	tag     byte
	content []byte
	full    []byte // with identifier and length octets
}

// next reads the value at the start of b.
func (r *reader) next(b []byte) (e element, rest []byte, err error) {
	n, head, indefinite, err := r.measure(b, 0)
	if err != nil {
		return e, nil, err
	}
	e = element{b[0], b[head:n], b[:n]}
	if indefinite {
		e.content = b[head : n-2]
	}
	return e, b[n:], nil
}

// measure returns the length n of the value at the start of b, and the length of its
// identifier and length octets, head. A value of indefinite length ends where its
// members end.
func (r *reader) measure(b []byte, depth int) (n, head int, indefinite bool, err error) {
	if r.elements++; depth > maxDepth || r.elements > maxElements || len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, 0, false, errSyntax
	}
	length := int(b[1])
	head = 2
	switch {
	case length == 0x80:
		n, err = r.members(b, depth)
		return n, head, true, err
	case length > 0x84:
		return 0, 0, false, errSyntax
	case length > 0x80:
		octets := length - 0x80
		if len(b) < head+octets {
			return 0, 0, false, errSyntax
		}
		length = 0
		for _, c := range b[head : head+octets] {
			length = length<<8 | int(c)
		}
		head += octets
	}
	if length < 0 || length > len(b)-head {
		return 0, 0, false, errSyntax
	}
	return head + length, head, false, nil
}

// members returns the position behind the two zero octets that end a value of
// indefinite length.
func (r *reader) members(b []byte, depth int) (int, error) {
	if b[0]&constructed == 0 {
		return 0, errSyntax
	}
	for n := 2; ; {
		if len(b)-n >= 2 && b[n] == 0 && b[n+1] == 0 {
			return n + 2, nil
		}
		member, _, _, err := r.measure(b[n:], depth+1)
		if err != nil {
			return 0, err
		}
		n += member
	}
}

// list reads the members of a constructed value.
func (r *reader) list(e element, limit int) (out []element, err error) {
	for rest := e.content; len(rest) > 0; {
		var member element
		if member, rest, err = r.next(rest); err != nil {
			return nil, err
		}
		if out = append(out, member); len(out) > limit {
			return nil, errSyntax
		}
	}
	return out, nil
}

// octets reads an OCTET STRING, in one piece or several.
func (r *reader) octets(e element, depth int) ([]byte, error) {
	switch {
	case depth > maxDepth:
		return nil, errSyntax
	case e.tag == tagOctetString:
		return e.content, nil
	case e.tag != tagOctetString|constructed:
		return nil, errSyntax
	}
	var out []byte
	for rest := e.content; len(rest) > 0; {
		piece, after, err := r.next(rest)
		if err != nil {
			return nil, err
		}
		b, err := r.octets(piece, depth+1)
		if err != nil {
			return nil, err
		}
		out, rest = append(out, b...), after
	}
	return out, nil
}
