package router

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"switchboard/internal/nearest"
)

// maxDocument bounds a policy document in octets.
const maxDocument = 256 << 10

// maxNesting bounds the depth of lists and mappings: the parser's time grows with its
// square.
const maxNesting = 200

// document reads the YAML tree and collects all problems with their positions.
type document struct {
	lines    []string
	problems []Problem
}

// lineEnds normalizes line breaks (YAML 1.2 section 5.4).
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// parse returns the document's root node, nil if it is not valid YAML.
func (d *document) parse(data []byte) (root ast.Node) {
	if len(data) > maxDocument {
		d.at(1, 1, "", "the document is larger than %d octets", maxDocument)
		return nil
	}
	text := lineEnds.Replace(strings.TrimPrefix(string(data), "\ufeff"))
	d.lines = strings.Split(text, "\n")
	if line, deep := tooDeep(d.lines); deep {
		d.at(line, 1, "", "lists and mappings are nested more than %d levels deep", maxNesting)
		return nil
	}
	defer func() { // the parser may panic on malformed documents
		if r := recover(); r != nil {
			d.at(1, 1, "", "cannot be parsed as YAML: %v", r)
			root = nil
		}
	}()
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil {
			d.at(syntax.Token.Position.Line, syntax.Token.Position.Column, "", "%s", syntax.Message)
		} else {
			d.at(1, 1, "", "%v", err)
		}
		return nil
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case root == nil:
			root = doc.Body
		default:
			d.fail(doc.Body, "", "a policy must be a single YAML document, but a second one begins here")
		}
	}
	if root == nil {
		d.at(1, 1, "", "the document is empty")
	}
	return root
}

// tooDeep estimates the nesting from unclosed brackets and from lists on one line,
// without parsing. A few brackets in texts do not matter.
func tooDeep(lines []string) (line int, deep bool) {
	depth := 0
	for i, l := range lines {
		opened := strings.Count(l, "[") + strings.Count(l, "{")
		closed := strings.Count(l, "]") + strings.Count(l, "}")
		if opened > maxNesting || strings.Count(l, "- ") > maxNesting {
			return i + 1, true
		}
		if depth = max(0, depth+opened-closed); depth > maxNesting {
			return i + 1, true
		}
	}
	return 0, false
}

func (d *document) at(line, column int, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{max(line, 1), max(column, 1), path, fmt.Sprintf(format, args...)})
}

// fail records a problem at a node.
func (d *document) fail(n ast.Node, path, format string, args ...any) {
	p := position(n)
	d.at(p.Line, p.Column, path, format, args...)
}

// position returns where a node begins.
func position(n ast.Node) token.Position {
	var t *token.Token
	switch n := n.(type) {
	case nil:
	case *ast.MappingNode:
		t = n.Start
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return position(n.Values[0])
		}
	case *ast.MappingValueNode:
		if n.Key != nil {
			t = n.Key.GetToken()
		}
	default:
		t = n.GetToken()
	}
	if t == nil || t.Position == nil {
		return token.Position{Line: 1, Column: 1}
	}
	return *t.Position
}

// field is one key of a mapping.
type field struct {
	key   string
	at    ast.Node // the key
	value ast.Node
	path  string
}

// fields returns the entries of a mapping in order; ok is false if n is not a mapping.
func (d *document) fields(n ast.Node, path string) (list []field, ok bool) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		d.mustBe(n, path, "a mapping (key: value)")
		return nil, false
	}
	for _, v := range values {
		key, ok := scalar(v.Key)
		if !ok {
			d.fail(v.Key, path, "this kind of key is not allowed here")
			continue
		}
		list = append(list, field{key, v.Key, v.Value, join(path, key)})
	}
	return list, true
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// keys reads a mapping with known keys. Other keys and missing required ones are
// reported as problems.
func (d *document) keys(n ast.Node, path string, known map[string]func(field), required ...string) {
	list, ok := d.fields(n, path)
	if !ok {
		return
	}
	seen := map[string]bool{}
	for _, f := range list {
		read, ok := known[f.key]
		if !ok {
			d.fail(f.at, path, "unknown key %q: must be one of %s%s", f.key, names(known), nearest.Hint(f.key, keysOf(known)))
			continue
		}
		seen[f.key] = true
		read(f)
	}
	for _, key := range required {
		if !seen[key] {
			d.fail(n, path, "%q is missing", key)
		}
	}
}

