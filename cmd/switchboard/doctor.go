package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"switchboard/config"
	"switchboard/doctor"
)

// doctorCommand checks the configuration and everything that it names.
func doctorCommand() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check everything that the configuration names and give advice", Args: cobra.NoArgs,
		Long: "Check the configuration, the database, every mailbox, the smarthost, ports, certificate, filters, DNS records, disk\n" +
			"space and clock. No mail is sent or changed. It may run while a gateway is running. The exit status is 1 if a\n" +
			"check failed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load(cmd, config.Load)
			var invalid *config.Error
			var found []doctor.Finding
			switch {
			case errors.As(err, &invalid):
				for _, p := range invalid.Problems {
					found = append(found, doctor.Finding{Check: p.Key, Verdict: doctor.Fail, Detail: p.Reason, Advice: "Correct the configuration, then run this again for the remaining checks."})
				}
			case err != nil:
				return err
			default:
				found = append([]doctor.Finding{{Check: "configuration", Verdict: doctor.OK, Detail: "valid"}}, doctor.Run(cmd.Context(), cfg, logger("error"))...)
			}
			return printFindings(cmd.OutOrStdout(), found, asJSON)
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return cmd
}

// printFindings prints the results; it returns an error if a check failed.
func printFindings(out io.Writer, found []doctor.Finding, asJSON bool) error {
	failed := 0
	for _, f := range found {
		if f.Verdict == doctor.Fail {
			failed++
		}
		if asJSON {
			continue
		}
		line := fmt.Sprintf("%-4s  %s: %s", f.Verdict, f.Check, f.Detail)
		if f.Advice != "" {
			line += "  -> " + f.Advice
		}
		fmt.Fprintln(out, line)
	}
	if asJSON {
		if err := printJSON(out, found); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(found))
	}
	return nil
}
