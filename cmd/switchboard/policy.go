package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/holidayfeed"
	"switchboard/internal/policies"
	"switchboard/router"
	"switchboard/store"
)

// policyCommand works on routing policies.
func policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Check, compare, publish and explain routing policies",
		Long: `Check, compare, publish and explain routing policies. Only "apply" and "pilot" change something.
diff, apply, export, history, pilot, simulate and "explain CONVERSATION" use the database, and work while
the gateway runs, and so does check if it is told where the database is; the others need
neither a database nor a configuration.`,
	}
	cmd.AddCommand(policyCheckCommand(), policyDiffCommand(), policyApplyCommand(), policyExportCommand(), policyHistoryCommand(), policyPilotCommand(), policySimulateCommand(), policyExplainCommand(), policyReplayCommand(), policyTestCommand(), policyDefaultCommand())
	return needSubcommand(cmd)
}

func policyCheckCommand() *cobra.Command {
	var flags configFlags
	var strict bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Report all problems of a routing policy",
		Long: `Report all problems of a routing policy, one per line as
FILE:LINE:COLUMN: KEY: PROBLEM. The exit status is 1 if there are any.

A policy without problems may have warnings, FILE:LINE:COLUMN: warning: KEY: WARNING:
rules that never match, inboxes to which nothing leads, and iCalendar files with
holidays that cannot be read; URLs are not fetched. With --config or --data, also
articles that it answers with and that are not published. They do not change the exit
status, except with --strict.`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := compileFile(args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			warnings := append(p.Warnings(), fileHolidays(p, args[0])...)
			if cmd.Flags().Changed("config") || cmd.Flags().Changed("data") {
				if err := withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
					missing, err := missingAnswers(ctx, st, p)
					warnings = append(warnings, missing...)
					return err
				}); err != nil {
					return err
				}
			}
			printWarnings(cmd.OutOrStdout(), args[0], warnings)
			if strict && len(warnings) > 0 {
				return fmt.Errorf("%s: %d warnings", args[0], len(warnings))
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: valid; %d tiers, %d inboxes\n", args[0], len(p.Tiers()), len(p.Inboxes()))
			return err
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&strict, "strict", false, "treat warnings as problems")
	return cmd
}

// missingAnswers returns where a policy answers with articles that are not published.
func missingAnswers(ctx context.Context, st *store.Store, p *router.Policy) ([]router.Problem, error) {
	err := policies.CheckAnswers(ctx, st, p)
	var missing *router.PolicyError
	if errors.As(err, &missing) {
		return missing.Problems, nil
	}
	return nil, err
}

func printWarnings(out io.Writer, file string, warnings []router.Problem) {
	for _, w := range warnings {
		path := ""
		if w.Path != "" {
			path = w.Path + ": "
		}
		fmt.Fprintf(out, "%s:%d:%d: warning: %s%s\n", file, w.Line, w.Column, path, w.Reason)
	}
}

func policyDefaultCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "default",
		Short: "Print the policy of a new installation",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(router.Default)
			return err
		},
	}
}

// oneFile requires the policy file as the only argument.
func oneFile(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{errors.New("expected one policy file")}
	}
	return nil
}

// compileFile compiles a policy file and prints its problems.
func compileFile(name string, out io.Writer) (*router.Policy, error) {
	doc, err := os.ReadFile(name)
	if err != nil {
		return nil, usageError{err}
	}
	p, err := router.Compile(doc)
	var invalid *router.PolicyError
	if !errors.As(err, &invalid) {
		return p, err
	}
	for _, problem := range invalid.Problems {
		fmt.Fprintf(out, "%s:%s\n", name, problem)
	}
	return nil, fmt.Errorf("%s: %d problems", name, len(invalid.Problems))
}

// fileHolidays returns what is wrong with the iCalendar files that a policy file names.
func fileHolidays(p *router.Policy, policy string) []router.Problem {
	contents, unread := map[string][]byte{}, []router.Problem{}
	for _, location := range p.HolidaySources() {
		if holidayfeed.IsURL(location) {
			continue
		}
		content, err := holidayfeed.ReadFile(filepath.Dir(policy), location)
		if err != nil {
			unread = append(unread, p.HolidayProblem(location, err))
			continue
		}
		contents[location] = content
	}
	_, problems := p.WithHolidays(contents, time.Now())
	return append(unread, problems...)
}
