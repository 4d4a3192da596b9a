// Package csvfile reads lists of accounts from CSV files (RFC 4180). It is pure.
package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/accounts"
	"switchboard/internal/nearest"
)

// MaxRows bounds a file.
const MaxRows = 10_000

// columns are the columns of a file other than attributes.
var columns = []string{"name", "domains", "plan", "tags", "owner", "timezone", "external_id"}

// attributePrefix begins the columns of attributes: attributes.arr, or with a type
// attributes.customer_number:string.
const attributePrefix = "attributes."

// Read reads a CSV file (RFC 4180) with a header, separated by commas, semicolons or
// tabs. An empty cell leaves the property as it is. The error concerns the whole file; it
// names the line and the column.
func Read(text []byte) ([]accounts.Row, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, fileError(invalidLine(text), "", "the file is not UTF-8: export it as UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		return nil, fileError(1, "", "the file has no header with the names of the columns")
	}
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	var rows []accounts.Row
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			return nil, fileError(syntax.Line, "", "a quotation mark is missing, or not at the beginning or end of a cell: inside a quoted cell, write it twice")
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if len(rows) == MaxRows {
			return nil, fileError(line, "", fmt.Sprintf("the file has more than %d lines: split it", MaxRows))
		}
		if blank(cells) {
			continue
		}
		rows = append(rows, readRow(line, header, cells))
	}
}

func fileError(line int, column, reason string) error {
	if column != "" {
		reason = fmt.Sprintf("column %s: %s", column, reason)
	}
	return desk.Errorf(desk.KindInvalid, "line %d: %s", line, reason)
}

// invalidLine is the line with the first octets that are not UTF-8.
func invalidLine(text []byte) int {
	line := 1
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		text = text[n:]
	}
	return line
}

// separator is the one that the header uses most.
func separator(text []byte) rune {
	header, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', bytes.Count(header, []byte(","))
	for _, c := range []rune{';', '\t'} {
		if n := bytes.Count(header, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// checkHeader normalizes the names of the columns, and checks them.
func checkHeader(header []string) error {
	for i, cell := range header {
		name := strings.ToLower(strings.TrimSpace(cell))
		attribute, isAttribute := strings.CutPrefix(name, attributePrefix)
		attribute, kind, typed := strings.Cut(attribute, ":")
		switch {
		case slices.Contains(header[:i], name):
			return fileError(1, name, "exists twice")
		case isAttribute && !accounts.ValidAttribute(attribute):
			return fileError(1, name, "is not a valid name of an attribute: use lower-case letters, digits and underscores, beginning with a letter")
		case isAttribute && typed && !slices.Contains(kinds, kind):
			return fileError(1, name, fmt.Sprintf("the type %q must be one of %s", kind, strings.Join(kinds, ", ")))
		case !isAttribute && !slices.Contains(columns, name):
			return fileError(1, cell, "is unknown: the columns are "+strings.Join(columns, ", ")+" and attributes.NAME"+nearest.Hint(name, columns))
		}
		header[i] = name
	}
	if !slices.Contains(header, "name") && !slices.Contains(header, "external_id") && !slices.Contains(header, "domains") {
		return fileError(1, "", "one of the columns name, external_id and domains is required, to find the accounts")
	}
	return nil
}

// readRow reads the cells of a line.
func readRow(line int, header, cells []string) accounts.Row {
	row := accounts.Row{Line: line}
	if len(cells) > len(header) {
		row.Problem = &accounts.RowProblem{Reason: fmt.Sprintf("has %d cells, but the header has %d: quote cells that contain the separator", len(cells), len(header))}
		return row
	}
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		if reason := set(&row, header[i], cell); reason != "" && row.Problem == nil {
			row.Problem = &accounts.RowProblem{Column: header[i], Reason: reason}
		}
	}
	return row
}

// set sets the property of a line that a column is about.
func set(r *accounts.Row, column, cell string) (reason string) {
	c := &r.Change
	switch column {
	case "name":
		c.Name = &cell
	case "domains":
		list := splitList(cell, " ,;")
		c.Domains, c.AddDomains = &list, true
	case "tags":
		list := splitList(cell, ",;")
		c.Tags = &list
	case "plan":
		c.Plan = &cell
	case "owner":
		r.Owner = strings.ToLower(cell)
	case "timezone":
		c.Timezone = &cell
	case "external_id":
		c.ExternalID = &cell
	default:
		name, kind, _ := strings.Cut(strings.TrimPrefix(column, attributePrefix), ":")
		value, reason := typedValue(cell, kind)
		if reason != "" {
			return reason
		}
		if c.Attributes == nil {
			c.Attributes = map[string]any{}
		}
		c.Attributes[name] = value
	}
	return ""
}

func splitList(cell, separators string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(separators, r) }),
		func(s string) bool { return strings.TrimSpace(s) == "" })
}

// kinds are the types of attributes.
var kinds = []string{"string", "number", "bool"}

// typedValue reads the value of an attribute. Without a type, what looks like a number is
// one, unless it begins with a zero, as telephone and customer numbers do.
func typedValue(cell, kind string) (any, string) {
	number, err := strconv.ParseFloat(cell, 64)
	isNumber := err == nil && !strings.ContainsAny(cell, "xXpP_nNiI")
	lower := strings.ToLower(cell)
	switch kind {
	case "number":
		if !isNumber {
			return nil, fmt.Sprintf("%q is not a number such as 50000 or 12.5", cell)
		}
		return number, ""
	case "bool":
		switch lower {
		case "true", "yes", "1":
			return true, ""
		case "false", "no", "0":
			return false, ""
		}
		return nil, fmt.Sprintf("%q is not true or false", cell)
	case "string":
		return cell, ""
	}
	zeros := len(cell) > 1 && cell[0] == '0' && cell[1] != '.'
	switch {
	case isNumber && !zeros && cell[0] != '+':
		return number, ""
	case lower == "true" || lower == "false":
		return lower == "true", ""
	}
	return cell, ""
}

// ParseAttribute reads an attribute as NAME=VALUE, with an optional type as in the columns
// of a file. An empty value is nil, which removes it.
func ParseAttribute(text string) (name string, value any, reason string) {
	name, cell, ok := strings.Cut(text, "=")
	name, kind, typed := strings.Cut(strings.TrimSpace(name), ":")
	switch cell = strings.TrimSpace(cell); {
	case !ok:
		return name, nil, "write it as NAME=VALUE"
	case typed && !slices.Contains(kinds, kind):
		return name, nil, fmt.Sprintf("the type %q must be one of %s", kind, strings.Join(kinds, ", "))
	case cell == "":
		return name, nil, ""
	}
	value, reason = typedValue(cell, kind)
	return name, value, reason
}
