package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/store"
)

// userCommand makes agents: without one nobody can sign in.
func userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Make and change agents"}
	cmd.AddCommand(userAddCommand())
	return cmd
}

func userAddCommand() *cobra.Command {
	var flags configFlags
	var name string
	var tiers []int
	var admin, disabled bool
	cmd := &cobra.Command{
		Use: "add ADDRESS", Short: "Make an agent, or change the one with that address; the password is read from standard input", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a, err := mail.ParseAddress(args[0]); err != nil || a.Address != args[0] {
				return usageError{fmt.Errorf("%q is not an address", args[0])}
			}
			fmt.Fprint(cmd.ErrOrStderr(), "Password: ")
			line, err := bufio.NewReader(os.Stdin).ReadString('\n')
			password := strings.TrimRight(line, "\r\n")
			if err != nil && password == "" {
				return usageError{errors.New("no password on standard input")}
			}
			hash, err := credential.HashPassword(password)
			if err != nil {
				return usageError{err}
			}
			a := desk.Agent{Name: name, Email: args[0], Admin: admin, Disabled: disabled}
			for _, t := range tiers {
				a.Tiers = append(a.Tiers, desk.Tier(t))
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				id, err := st.SaveAgent(ctx, a, hash)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), id)
				}
				return err
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&name, "name", "", "name that customers see")
	cmd.Flags().IntSliceVar(&tiers, "tiers", []int{1}, "tiers the agent works in")
	cmd.Flags().BoolVar(&admin, "admin", false, "may do everything")
	cmd.Flags().BoolVar(&disabled, "disabled", false, "keeps the history, may not sign in")
	cmd.MarkFlagRequired("name") //nolint:errcheck // the flag exists
	return cmd
}
