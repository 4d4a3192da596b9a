package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchboard/desk/view"
	"switchboard/gateway"
	"switchboard/internal/report"
	"switchboard/store"
)

// reportCommand calculates a measure. It may run while a gateway is running.
func reportCommand() *cobra.Command {
	var flags configFlags
	var ask report.Request
	var asJSON, asCSV bool
	var list strings.Builder
	for _, m := range report.Measures {
		fmt.Fprintf(&list, "  %-19s %s\n", m.Name, m.Doc)
	}
	cmd := &cobra.Command{
		Use: "report MEASURE", Short: "Calculate a measure: how long replies took, what was resolved, which promises were kept",
		Long: "Calculate a measure about all inboxes, for the last 30 days unless --from and --to say otherwise.\nThe measures are\n\n" + list.String(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("expected one measure, such as first_response")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if ask.Measure = args[0]; asJSON && asCSV {
				return usageError{errors.New("--json and --csv exclude each other")}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				m, r, err := gateway.Report(ctx, st, ask)
				var wrong *report.Error
				switch out := cmd.OutOrStdout(); {
				case errors.As(err, &wrong):
					if _, name, _ := strings.Cut(wrong.Location, "query."); name != "" {
						return usageError{fmt.Errorf("--%s: %w", name, err)}
					}
					return usageError{err}
				case err != nil:
					return noPolicy(err)
				case asJSON:
					enc := json.NewEncoder(out)
					enc.SetIndent("", "  ")
					return enc.Encode(r)
				case asCSV:
					return report.WriteCSV(out, m, &r)
				default:
					return printReport(out, m, &r)
				}
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&ask.From, "from", "", "an instant, or a day such as 2026-11-01; empty for 30 days before --to")
	cmd.Flags().StringVar(&ask.To, "to", "", "before that instant or day; empty for now")
	cmd.Flags().StringVar(&ask.Period, "period", "", "instead of --from and --to: "+strings.Join(report.PeriodNames(), ", "))
	cmd.Flags().BoolVar(&ask.Previous, "previous", false, "the period before --period")
	cmd.Flags().StringVar(&ask.TZ, "tz", "", "time zone of days and hours, such as Europe/Berlin; empty for UTC")
	cmd.Flags().StringVar(&ask.By, "by", "", strings.Join(report.Groupings, ", ")+"; empty for what is usual for the measure")
	cmd.Flags().StringVar(&ask.Clock, "clock", "", "wall, or business for durations in business time; empty for wall")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print CSV")
	return cmd
}

// printReport prints the columns of the CSV as a table.
func printReport(out io.Writer, m report.Measure, r *view.MeasureReport) error {
	var text bytes.Buffer
	if err := report.WriteCSV(&text, m, r); err != nil {
		return err
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, cells := range rows {
		for j, cell := range cells {
			if i == 0 {
				cells[j] = strings.ToUpper(cell)
			} else if cell == "" {
				cells[j] = "-"
			}
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}
