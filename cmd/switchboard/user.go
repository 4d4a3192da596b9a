package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/store"
)

// userCommand creates agents; without one, no one can sign in.
func userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Create, change and list agents"}
	cmd.AddCommand(userAddCommand(), userListCommand())
	return needSubcommand(cmd)
}

// agentFlags are the properties of an agent that can be set by flags.
type agentFlags struct {
	name            string
	tiers           []int
	admin, disabled bool
}

// userAddCommand creates or changes an agent.
func userAddCommand() *cobra.Command {
	var flags configFlags
	var set agentFlags
	cmd := &cobra.Command{
		Use: "add ADDRESS", Short: "Create or change an agent; the password is read from standard input",
		Long: `Create an agent, or change the one with that address. The password is read from
standard input. For an existing agent, properties without a flag stay unchanged,
and so does the password if the line is empty.`,
		Args: one("an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a, err := mail.ParseAddress(args[0]); err != nil || a.Address != args[0] {
				return usageError{fmt.Errorf("%q is not a mail address", args[0])}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				a, err := st.KnownAgent(ctx, args[0])
				known := err == nil
				if err != nil && desk.KindOf(err) != desk.KindNotFound {
					return err
				}
				a.Email = args[0]
				if err := set.change(cmd, &a, known); err != nil {
					return err
				}
				hash, err := readPassword(cmd, known)
				if err != nil {
					return err
				}
				id, err := st.SaveAgent(ctx, a, hash)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), id)
				}
				return err
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&set.name, "name", "", "name shown to customers; required for a new agent")
	cmd.Flags().IntSliceVar(&set.tiers, "tiers", []int{1}, "tiers the agent works in")
	cmd.Flags().BoolVar(&set.admin, "admin", false, "grant all permissions; --admin=false revokes them")
	cmd.Flags().BoolVar(&set.disabled, "disabled", false, "disable sign-in and keep the history; --disabled=false enables it again")
	return cmd
}

// change applies the flags that were given; a new agent gets the defaults of the others.
func (f *agentFlags) change(cmd *cobra.Command, a *desk.Agent, known bool) error {
	given := func(flag string) bool { return !known || cmd.Flags().Changed(flag) }
	if given("name") {
		a.Name = strings.TrimSpace(f.name)
	}
	if a.Name == "" {
		return usageError{errors.New("expected --name, the name shown to customers")}
	}
	if given("tiers") {
		a.Tiers = nil
		for _, t := range f.tiers {
			a.Tiers = append(a.Tiers, desk.Tier(t))
		}
	}
	if given("admin") {
		a.Admin = f.admin
	}
	if given("disabled") {
		a.Disabled = f.disabled
	}
	return nil
}

// readPassword returns the hash of the password on standard input; "" keeps the
// password of an existing agent.
func readPassword(cmd *cobra.Command, known bool) (string, error) {
	prompt := "Password: "
	if known {
		prompt = "New password (empty to keep the current one): "
	}
	fmt.Fprint(cmd.ErrOrStderr(), prompt)
	line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
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

// userListCommand lists the agents who can sign in.
func userListCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List the agents who can sign in", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				agents, err := st.Agents(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ADDRESS\tNAME\tTIERS\tADMIN")
				for _, a := range agents {
					tiers := strings.Trim(strings.ReplaceAll(fmt.Sprint(a.Tiers), " ", ","), "[]")
					fmt.Fprintf(w, "%s\t%s\t%s\t%t\n", a.Email, a.Name, tiers, a.Admin)
				}
				return w.Flush()
			})
		},
	}
	flags.register(cmd)
	return cmd
}
