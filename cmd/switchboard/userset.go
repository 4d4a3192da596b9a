package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/internal/database"
	"switchboard/internal/roster"
	"switchboard/router"
	"switchboard/store"
)

// agentFlags are the properties of an agent that can be set by flags.
type agentFlags struct {
	name                   string
	tiers                  []int
	admin, disabled        bool
	inboxes, skills, leads []string
	inboxesOnly, mask      bool
	capacity               int
	timezone               string
	hours                  []string
}

func (f *agentFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "", "name shown to customers; required for a new agent")
	cmd.Flags().IntSliceVar(&f.tiers, "tiers", []int{1}, "tiers the agent works in")
	cmd.Flags().BoolVar(&f.admin, "admin", false, "grant all permissions; --admin=false revokes them")
	cmd.Flags().BoolVar(&f.disabled, "disabled", false, "disable sign-in and keep the history; --disabled=false enables it again")
	cmd.Flags().StringSliceVar(&f.inboxes, "inboxes", nil, `keys of the inboxes to which they are limited; "" for all inboxes of their tiers`)
	cmd.Flags().BoolVar(&f.inboxesOnly, "inboxes-only", false, "let them read only what is in the inboxes in which they work; --inboxes-only=false: everything")
	cmd.Flags().BoolVar(&f.mask, "mask-addresses", false, "hide the addresses of customers from them; --mask-addresses=false shows them")
	cmd.Flags().StringSliceVar(&f.skills, "skills", nil, "skills, as tiers and inboxes of the policy name them")
	cmd.Flags().StringSliceVar(&f.leads, "leads", nil, "keys of the inboxes that they lead")
	cmd.Flags().IntVar(&f.capacity, "capacity", 0, "open conversations that may be assigned automatically; 0: as the inbox says")
	cmd.Flags().StringVar(&f.timezone, "timezone", "", "time zone of the working hours, such as Europe/Berlin")
	cmd.Flags().StringArrayVar(&f.hours, "hours", nil, `working hours, once for each group of days: --hours "mon-thu 09:00-12:30,13:00-17:00" --hours "fri 09:00-15:00"; "always" for no limit`)
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
	for flag, list := range map[string]struct{ to, from *[]string }{
		"inboxes": {&a.Inboxes, &f.inboxes}, "skills": {&a.Skills, &f.skills}, "leads": {&a.Leads, &f.leads},
	} {
		if given(flag) {
			*list.to = *list.from
		}
	}
	if given("inboxes-only") {
		a.InboxesOnly = f.inboxesOnly
	}
	if given("mask-addresses") {
		a.MaskAddresses = f.mask
	}
	if given("capacity") {
		a.Capacity = f.capacity
	}
	if given("timezone") {
		a.Timezone = f.timezone
	}
	if given("hours") {
		hours, err := hoursFlag(f.hours)
		if err != nil {
			return usageError{err}
		}
		a.Hours = hours
	}
	roster.Normalize(a)
	return nil
}

// hoursFlag reads groups of days with their hours: "mon-thu 09:00-12:30,13:00-17:00".
func hoursFlag(groups []string) (desk.Hours, error) {
	hours := desk.Hours{}
	for _, group := range groups {
		days, times, ok := strings.Cut(strings.TrimSpace(group), " ")
		if days == "always" && !ok && len(groups) == 1 {
			return hours, nil
		}
		if !ok {
			return nil, fmt.Errorf("--hours: %q is not a group of days with hours, such as \"mon-fri 09:00-17:00\"", group)
		}
		if hours[days] != nil {
			return nil, fmt.Errorf("--hours: %s is given twice", days)
		}
		for t := range strings.FieldsFuncSeq(times, func(r rune) bool { return r == ',' || r == ' ' }) {
			hours[days] = append(hours[days], t)
		}
	}
	return hours, nil
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
			return changeAgent(cmd, &flags, &set, args[0], true)
		},
	}
	flags.register(cmd)
	set.register(cmd)
	return cmd
}

