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

// userCommand makes agents: without one nobody can sign in.
func userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Make and change agents"}
	cmd.AddCommand(userAddCommand(), userListCommand())
	return needVerb(cmd)
}

// given is what the flags say of an agent.
type given struct {
	name            string
	tiers           []int
	admin, disabled bool
}

func userAddCommand() *cobra.Command {
	var flags configFlags
	var say given
	cmd := &cobra.Command{
		Use: "add ADDRESS", Short: "Make an agent, or change the one with that address; the password is read from standard input",
		Long: `Make an agent, or change the one with that address. The password is read from
standard input. Of an agent who is there, what no flag names stays as it is, and
so does the password if the line is empty.`,
		Args: one("address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a, err := mail.ParseAddress(args[0]); err != nil || a.Address != args[0] {
				return usageError{fmt.Errorf("%q is not an address", args[0])}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				a, err := st.KnownAgent(ctx, args[0])
				known := err == nil
				if err != nil && desk.KindOf(err) != desk.KindNotFound {
					return err
				}
				a.Email = args[0]
				if err := say.change(cmd, &a, known); err != nil {
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
	cmd.Flags().StringVar(&say.name, "name", "", "name that customers see; a new agent needs one")
	cmd.Flags().IntSliceVar(&say.tiers, "tiers", []int{1}, "tiers a new agent works in")
	cmd.Flags().BoolVar(&say.admin, "admin", false, "may do everything; --admin=false takes it back")
	cmd.Flags().BoolVar(&say.disabled, "disabled", false, "keeps the history, may not sign in; --disabled=false takes it back")
	return cmd
}

// change sets what the flags name; a new agent takes their defaults.
func (g *given) change(cmd *cobra.Command, a *desk.Agent, known bool) error {
	set := func(flag string) bool { return !known || cmd.Flags().Changed(flag) }
	if set("name") {
		a.Name = strings.TrimSpace(g.name)
	}
	if a.Name == "" {
		return usageError{errors.New("give a --name, which customers see")}
	}
	if set("tiers") {
		a.Tiers = nil
		for _, t := range g.tiers {
			a.Tiers = append(a.Tiers, desk.Tier(t))
		}
	}
	if set("admin") {
		a.Admin = g.admin
	}
	if set("disabled") {
		a.Disabled = g.disabled
	}
	return nil
}

// readPassword hashes a line of standard input; "" keeps the password of an agent
// who is there.
func readPassword(cmd *cobra.Command, known bool) (string, error) {
	prompt := "Password: "
	if known {
		prompt = "New password (empty: keep the old one): "
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
