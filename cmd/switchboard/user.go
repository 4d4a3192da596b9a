package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/store"
)

// userCommand creates agents; without one, no one can sign in.
func userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Create, change and list agents"}
	cmd.AddCommand(userAddCommand(), userSetCommand(), userPasswordCommand(), userListCommand())
	return needSubcommand(cmd)
}

// readPassword returns the hash of the password on standard input; "" keeps the
// password of an existing agent.
func readPassword(cmd *cobra.Command, known bool) (string, error) {
	prompt := "Password: "
	if known {
		prompt = "New password (empty to keep the current one): "
	}
	fmt.Fprint(cmd.ErrOrStderr(), prompt)
	line, err := readLine(cmd)
	password := strings.TrimRight(line, "\r\n")
	if password == "" && known {
		return "", nil
	}
	if err != nil && password == "" {
		return "", usageError{errors.New("no password on standard input")}
	}
	hash, err := credential.HashPassword(password)
	if err != nil {
		return "", usageError{err}
	}
	return hash, nil
}

// readLine reads a line from standard input; a terminal does not show it.
func readLine(cmd *cobra.Command) (string, error) {
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	}
	line, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(cmd.ErrOrStderr()) // the line break, which was not shown either
	return string(line), err
}

// tellEnded says on standard error which credentials a change has ended.
func tellEnded(cmd *cobra.Command, ended store.Ended) {
	if ended != (store.Ended{}) {
		fmt.Fprintf(cmd.ErrOrStderr(), "Ended: %d sessions and %d API keys of this agent.\n", ended.Sessions, ended.Keys)
	}
}

// userPasswordCommand sets the password of an existing agent.
func userPasswordCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "password ADDRESS", Short: "Set an agent's password, read from standard input",
		Long: "Set the password of an existing agent. It is read from standard input. All their\nsessions and API keys end.",
		Args: one("an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				a, err := st.KnownAgent(ctx, args[0])
				if err != nil {
					if desk.KindOf(err) == desk.KindNotFound {
						return unknownAgent(args[0])
					}
					return err
				}
				hash, err := readPassword(cmd, false)
				if err != nil {
					return err
				}
				_, ended, err := st.ChangeAgent(ctx, a, hash)
				if err == nil {
					tellEnded(cmd, ended)
				}
				return err
			})
		},
	}
	flags.register(cmd)
	return cmd
}
