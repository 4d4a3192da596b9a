package gateway

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/v2"
)

var (
	place    = regexp.MustCompile(`\[\d+\]`)
	duration = reflect.TypeFor[time.Duration]()
)

// field is a key of the configuration: "smtp.addr", "mailbox[].user".
type field struct {
	key string
	typ reflect.Type
}

// fields lists every key, those of [[tables]] too.
func fields(t reflect.Type, prefix string) (out []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := prefix + f.Tag.Get("koanf")
		switch {
		case f.Anonymous:
			out = append(out, fields(f.Type, prefix)...)
		case f.Type.Kind() == reflect.Struct:
			out = append(out, fields(f.Type, name+".")...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			out = append(out, fields(f.Type.Elem(), name+"[].")...)
		default:
			out = append(out, field{name, f.Type})
		}
	}
	return out
}

// unknownKey says of a key that is none what may have been meant, or what there
// is in its section.
func unknownKey(key string) Problem {
	asked, number := place.ReplaceAllString(key, "[]"), place.FindString(key)
	section := asked[:strings.LastIndex(asked, ".")+1]
	var near string
	var beside, sections []string
	best := 3 // more changes than two are another word
	for _, f := range fields(reflect.TypeFor[Config](), "") {
		at := strings.LastIndex(f.key, ".") + 1
		if f.key[:at] == section {
			beside = append(beside, f.key[at:])
		}
		if at > 0 && !slices.Contains(sections, f.key[:at-1]) {
			sections = append(sections, f.key[:at-1])
		}
		if d := changes(asked, f.key); d < best {
			best, near = d, f.key
		}
	}
	switch {
	case near != "":
		return Problem{key, "there is no such key; did you mean " + strings.Replace(near, "[]", number, 1) + "?"}
	case section == "" || len(beside) == 0:
		for i, s := range sections {
			if s, list := strings.CutSuffix(s, "[]"); list {
				sections[i] = "[[" + s + "]]"
			} else {
				sections[i] = "[" + s + "]"
			}
		}
		if section != "" {
			return Problem{key, "there is no such section; there are " + strings.Join(sections, ", ")}
		}
		return Problem{key, "there is no such key here; there are " + strings.Join(append(beside, sections...), ", ")}
	}
	return Problem{key, "there is no such key; beside it there are " + strings.Join(beside, ", ")}
}

// changes counts how many letters have to be put in, taken out or replaced to
// make b of a (Levenshtein's distance).
func changes(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// wrongType says what a key wants and what it has.
func wrongType(k *koanf.Koanf, err error) Problem {
	var bad *mapstructure.DecodeError
	if !errors.As(err, &bad) {
		return Problem{"type", err.Error()}
	}
	key := bad.Name()
	for _, f := range fields(reflect.TypeFor[Config](), "") {
		if f.key != place.ReplaceAllString(key, "[]") {
			continue
		}
		has := "it"
		if v := k.Get(key); v != nil && !strings.Contains(key, "password") {
			has = fmt.Sprintf("%#v", v)
		}
		switch kind := f.typ.Kind(); {
		case f.typ == duration:
			return Problem{key, has + " is no duration: write 30s, 5m or 1h30m"}
		case kind == reflect.Bool:
			return Problem{key, has + " is neither true nor false"}
		case kind >= reflect.Int && kind <= reflect.Uint64:
			return Problem{key, has + " is no whole number"}
		case kind == reflect.Slice:
			return Problem{key, has + ` is no list of texts: write ["one", "another"]`}
		case kind == reflect.String:
			return Problem{key, has + " is no text"}
		}
	}
	return Problem{key, errors.Unwrap(bad).Error()}
}
