package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/internal/database"
	"switchboard/router"
	"switchboard/store"
)

// userCommand creates agents; without one, no one can sign in.
func userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Create, change and list agents"}
	cmd.AddCommand(userAddCommand(), userPasswordCommand(), userListCommand())
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
and so does the password if the line is empty. A new password ends all sessions
and API keys of the agent.`,
		Args: one("an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a, err := mail.ParseAddress(args[0]); err != nil || a.Address != args[0] {
				return usageError{fmt.Errorf("%q is not a mail address", args[0])}
			}
			cfg, err := flags.database(cmd)
			if err != nil {
				return err
			}
			return database.With(cmd.Context(), cfg, logger("warn"), func(ctx context.Context, st *store.Store) error {
				a, err := st.KnownAgent(ctx, args[0])
				known := err == nil
				if err != nil && desk.KindOf(err) != desk.KindNotFound {
					return err
				}
				a.Email = args[0]
				if err := set.change(cmd, &a, known); err != nil {
					return err
				}
				if !known || cmd.Flags().Changed("tiers") {
					if err := checkTiers(ctx, st, cfg.Policy, a.Tiers); err != nil {
						return err
					}
				}
				hash, err := readPassword(cmd, known)
				if err != nil {
					return err
				}
				id, ended, err := st.ChangeAgent(ctx, a, hash)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), id)
					tellEnded(cmd, ended)
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

// checkTiers refuses tiers that the policy in force does not have. Before the first
// start of the gateway, that is the configured policy or the default one.
func checkTiers(ctx context.Context, st *store.Store, file string, tiers []desk.Tier) error {
	document := router.Default
	live, err := st.LatestPolicy(ctx)
	switch {
	case file != "":
		if document, err = os.ReadFile(file); err != nil {
			return usageError{fmt.Errorf("policy: %w", err)}
		}
	case err == nil:
		document = []byte(live.Document)
	case desk.KindOf(err) != desk.KindNotFound:
		return err
	}
	policy, err := router.Compile(document)
	if err != nil {
		return err
	}
	var known []string
	for _, t := range policy.Tiers() {
		known = append(known, fmt.Sprintf("%d (%s)", t.Tier, t.Name))
	}
	for _, tier := range tiers {
		if !slices.ContainsFunc(policy.Tiers(), func(t router.Tier) bool { return t.Tier == tier }) {
			return usageError{fmt.Errorf("--tiers: there is no tier %d; the policy has %s", tier, strings.Join(known, ", "))}
		}
	}
	return nil
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
						return usageError{fmt.Errorf("there is no agent %s; `switchboard user list` lists them", args[0])}
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

// userListCommand lists the agents who can sign in.
func userListCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List the agents who can sign in", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				agents, err := st.Agents(ctx, false)
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
