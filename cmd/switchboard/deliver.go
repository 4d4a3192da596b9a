package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/pipe"
)

// The exit codes of a pipe transport (sysexits.h): mail servers read nothing else.
const (
	exUsage    = 64 // called wrongly
	exDataErr  = 65 // can never be taken: the mail goes back to its sender
	exNoUser   = 67 // no such address
	exTempFail = 75 // keep it and come again
)

// exitError ends the program with a code of its own. It unwraps to nothing: a
// cancelled delivery must not pass for a done one.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return e.err.Error() }

// deliverCommand is a pipe transport for Postfix and Exim.
func deliverCommand() *cobra.Command {
	var flags configFlags
	var from string
	cmd := &cobra.Command{
		Use: "deliver [-f SENDER] RECIPIENT...", Short: "Take a mail from standard input, as a pipe transport of Postfix or Exim",
		Long: "Read a mail from standard input and journal it for the recipients. It returns 0 when the mail is on the disk;\n" +
			"75 when it should come again, 67 when a recipient is none of ours, 65 when it can never be taken, 64 when called wrongly.",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			defer func() {
				if v := recover(); v != nil {
					err = exitError{exTempFail, fmt.Errorf("panic: %v", v)}
				}
			}()
			return deliver(cmd.Context(), cmd, &flags, from, args)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVarP(&from, "from", "f", "", "reverse-path; empty, <> or MAILER-DAEMON: the null path")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exitError{exUsage, fmt.Errorf("%w\nusage: %s", err, cmd.UseLine())}
	})
	return cmd
}

func deliver(ctx context.Context, cmd *cobra.Command, flags *configFlags, from string, to []string) error {
	if len(to) == 0 {
		return exitError{exUsage, fmt.Errorf("name the recipients\nusage: %s", cmd.UseLine())}
	}
	cfg, err := flags.load(cmd, config.Load)
	if err != nil { // the operator's to mend; no sender's mail goes back for it
		return exitError{exTempFail, err}
	}
	content, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), cfg.SMTP.Limit()+1))
	if err != nil {
		return exitError{exTempFail, fmt.Errorf("standard input: %w", err)}
	}
	mail := pipe.Mail{From: reversePath(from), Content: content}
	for _, address := range to {
		mail.To = append(mail.To, strings.Trim(address, "<>"))
	}
	switch err := pipe.Deliver(ctx, cfg, logger("warn"), mail); desk.KindOf(err) {
	case desk.KindNotFound:
		return exitError{exNoUser, err}
	case desk.KindInvalid:
		return exitError{exDataErr, err}
	default:
		if err != nil {
			return exitError{exTempFail, err}
		}
	}
	return nil
}

// reversePath reads a sender as mail servers hand it to a pipe: Postfix calls the
// null path MAILER-DAEMON.
func reversePath(from string) string {
	from = strings.Trim(from, "<>")
	if !strings.Contains(from, "@") {
		return ""
	}
	return from
}
