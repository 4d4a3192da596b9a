package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"switchboard/replay"
	"switchboard/replay/history"
	"switchboard/router"
)

func policyReplayCommand() *cobra.Command {
	var until string
	cmd := &cobra.Command{
		Use:   "replay FILE HISTORY.jsonl",
		Short: "Run a history of conversations through a policy, without a database",
		Long: `Run a history of conversations, JSON lines ordered by time, through a policy, and
print one JSON line for each conversation: where it is, its assignment history, its SLA
clocks and the escalations that fired. - reads the history from standard input.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError{errors.New("expected a policy file and a history")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var end time.Time
			if until != "" {
				var err error
				if end, err = time.Parse(time.RFC3339, until); err != nil {
					return usageError{fmt.Errorf("--until: %q is not a valid time such as 2026-03-02T17:00:00Z", until)}
				}
			}
			policy, err := os.ReadFile(args[0])
			if err != nil {
				return usageError{err}
			}
			events := cmd.InOrStdin()
			if args[1] != "-" {
				file, err := os.Open(args[1])
				if err != nil {
					return usageError{err}
				}
				defer file.Close() //nolint:errcheck // it is only read
				events = file
			}
			out := bufio.NewWriter(cmd.OutOrStdout())
			err = replay.Run(policy, events, end, out)
			var invalid *router.PolicyError
			var line *history.Error
			switch {
			case errors.As(err, &invalid):
				_, err = compileFile(args[0], cmd.OutOrStdout())
			case errors.As(err, &line):
				err = fmt.Errorf("%s:%d: %w", args[1], line.Line, line.Err)
			}
			return errors.Join(err, out.Flush())
		},
	}
	cmd.Flags().StringVar(&until, "until", "", "read clocks at this time (RFC 3339); default: the last event")
	return cmd
}
