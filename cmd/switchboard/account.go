package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/accounts"
	"switchboard/internal/accounts/csvfile"
	"switchboard/store"
)

// accountCommand lists, changes and imports customer accounts.
func accountCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "account", Short: "List, change and import customer accounts"}
	cmd.AddCommand(accountListCommand(), accountAddCommand(), accountSetCommand(), accountImportCommand())
	return needSubcommand(cmd)
}

// everything is the permission to see all accounts.
var everything = desk.Agent{Admin: true}

func accountListCommand() *cobra.Command {
	var flags configFlags
	var part string
	cmd := &cobra.Command{
		Use: "list", Short: "List accounts by name", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tNAME\tPLAN\tDOMAINS\tTAGS\tOWNER\tEXTERNAL ID\tOPEN")
				var after view.ByName
				for {
					page, err := st.Accounts(ctx, everything, part, after, 200)
					if err != nil {
						return err
					}
					for _, a := range page {
						owner := ""
						if a.Owner != nil {
							owner = a.Owner.Name
						}
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", a.ID, a.Name, orDash(a.Plan), orDash(strings.Join(a.Domains, ",")),
							orDash(strings.Join(a.Tags, ",")), orDash(owner), orDash(a.ExternalID), a.Open)
					}
					if len(page) < 200 {
						return w.Flush()
					}
					last := page[len(page)-1]
					after = view.ByName{Name: last.Name, ID: last.ID}
				}
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&part, "search", "", "only those with this text in the name or a domain")
	return cmd
}

// accountFlags are the properties of an account that can be set by flags.
type accountFlags struct {
	name, plan, timezone, externalID, owner string
	domains, tags, attributes               []string
}

func (f *accountFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "", "name")
	cmd.Flags().StringVar(&f.plan, "plan", "", `plan; "" removes it`)
	cmd.Flags().StringSliceVar(&f.domains, "domains", nil, "all domains of its mail addresses")
	cmd.Flags().StringSliceVar(&f.tags, "tags", nil, "all tags")
	cmd.Flags().StringVar(&f.timezone, "timezone", "", "time zone, such as Europe/Berlin")
	cmd.Flags().StringVar(&f.externalID, "external-id", "", "key in another system")
	cmd.Flags().StringVar(&f.owner, "owner", "", `address of the agent who looks after it; "" for nobody`)
	cmd.Flags().StringArrayVar(&f.attributes, "attribute", nil, `attribute, as NAME=VALUE or NAME:string=VALUE; "NAME=" removes it; may be repeated`)
}

// change returns what the given flags change.
func (f *accountFlags) change(ctx context.Context, cmd *cobra.Command, st *store.Store) (*accounts.Change, error) {
	c := &accounts.Change{}
	given := cmd.Flags().Changed
	for flag, p := range map[string]struct {
		to   **string
		from *string
	}{"name": {&c.Name, &f.name}, "plan": {&c.Plan, &f.plan}, "timezone": {&c.Timezone, &f.timezone}, "external-id": {&c.ExternalID, &f.externalID}} {
		if given(flag) {
			*p.to = p.from
		}
	}
	if given("domains") {
		c.Domains = &f.domains
	}
	if given("tags") {
		c.Tags = &f.tags
	}
	if given("owner") {
		c.Owner = new(desk.AgentID)
		if f.owner != "" {
			a, err := st.KnownAgent(ctx, f.owner)
			if err != nil {
				return nil, unknownAgent(f.owner)
			}
			*c.Owner = a.ID
		}
	}
	for _, text := range f.attributes {
		name, value, reason := csvfile.ParseAttribute(text)
		if reason != "" {
			return nil, usageError{fmt.Errorf("--attribute %s: %s", text, reason)}
		}
		if c.Attributes == nil {
			c.Attributes = map[string]any{}
		}
		c.Attributes[name] = value
	}
	return c, nil
}

func accountAddCommand() *cobra.Command {
	var flags configFlags
	var set accountFlags
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Create an account", Args: one("a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("name") {
				if err := cmd.Flags().Set("name", args[0]); err != nil {
					return err
				}
			}
			return editAccount(cmd, &flags, &set, func(context.Context, *store.Store) (accounts.Ref, error) {
				return accounts.Ref{ID: desk.NewID[desk.AccountID]()}, nil
			}, true)
		},
	}
	flags.register(cmd)
	set.register(cmd)
	return cmd
}

func accountSetCommand() *cobra.Command {
	var flags configFlags
	var set accountFlags
	cmd := &cobra.Command{
		Use: "set ACCOUNT", Short: "Change an account",
		Long: "Change the properties of an account that are given by flags. ACCOUNT is its identifier\n(ac_...), one of its domains, its external key or its name.",
		Args: one("an account"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return editAccount(cmd, &flags, &set, func(ctx context.Context, st *store.Store) (accounts.Ref, error) { return findAccount(ctx, st, args[0]) }, false)
		},
	}
	flags.register(cmd)
	set.register(cmd)
	return cmd
}