// userSetCommand changes properties of an agent.
func userSetCommand() *cobra.Command {
	var flags configFlags
	var set agentFlags
	cmd := &cobra.Command{
		Use: "set ADDRESS", Short: "Change properties of an agent",
		Long: "Change the properties of an existing agent that are given by flags. The others, and\nthe password, stay unchanged.",
		Args: one("an address"),
		RunE: func(cmd *cobra.Command, args []string) error { return changeAgent(cmd, &flags, &set, args[0], false) },
	}
	flags.register(cmd)
	set.register(cmd)
	return cmd
}

// changeAgent changes the agent with an address. With create, it creates one that does
// not exist, and reads a password.
func changeAgent(cmd *cobra.Command, flags *configFlags, set *agentFlags, address string, create bool) error {
	cfg, err := flags.database(cmd)
	if err != nil {
		return err
	}
	return database.With(cmd.Context(), cfg, logger("warn"), func(ctx context.Context, st *store.Store) error {
		before, err := st.KnownAgent(ctx, address)
		known := err == nil
		switch {
		case err != nil && desk.KindOf(err) != desk.KindNotFound:
			return err
		case !known && !create:
			return unknownAgent(address)
		}
		a := before
		a.Email = address
		if err := set.change(cmd, &a, known); err != nil {
			return err
		}
		names, err := policyNames(ctx, st, cfg.Policy)
		if err != nil {
			return err
		}
		for _, p := range roster.Check(&before, &a, names) {
			return usageError{fmt.Errorf("--%s: %s", strings.ReplaceAll(p.Field, "_", "-"), p.Reason)}
		}
		hash := ""
		if create {
			if hash, err = readPassword(cmd, known); err != nil {
				return err
			}
		}
		id, ended, err := st.ChangeAgent(ctx, a, hash)
		if err == nil {
			fmt.Fprintln(cmd.OutOrStdout(), id)
			tellEnded(cmd, ended)
		}
		return err
	})
}

func unknownAgent(address string) error {
	return usageError{fmt.Errorf("there is no agent %s; `switchboard user list` lists them", address)}
}

// policyNames returns the names of the policy in force. Before the first start of the
// gateway, that is the configured policy or the default one.
func policyNames(ctx context.Context, st *store.Store, file string) (roster.Names, error) {
	document := router.Default
	live, err := st.LatestPolicy(ctx)
	switch {
	case file != "":
		if document, err = os.ReadFile(file); err != nil {
			return roster.Names{}, usageError{fmt.Errorf("policy: %w", err)}
		}
	case err == nil:
		document = []byte(live.Document)
	case desk.KindOf(err) != desk.KindNotFound:
		return roster.Names{}, err
	}
	policy, err := router.Compile(document)
	if err != nil {
		return roster.Names{}, err
	}
	return roster.NamesOf(policy), nil
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
				fmt.Fprintln(w, "ADDRESS\tNAME\tTIERS\tADMIN\tAVAILABILITY\tINBOXES\tSKILLS\tCAPACITY\tLEADS")
				for _, a := range agents {
					tiers := strings.Trim(strings.ReplaceAll(fmt.Sprint(a.Tiers), " ", ","), "[]")
					fmt.Fprintf(w, "%s\t%s\t%s\t%t\t%s\t%s\t%s\t%s\t%s\n", a.Email, a.Name, tiers, a.Admin, a.Availability.State,
						orDash(strings.Join(a.Inboxes, ",")), orDash(strings.Join(a.Skills, ",")), orDash(strings.TrimPrefix(fmt.Sprint(a.Capacity), "0")), orDash(strings.Join(a.Leads, ",")))
				}
				return w.Flush()
			})
		},
	}
	flags.register(cmd)
	return cmd
}

// orDash fills an empty cell of a table.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
