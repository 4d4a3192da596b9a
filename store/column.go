package store

import (
	"database/sql/driver"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// column is a parameter with one column of a batch: an array for unnest. Texts,
// identifiers and bytes are sent in PostgreSQL's binary form, which needs no
// escaping, the others as an array literal (manual, 8.15.6).
type column struct {
	literal []byte
	element uint32 // OID of the elements in the binary form; 0: a literal
	length  uint32
}

// The OIDs of element types, fixed in PostgreSQL's pg_type.dat.
const (
	oidBytea = 17
	oidText  = 25
	oidUUID  = 2950
)

// arrayHeader is what array_recv (arrayfuncs.c) reads before the elements: the
// number of dimensions, flags, the element's OID; length and lower bound.
const arrayHeader = 5 * 4

// Value implements driver.Valuer. A []byte is sent as binary.
func (c *column) Value() (driver.Value, error) {
	switch {
	case c.literal == nil:
		return "{}", nil
	case c.element == 0:
		return string(append(c.literal, '}')), nil
	}
	for i, v := range [...]uint32{1, 0, c.element, c.length, 1} {
		binary.BigEndian.PutUint32(c.literal[4*i:], v)
	}
	return c.literal, nil
}

// next begins an element of the literal.
func (c *column) next() {
	if c.literal == nil {
		c.literal = append(c.literal, '{')
		return
	}
	c.literal = append(c.literal, ',')
}

// null appends NULL to a literal.
func (c *column) null() {
	c.next()
	c.literal = append(c.literal, "NULL"...)
}

// binary begins an element of size octets of the binary form; -1 is NULL.
func (c *column) binary(element uint32, size int) {
	if c.literal == nil {
		c.literal = make([]byte, arrayHeader, arrayHeader+4+max(size, 0))
		c.element = element
	}
	c.length++
	c.literal = binary.BigEndian.AppendUint32(c.literal, uint32(int32(size)))
}

// grow makes room for n elements of size octets together, so that large ones
// are copied once.
func (c *column) grow(element uint32, n int, size int64) {
	c.element = element
	c.literal = make([]byte, arrayHeader, arrayHeader+int64(4*n)+size)
}

// text appends a string, made fit for a text column.
func (c *column) text(s string) {
	s = clean(s)
	c.binary(oidText, len(s))
	c.literal = append(c.literal, s...)
}

// list appends a list as one string, to be split by string_to_array.
func (c *column) list(items []string) { c.text(strings.Join(items, unitSeparator)) }

// unitSeparator joins the items of a list; control characters are in none of them.
const unitSeparator = "\x1f"

func (c *column) json(v any) { c.text(jsonText(v)) }

// uuid appends an identifier; the zero one is NULL.
func (c *column) uuid(id [16]byte) {
	if id == [16]byte{} {
		c.binary(oidUUID, -1)
		return
	}
	c.binary(oidUUID, len(id))
	c.literal = append(c.literal, id[:]...)
}

// bytes appends a bytea.
func (c *column) bytes(b []byte) {
	c.binary(oidBytea, len(b))
	c.literal = append(c.literal, b...)
}

func (c *column) number(n int64) {
	c.next()
	c.literal = strconv.AppendInt(c.literal, n, 10)
}

func (c *column) boolean(b bool) {
	c.next()
	c.literal = strconv.AppendBool(c.literal, b)
}

// instant appends a timestamptz; the zero time is NULL.
func (c *column) instant(t time.Time) {
	if t.IsZero() {
		c.null()
		return
	}
	c.next()
	c.literal = append(c.literal, '"')
	c.literal = t.UTC().AppendFormat(c.literal, "2006-01-02T15:04:05.999999Z07:00")
	c.literal = append(c.literal, '"')
}
