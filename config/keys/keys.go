// Package keys lists the keys of a configuration struct, and explains unknown keys and
// values of the wrong type.
package keys

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

// Key is a key of the configuration and the type of its value.
type Key struct {
	Name string // "smtp.addr", "mailbox[].user"
	Type reflect.Type
}

// List returns every key of a struct with koanf tags, including those of [[tables]].
func List[Config any]() []Key { return fields(reflect.TypeFor[Config](), "") }

// fields lists the keys of a struct type below prefix.
func fields(t reflect.Type, prefix string) (out []Key) {
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
			out = append(out, Key{name, f.Type})
		}
	}
	return out
}

// Unknown explains an unknown key: with the key that was probably meant, or with the
// keys that its section has.
func Unknown(known []Key, key string) string {
	wanted, index := indexPattern.ReplaceAllString(key, "[]"), indexPattern.FindString(key)
	section := wanted[:strings.LastIndex(wanted, ".")+1]
	var nearest string
	var siblings, sections []string
	best := 3 // more than two edits are a different word
	for _, f := range known {
		at := strings.LastIndex(f.Name, ".") + 1
		if f.Name[:at] == section {
			siblings = append(siblings, f.Name[at:])
		}
		if at > 0 {
			if name := sectionName(f.Name[:at-1]); !slices.Contains(sections, name) {
				sections = append(sections, name)
			}
		}
		if d := editDistance(wanted, f.Name); d < best {
			best, nearest = d, f.Name
		}
	}
	switch {
	case nearest != "":
		return "unknown key; did you mean " + strings.Replace(nearest, "[]", index, 1) + "?"
	case section == "":
		return "unknown key; the top-level keys are " + strings.Join(append(siblings, sections...), ", ")
	case len(siblings) == 0:
		return "unknown section; the sections are " + strings.Join(sections, ", ")
	}
	return "unknown key; the keys of " + sectionName(strings.TrimSuffix(section, ".")) + " are " + strings.Join(siblings, ", ")
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

// WrongType explains a decoding error: what the key accepts and what it has. The error
// may be of another kind; then key is "".
func WrongType(known []Key, k *koanf.Koanf, err error) (key, reason string) {
	var bad *mapstructure.DecodeError
	if !errors.As(err, &bad) {
		return "", err.Error()
	}
	key = bad.Name()
	i := slices.IndexFunc(known, func(f Key) bool { return f.Name == indexPattern.ReplaceAllString(key, "[]") })
	if i < 0 {
		return key, errors.Unwrap(bad).Error()
	}
	value := "the value"
	if v := k.Get(key); v != nil && !secretPattern.MatchString(key) {
		value = fmt.Sprintf("%#v", v)
	}
	switch kind := known[i].Type.Kind(); {
	case known[i].Type == durationType:
		return key, value + " is not a valid duration: write 30s, 5m or 1h30m"
	case kind == reflect.Bool:
		return key, value + " is not true or false"
	case kind >= reflect.Int && kind <= reflect.Uint64:
		return key, value + " is not a whole number"
	case kind == reflect.Slice:
		return key, value + ` is not a list of strings: write ["one", "two"]`
	case kind == reflect.String:
		return key, value + " is not a string"
	}
	return key, errors.Unwrap(bad).Error()
}
