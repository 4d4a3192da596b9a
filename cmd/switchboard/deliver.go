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

// Exit codes of a pipe transport (sysexits.h), the only result that mail servers use.
const (
	exUsage    = 64 // usage error
	exDataErr  = 65 // can never be accepted: the mail bounces
	exNoUser   = 67 // no such address
	exTempFail = 75 // try again later
)

// exitError ends the program with a given code. It does not unwrap, because main
// treats context.Canceled as success, which a cancelled delivery is not.
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
		Use: "deliver [-f SENDER] RECIPIENT...", Short: "Accept a mail on standard input, as a pipe transport of Postfix or Exim",
		Long: "Read a mail from standard input and journal it for the recipients. Exit codes: 0 the mail is on disk; 75 try\n" +
			"again later; 67 unknown recipient; 65 the mail can never be accepted; 64 usage error.",
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
	cmd.Flags().StringVarP(&from, "from", "f", "", "reverse-path; empty, <> or MAILER-DAEMON means the null path")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exitError{exUsage, fmt.Errorf("%w\nusage: %s", err, cmd.UseLine())}
	})
	return cmd
}

// deliver reads a mail from standard input and journals it. Errors are exitErrors.
func deliver(ctx context.Context, cmd *cobra.Command, flags *configFlags, from string, to []string) error {
	if len(to) == 0 {
		return exitError{exUsage, fmt.Errorf("expected at least one recipient\nusage: %s", cmd.UseLine())}
	}
	cfg, err := flags.load(cmd, config.Load)
	if err != nil { // the operator can fix it, so the mail must not bounce
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

// reversePath parses the sender that a mail server passes to a pipe; Postfix passes
// the null path as MAILER-DAEMON.
func reversePath(from string) string {
	from = strings.Trim(from, "<>")
	if !strings.Contains(from, "@") {
		return ""
	}
	return from
}
