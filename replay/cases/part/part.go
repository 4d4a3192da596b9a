// Package part compares JSON values with a part of what they should be. It is pure.
package part

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Object is a JSON object whose members keep their order. Other values are []any, string,
// json.Number, bool and nil.
type Object struct{ members []member }

type member struct {
	name  string
	value any
}

// Get returns the value of a member.
func (o *Object) Get(name string) (any, bool) {
	for _, m := range o.members {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

// Decode reads the JSON objects that follow one another in data.
func Decode(data []byte) (list []*Object, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		v, err := value(d)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", 1+bytes.Count(data[:d.InputOffset()], []byte("\n")), err)
		}
		o, ok := v.(*Object)
		if !ok {
			return nil, fmt.Errorf("line %d: must be a JSON object", 1+bytes.Count(data[:d.InputOffset()], []byte("\n")))
		}
		list = append(list, o)
	}
}

// value reads one value. io.EOF means that there is none.
func value(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := value(d)
			if err != nil {
				return nil, unexpected(err)
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, unexpected(err)
	case json.Delim('{'):
		o := &Object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, unexpected(err)
			}
			v, err := value(d)
			if err != nil {
				return nil, unexpected(err)
			}
			o.members = append(o.members, member{name.(string), v}) // the decoder accepts nothing else there
		}
		_, err := d.Token()
		return o, unexpected(err)
	}
	return t, nil
}

// unexpected makes the end of the data within a value an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Encode writes a value on one line.
func Encode(out *bytes.Buffer, v any) {
	switch v := v.(type) {
	case *Object:
		out.WriteByte('{')
		for i, m := range v.members {
			if i > 0 {
				out.WriteByte(',')
			}
			Encode(out, m.name)
			out.WriteByte(':')
			Encode(out, m.value)
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			Encode(out, item)
		}
		out.WriteByte(']')
	default:
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		_ = e.Encode(v) // text, numbers and booleans always have an encoding
		out.Truncate(out.Len() - 1)
	}
}

func text(v any) string {
	var out bytes.Buffer
	Encode(&out, v)
	return out.String()
}

// Shaped returns what got says about the fields that shape has. An item of a list has the
// shape of the item at its place, or of the last one.
func Shaped(got, shape any) any {
	switch s := shape.(type) {
	case *Object:
		g, ok := got.(*Object)
		if !ok || len(s.members) == 0 {
			return got
		}
		o := &Object{}
		for _, m := range g.members {
			if w, ok := s.Get(m.name); ok {
				o.members = append(o.members, member{m.name, Shaped(m.value, w)})
			}
		}
		return o
	case []any:
		g, ok := got.([]any)
		if !ok || len(s) == 0 {
			return got
		}
		list := []any{}
		for i, item := range g {
			list = append(list, Shaped(item, s[min(i, len(s)-1)]))
		}
		return list
	}
	return got
}

// Difference is how one value differs from another, a line for each place.
type Difference []string

// Add adds a line.
func (d *Difference) Add(path, format string, args ...any) {
	*d = append(*d, path+": "+fmt.Sprintf(format, args...))
}

// Compare finds where got is not what want says: objects may have more members than those
// of want, lists have as many items.
func (d *Difference) Compare(path string, got, want any) {
	switch w := want.(type) {
	case *Object:
		g, ok := got.(*Object)
		if !ok {
			break
		}
		for _, m := range w.members {
			of, ok := g.Get(m.name)
			if !ok {
				d.Add(path, "there is no field %q; the fields are %s", m.name, names(g))
				continue
			}
			d.Compare(path+"."+m.name, of, m.value)
		}
		return
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}
		if len(g) != len(w) {
			d.Add(path, "got %d items, want %d\n\tgot  %s\n\twant %s", len(g), len(w), text(g), text(w))
			return
		}
		for i := range w {
			d.Compare(path+"["+strconv.Itoa(i)+"]", g[i], w[i])
		}
		return
	default:
		if same(got, want) {
			return
		}
	}
	d.Add(path, "got %s, want %s", text(got), text(want))
}

// same compares numbers and instants by what they mean: 3600 and 3600.0, or 10:00+01:00
// and 09:00Z.
func same(got, want any) bool {
	switch w := want.(type) {
	case json.Number:
		g, ok := got.(json.Number)
		a, errA := g.Float64()
		b, errB := w.Float64()
		return ok && errA == nil && errB == nil && a == b
	case string:
		g, ok := got.(string)
		if !ok || g == w {
			return ok
		}
		a, errA := time.Parse(time.RFC3339, g)
		b, errB := time.Parse(time.RFC3339, w)
		return errA == nil && errB == nil && a.Equal(b)
	}
	_, o := got.(*Object)
	_, l := got.([]any)
	return !o && !l && got == want
}

func names(o *Object) string {
	var list []string
	for _, m := range o.members {
		list = append(list, m.name)
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}
