// Command switchboard is the support gateway and its tools. `switchboard help` lists
// the commands; README.md has the first steps.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"switchboard/gateway"
)

// Exit codes: 0 success, 1 failure, 2 usage error. `deliver` has its own.
const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake of the caller: in a flag, an argument or the configuration.
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

// rootCommand returns the command line with all subcommands.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "switchboard",
		Short: "Support gateway for mail, chat and web forms",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q; `switchboard help` lists the commands", args[0])}
			}
			return nil
		},
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Version:       gateway.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("switchboard {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%s\nSee `%s --help`", flagProblems(cmd, os.Args[1:], err), cmd.CommandPath())}
	})
	root.AddCommand(serveCommand(), demoCommand(), deliverCommand(), rawCommand(), outboxCommand(), reportCommand(), userCommand(), accountCommand(), webhookCommand(), keyCommand(), parseCommand(), threadCommand(), policyCommand(), channelCommand(), dkimCommand(), doctorCommand(), versionCommand())
	for _, c := range root.Commands() {
		checkArgs(c)
	}
	return root
}

// needSubcommand makes a command that only groups others print its help when called
// alone, and refuse unknown subcommands.
func needSubcommand(c *cobra.Command) *cobra.Command {
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown command %q of %s; `%s --help` lists the commands", args[0], cmd.CommandPath(), cmd.CommandPath())
		}
		return nil
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return c
}

// one requires exactly one argument; what describes it.
func one(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("expected one argument: %s", what)
		}
		return nil
	}
}

// checkArgs turns argument errors of c and its subcommands into usage errors.
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
