package config

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
	indexPattern = regexp.MustCompile(`\[\d+\]`)
	durationType = reflect.TypeFor[time.Duration]()
	// secretPattern matches keys whose values are never shown.
	secretPattern = regexp.MustCompile(`(password|secret|token)$`)
)

// field is a key of the configuration: "smtp.addr", "mailbox[].user".
type field struct {
	key string
	typ reflect.Type
}

// fields lists every key, including those of [[tables]].
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

// unknownKey reports an unknown key: with the key that was probably meant, or with
// the keys that its section has.
func unknownKey(key string) Problem {
	wanted, index := indexPattern.ReplaceAllString(key, "[]"), indexPattern.FindString(key)
	section := wanted[:strings.LastIndex(wanted, ".")+1]
	var nearest string
	var siblings, sections []string
	best := 3 // more than two edits are a different word
	for _, f := range fields(reflect.TypeFor[Config](), "") {
		at := strings.LastIndex(f.key, ".") + 1
		if f.key[:at] == section {
			siblings = append(siblings, f.key[at:])
		}
		if at > 0 {
			if name := sectionName(f.key[:at-1]); !slices.Contains(sections, name) {
				sections = append(sections, name)
			}
		}
		if d := editDistance(wanted, f.key); d < best {
			best, nearest = d, f.key
		}
	}
	switch {
	case nearest != "":
		return Problem{key, "unknown key; did you mean " + strings.Replace(nearest, "[]", index, 1) + "?"}
	case section == "":
		return Problem{key, "unknown key; the top-level keys are " + strings.Join(append(siblings, sections...), ", ")}
	case len(siblings) == 0:
		return Problem{key, "unknown section; the sections are " + strings.Join(sections, ", ")}
	}
	return Problem{key, "unknown key; the keys of " + sectionName(strings.TrimSuffix(section, ".")) + " are " + strings.Join(siblings, ", ")}
}

// sectionName writes a section as TOML does: [smtp], [[mailbox]].
func sectionName(section string) string {
	if s, list := strings.CutSuffix(section, "[]"); list {
		return "[[" + s + "]]"
	}
	return "[" + section + "]"
}

// editDistance is the Levenshtein distance of a and b, counted in bytes.
func editDistance(a, b string) int {
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

// wrongType reports a value of the wrong type: what the key accepts and what it has.
func wrongType(k *koanf.Koanf, err error) Problem {
	var bad *mapstructure.DecodeError
	if !errors.As(err, &bad) {
		return Problem{"type", err.Error()}
	}
	key := bad.Name()
	for _, f := range fields(reflect.TypeFor[Config](), "") {
		if f.key != indexPattern.ReplaceAllString(key, "[]") {
			continue
		}
		value := "the value"
		if v := k.Get(key); v != nil && !secretPattern.MatchString(key) {
			value = fmt.Sprintf("%#v", v)
		}
		switch kind := f.typ.Kind(); {
		case f.typ == durationType:
			return Problem{key, value + " is not a valid duration: write 30s, 5m or 1h30m"}
		case kind == reflect.Bool:
			return Problem{key, value + " is not true or false"}
		case kind >= reflect.Int && kind <= reflect.Uint64:
			return Problem{key, value + " is not a whole number"}
		case kind == reflect.Slice:
			return Problem{key, value + ` is not a list of strings: write ["one", "two"]`}
		case kind == reflect.String:
			return Problem{key, value + " is not a string"}
		}
	}
	return Problem{key, errors.Unwrap(bad).Error()}
}
