// Command switchboard is the support gateway and its tools. `switchboard help`
// lists the verbs; README.md has the first steps.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes: 0 done, 1 failed, 2 called wrongly. `deliver` has its own.
const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is an error of the caller's: a flag, an argument, a configuration.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := rootCommand().ExecuteContext(ctx)
	stop()
	var exit exitError
	if errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "switchboard:", err)
		os.Exit(exit.code)
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	fmt.Fprintln(os.Stderr, "switchboard:", err)
	var usage usageError
	if errors.As(err, &usage) {
		os.Exit(exitUsage)
	}
	os.Exit(exitFailed)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "switchboard",
		Short: "A support gateway: mail, chat and forms in, tiers of inboxes, answers out",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no verb %q; `switchboard help` lists them", args[0])}
			}
			return nil
		},
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%s\nsee `%s --help`", flagProblems(cmd, os.Args[1:], err), cmd.CommandPath())}
	})
	root.AddCommand(serveCommand(), demoCommand(), deliverCommand(), rawCommand(), userCommand(), parseCommand(), threadCommand(), policyCommand(), channelCommand(), doctorCommand(), versionCommand())
	for _, c := range root.Commands() {
		checkArgs(c)
	}
	return root
}

// needVerb makes a verb that only holds others show its help when it is alone, and
// refuse one that it does not have.
func needVerb(c *cobra.Command) *cobra.Command {
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("there is no verb %s %q; `%s --help` lists them", cmd.Name(), args[0], cmd.CommandPath())
		}
		return nil
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return c
}

// one wants a single argument and says which.
func one(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("give one %s", what)
		}
		return nil
	}
}

// checkArgs makes a wrong number of arguments a usage error, below c too.
func checkArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{fmt.Errorf("%w\nusage: %s", err, cmd.UseLine())}
			}
			return nil
		}
	}
	for _, child := range c.Commands() {
		checkArgs(child)
	}
}
