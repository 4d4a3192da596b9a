package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"switchboard/desk/view"
)

// WriteCSV writes a report as CSV (RFC 4180): a line with the names of the columns, and a
// line for each row. A value that a row does not have is an empty cell.
func WriteCSV(w io.Writer, m Measure, r *view.MeasureReport) error {
	names := []string{"key", "name"}
	if r.By == "week" || r.By == "day" || r.By == "hour" {
		names = append(names, "start", "end")
	}
	if slices.Contains(m.Columns, "detail") {
		names = append(names, "detail")
	}
	for _, c := range m.Columns {
		if c != "detail" {
			names = append(names, c)
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(names); err != nil {
		return err
	}
	for i := range r.Data {
		cells, err := cellsOf(&r.Data[i], names)
		if err != nil {
			return err
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cellsOf returns the values of a row as its JSON has them.
func cellsOf(row *view.ReportRow, names []string) ([]string, error) {
	text, err := json.Marshal(row)
	if err != nil {
		return nil, err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	cells := make([]string, len(names))
	for i, name := range names {
		value := values[name]
		if len(value) > 0 && value[0] == '"' {
			if err := json.Unmarshal(value, &cells[i]); err != nil {
				return nil, err
			}
			cells[i] = safe(cells[i])
			continue
		}
		cells[i] = string(value)
	}
	return cells, nil
}

// safe returns a text that no spreadsheet takes for a formula.
func safe(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
