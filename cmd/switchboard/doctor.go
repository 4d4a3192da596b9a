package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"switchboard/config"
	"switchboard/doctor"
)

func doctorCommand() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look at everything the configuration names, and say what is wrong and what to do", Args: cobra.NoArgs,
		Long: "Look at the configuration, the database, each mailbox, the smarthost, the ports, the certificate, the disk and the\n" +
			"clock. Nothing is sent and no mail is touched. It works beside a running gateway. Exits with 1 if anything failed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load(cmd, config.Load)
			var invalid *config.Error
			var found []doctor.Finding
			switch {
			case errors.As(err, &invalid):
				for _, p := range invalid.Problems {
					found = append(found, doctor.Finding{Check: p.Key, Verdict: doctor.Fail, Detail: p.Reason, Advice: "Correct the configuration, then run this again for the rest."})
				}
			case err != nil:
				return err
			default:
				found = append([]doctor.Finding{{Check: "configuration", Verdict: doctor.OK, Detail: "can be used"}}, doctor.Run(cmd.Context(), cfg, logger("error"))...)
			}
			return printFindings(cmd.OutOrStdout(), found, asJSON)
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return cmd
}

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