// findAccount returns the account that a person means.
func findAccount(ctx context.Context, st *store.Store, text string) (accounts.Ref, error) {
	if strings.HasPrefix(text, "ac_") {
		id, err := desk.ParseID[desk.AccountID](text)
		if err != nil {
			return accounts.Ref{}, usageError{err}
		}
		return accounts.Ref{ID: id}, nil
	}
	var found []view.Account
	for after := (view.ByName{}); ; {
		page, err := st.Accounts(ctx, everything, "", after, 200)
		if err != nil {
			return accounts.Ref{}, err
		}
		for _, a := range page {
			if a.ExternalID == text || strings.EqualFold(a.Name, text) || slices.Contains(a.Domains, strings.ToLower(text)) {
				found = append(found, a)
			}
		}
		if len(page) < 200 {
			break
		}
		after = view.ByName{Name: page[199].Name, ID: page[199].ID}
	}
	switch len(found) {
	case 1:
		return accounts.Ref{ID: found[0].ID}, nil
	case 0:
		return accounts.Ref{}, usageError{fmt.Errorf("there is no account %q; `switchboard account list` lists them", text)}
	}
	return accounts.Ref{}, usageError{fmt.Errorf("%q could be %d accounts; give the identifier, such as %s", text, len(found), found[0].ID)}
}

// editAccount changes or creates an account, and prints what has changed.
func editAccount(cmd *cobra.Command, flags *configFlags, set *accountFlags, find func(context.Context, *store.Store) (accounts.Ref, error), create bool) error {
	return withStore(cmd, flags, func(ctx context.Context, st *store.Store) error {
		c, err := set.change(ctx, cmd, st)
		if err != nil {
			return err
		}
		ref, err := find(ctx, st)
		if err != nil {
			return err
		}
		ref.Domains = c.Ref().Domains
		edit, err := st.EditAccount(ctx, desk.ActorSystem, ref, create, func(a *desk.Account) error {
			if problems := c.Apply(a); len(problems) > 0 {
				return accounts.Invalid(problems)
			}
			return nil
		})
		var invalid accounts.Invalid
		if errors.As(err, &invalid) || desk.KindOf(err) == desk.KindConflict && err != nil {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), edit.ID)
		for _, change := range edit.Changes {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v -> %v\n", change.Field, change.From, change.To)
		}
		return nil
	})
}

func accountImportCommand() *cobra.Command {
	var flags configFlags
	var dry bool
	cmd := &cobra.Command{
		Use: "import FILE.csv", Short: "Create and change accounts from a CSV file",
		Long: `Create and change accounts from a CSV file with the columns name, domains, plan, tags,
owner (address of an agent), timezone, external_id and attributes.NAME. Each line is
matched by external_id, then by its domains, then by its name. An empty cell leaves the
property unchanged. Lines with errors are left out; the others are carried out.`,
		Args: one("a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return usageError{err}
			}
			rows, err := csvfile.Read(text)
			if err != nil {
				return usageError{fmt.Errorf("%s: %w", args[0], err)}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				agents, err := st.Agents(ctx, false)
				if err != nil {
					return err
				}
				owners := make(map[string]desk.AgentID, len(agents))
				for _, a := range agents {
					owners[a.Email] = a.ID
				}
				outcomes, err := accounts.ImportInto(ctx, st, desk.ActorSystem, rows, owners, dry)
				printOutcomes(cmd, outcomes, dry)
				if err == nil && accounts.Count(outcomes)[accounts.Failed] > 0 {
					err = fmt.Errorf("%d of %d lines have errors", accounts.Count(outcomes)[accounts.Failed], len(outcomes))
				}
				return err
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "change nothing, and report what would be changed")
	return cmd
}

// printOutcomes prints the result of each line, and the totals.
func printOutcomes(cmd *cobra.Command, outcomes []accounts.Outcome, dry bool) {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, o := range outcomes {
		detail := strings.Join(o.Changed, ", ")
		if o.Result == accounts.Failed {
			detail = o.Error
			if o.Column != "" {
				detail = "column " + o.Column + ": " + detail
			}
		}
		fmt.Fprintf(w, "line %d\t%s\t%s\t%s\n", o.Line, o.Result, orDash(o.Name), detail)
	}
	w.Flush()
	n := accounts.Count(outcomes)
	verb := "created"
	if dry {
		verb = "would be created"
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d %s, %d updated, %d unchanged, %d with errors\n", n[accounts.Created], verb, n[accounts.Updated], n[accounts.Unchanged], n[accounts.Failed])
}
