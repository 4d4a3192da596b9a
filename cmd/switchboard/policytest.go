package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/replay/cases"
	"switchboard/router"
)

func policyTestCommand() *cobra.Command {
	var update bool
	cmd := &cobra.Command{
		Use:   "test CASES.txtar [FILE]",
		Short: "Run examples through a policy and compare what comes of them",
		Long: `Run examples through a policy and compare what comes of them with what should. A
txtar archive has for each case its history (NAME.jsonl, as for "policy replay") and
the fields that matter of what the replay says (NAME.want). The policy is the file,
else the archive's policy.yaml, else that of a new installation.

The exit status is 1 if a case fails. --update writes the expectations that do not hold
or are missing; review them.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usageError{errors.New("expected an archive of cases, and possibly a policy file")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return usageError{err}
			}
			suite, err := cases.Parse(data)
			if err != nil {
				return usageError{fmt.Errorf("%s: %w", args[0], err)}
			}
			name, policy := args[0]+": policy.yaml", suite.Policy
			switch {
			case len(args) == 2:
				name = args[1]
				if policy, err = os.ReadFile(name); err != nil {
					return usageError{err}
				}
			case policy == nil:
				name, policy = "the default policy", router.Default
			}
			if update {
				return updateCases(cmd, suite, args[0], name, policy)
			}
			return runCases(cmd, suite, name, policy)
		},
	}
	cmd.Flags().BoolVar(&update, "update", false, "write the expectations that do not hold or are missing")
	return cmd
}

// runCases runs the cases and prints those that fail.
func runCases(cmd *cobra.Command, suite *cases.Suite, name string, policy []byte) error {
	results, err := suite.Run(policy)
	if err != nil {
		return printProblems(cmd, name, err)
	}
	for _, r := range results {
		if len(r.Problems) > 0 {
			fmt.Fprintf(cmd.OutOrStdout(), "FAIL %s\n    %s\n", r.Case, strings.ReplaceAll(strings.Join(r.Problems, "\n"), "\n", "\n    "))
		}
	}
	if failed := cases.Summary(results); failed > 0 {
		return fmt.Errorf("%d of %d cases failed", failed, len(results))
	}
	plural := "cases"
	if len(results) == 1 {
		plural = "case"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d %s passed\n", len(results), plural)
	return err
}

// updateCases writes the archive with expectations that hold.
func updateCases(cmd *cobra.Command, suite *cases.Suite, file, name string, policy []byte) error {
	data, changed, err := suite.Update(policy)
	if err != nil {
		return printProblems(cmd, name, err)
	}
	for _, c := range changed {
		fmt.Fprintf(cmd.OutOrStdout(), "updated %s\n", c)
	}
	if len(changed) == 0 {
		return nil
	}
	return os.WriteFile(file, data, 0o644)
}

// printProblems prints the problems of a policy document, if that is what the error is.
func printProblems(cmd *cobra.Command, name string, err error) error {
	var invalid *router.PolicyError
	if !errors.As(err, &invalid) {
		return err
	}
	for _, p := range invalid.Problems {
		fmt.Fprintf(cmd.OutOrStdout(), "%s:%s\n", name, p)
	}
	return fmt.Errorf("%s: %d problems", name, len(invalid.Problems))
}