// items returns the entries of a list with their paths. If single is set, a single
// value is accepted as a list of one.
func (d *document) items(f field, single bool) []field {
	seq, ok := f.value.(*ast.SequenceNode)
	if !ok {
		if single {
			return []field{f}
		}
		d.mustBe(orKey(f), f.path, "a list")
		return nil
	}
	list := make([]field, len(seq.Values))
	for i, v := range seq.Values {
		list[i] = field{strconv.Itoa(i), v, v, fmt.Sprintf("%s[%d]", f.path, i)}
	}
	return list
}

// mustBe records a node of the wrong kind. Anchors, aliases and tags are not supported,
// so that each part of a policy can be read by itself.
func (d *document) mustBe(n ast.Node, path, what string) {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		d.fail(n, path, "anchors, aliases and tags are not allowed here")
	default:
		d.fail(n, path, "must be %s", what)
	}
}

// orKey returns the node to report a problem at: the key if the value is missing.
func orKey(f field) ast.Node {
	if _, null := f.value.(*ast.NullNode); f.value == nil || null {
		return f.at
	}
	return f.value
}

// scalar returns a plain value's text.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// text reads a non-empty string.
func (d *document) text(f field) string {
	s, ok := scalar(f.value)
	if !ok || strings.TrimSpace(s) == "" {
		d.mustBe(orKey(f), f.path, "text")
		return ""
	}
	return s
}

// texts reads a list of strings.
func (d *document) texts(f field) []string {
	var all []string
	for _, item := range d.items(f, false) {
		if s := d.text(item); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// oneOf reads one of a fixed set of words.
func (d *document) oneOf(f field, words ...string) string {
	s := d.text(f)
	for _, w := range words {
		if s == w {
			return s
		}
	}
	if s != "" {
		d.fail(f.value, f.path, "%q must be one of %s%s", s, strings.Join(words, ", "), nearest.Hint(s, words))
	}
	return ""
}

// number reads an integer that is not less than least.
func (d *document) number(f field, least int) (int, bool) {
	if n, ok := f.value.(*ast.IntegerNode); ok {
		if v, err := strconv.Atoi(n.GetToken().Value); err == nil && v >= least && v <= math.MaxInt32 {
			return v, true
		}
	}
	d.fail(orKey(f), f.path, "must be a whole number, %d or more", least)
	return 0, false
}

// boolean reads true or false.
func (d *document) boolean(f field) bool {
	n, ok := f.value.(*ast.BoolNode)
	if !ok {
		d.fail(orKey(f), f.path, "must be true or false")
		return false
	}
	return n.Value
}

// duration reads "30m", "4h", "1h30m" or "2d", greater than zero.
func (d *document) duration(f field) time.Duration {
	s := d.text(f)
	if s == "" {
		return 0
	}
	v, err := ParseDuration(s)
	if err != nil || v <= 0 {
		d.fail(f.value, f.path, "%q is not a valid duration such as 30m, 4h or 2d", s)
		return 0
	}
	return v
}

// percent reads "80%".
func (d *document) percent(f field) float64 {
	s := d.text(f)
	digits, ok := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(digits, 64)
	if s != "" && (!ok || err != nil || !(v > 0 && v <= 1000)) {
		d.fail(f.value, f.path, "%q is not a valid percentage such as 80%%", s)
		return 0
	}
	return v
}

// ParseDuration reads a duration as the policy document has it: time.ParseDuration with
// days of 24 hours.
func ParseDuration(s string) (time.Duration, error) {
	if days, rest, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, fmt.Errorf("%q is not a valid number of days", days)
		}
		v := time.Duration(n) * 24 * time.Hour
		if rest == "" {
			return v, nil
		}
		r, err := time.ParseDuration(rest)
		return v + r, err
	}
	return time.ParseDuration(s)
}
