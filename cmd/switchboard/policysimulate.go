package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/gateway"
	"switchboard/internal/simulation"
	"switchboard/router"
	"switchboard/store"
)

func policySimulateCommand() *cobra.Command {
	var flags configFlags
	var since string
	var staff []string
	var opt simulation.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use: "simulate FILE", Short: "Show what a policy would have done with the conversations of the last weeks",
		Long: `Replay stored conversations through a policy file, with the facts that were stored with
each decision, next to the live policy: which would go to another inbox and by which rules,
and the load of each inbox. Nothing is changed.

With --staff, also the expected wait until an agent begins, and how many promises of a first
response would have been broken: --staff billing=3,mon:4 are three agents while the inbox is
open, and four on Mondays. Each conversation takes an agent --handling on average.`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			period, err := router.ParseDuration(since)
			if err != nil || period <= 0 {
				return usageError{fmt.Errorf("--since: %q is not a duration such as 30d or 12h", since)}
			}
			if opt.Handling <= 0 || opt.Variation < 0 {
				return usageError{errors.New("--handling must be more than 0, and --variation not less")}
			}
			opt.Staff = simulation.Staff{}
			for _, s := range staff {
				if err := opt.Staff.ParseStaff(s); err != nil {
					return usageError{fmt.Errorf("--staff: %w", err)}
				}
			}
			draft, err := compileFile(args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			document, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			for inbox := range opt.Staff {
				if _, ok := draft.Inbox(inbox); !ok {
					return usageError{fmt.Errorf("--staff: the policy has no inbox %q", inbox)}
				}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				r, err := gateway.Simulate(ctx, st, string(document), time.Now().Add(-period), opt)
				if err != nil {
					return noPolicy(err)
				}
				if asJSON {
					enc := json.NewEncoder(cmd.OutOrStdout())
					enc.SetIndent("", "  ")
					return enc.Encode(r)
				}
				return printSimulation(cmd.OutOrStdout(), &r)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&since, "since", "30d", "how far back")
	cmd.Flags().StringArrayVar(&staff, "staff", nil, "agents of an inbox, such as billing=3,mon:4; may be repeated")
	cmd.Flags().DurationVar(&opt.Handling, "handling", 15*time.Minute, "mean time that an agent needs for a conversation")
	cmd.Flags().Float64Var(&opt.Variation, "variation", 1, "coefficient of variation of that time")
	cmd.Flags().IntVar(&opt.MostMoved, "list", 20, "how many of the conversations that move are listed")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printSimulation prints tables.
func printSimulation(out io.Writer, r *simulation.SimulationResult) error {
	fmt.Fprintf(out, "%d conversations: %d go to another inbox, %d stay with another priority, SLA policy or segment\n", r.Conversations, r.Moved, r.Changed)
	if r.Piloted > 0 {
		fmt.Fprintf(out, "%d were decided by the draft of a pilot; here they are what the live version and the file would have made of them\n", r.Piloted)
	}
	if r.Unexplained > 0 {
		fmt.Fprintf(out, "%d were sent elsewhere by the live version than it would send them now: their facts have changed since, or were not stored\n", r.Unexplained)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(r.Moves) > 0 {
		fmt.Fprintln(w, "\nCOUNT\tFROM\tTO\tRULE BEFORE\tRULE AFTER")
	}
	for _, m := range r.Moves {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", m.Count, m.From, m.To, m.RuleBefore, m.RuleAfter)
	}
	if len(r.List) > 0 {
		fmt.Fprintln(w, "\nCONVERSATION\tOPENED\tFROM\tTO")
	}
	for _, m := range r.List {
		fmt.Fprintf(w, "#%d\t%s\t%s\t%s\n", m.Number, m.At.UTC().Format(time.RFC3339), m.Before.Inbox, m.After.Inbox)
	}
	fmt.Fprintln(w, "\nINBOX\tPOLICY\tCONVERSATIONS\tBUSIEST HOUR\tMEAN WAIT\tBREACHES\tOF PROMISED")
	for _, in := range r.Inboxes {
		for _, side := range []struct {
			name string
			load simulation.SimulatedLoad
		}{{"live", in.Before}, {"draft", in.After}} {
			wait, breaches := "-", "-"
			if side.load.Staffed {
				wait, breaches = (time.Duration(side.load.MeanWaitS) * time.Second).String(), fmt.Sprint(side.load.Breaches)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%d\n", in.Inbox, side.name, side.load.Conversations, side.load.Busiest, wait, breaches, side.load.Promised)
		}
	}
	return w.Flush()
}
