package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/internal/scope"
	"switchboard/store"
)

// keyCommand manages API keys.
func keyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Create, list and revoke API keys"}
	cmd.AddCommand(keyCreateCommand(), keyListCommand(), keyRevokeCommand())
	return needSubcommand(cmd)
}

func keyCreateCommand() *cobra.Command {
	var flags configFlags
	var scopes []string
	var days int
	cmd := &cobra.Command{
		Use: "create ADDRESS NAME", Short: "Create an API key of an agent, and print it",
		Long: "Create an API key of an agent, and print it on standard output. It is not shown again. It may do\n" +
			"what the agent may, or only what its scopes name: " + strings.Join(scope.All(), ", ") + ".",
		Example: "switchboard key create ana@example.com \"Nightly export\" --scopes reports:read --days 90",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("expected the address of an agent and a name for the key")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			valid, err := scope.Parse(scopes)
			if err != nil {
				return usageError{err}
			}
			if days < 0 {
				return usageError{fmt.Errorf("--days %d: must be 0 (never) or more", days)}
			}
			var expires time.Time
			if days > 0 {
				expires = time.Now().AddDate(0, 0, days)
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				agent, err := st.KnownAgent(ctx, args[0])
				if desk.KindOf(err) == desk.KindNotFound {
					return unknownAgent(args[0])
				}
				if err != nil {
					return err
				}
				secret := credential.NewKey()
				key, err := st.CreateKey(ctx, args[1], credential.Digest(secret), agent, expires, valid...)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", key.ID, key.Name)
				fmt.Fprintln(cmd.OutOrStdout(), secret)
				return nil
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringSliceVar(&scopes, "scopes", nil, "what the key may do, such as conversations:read,reports:read; none: whatever the agent may")
	cmd.Flags().IntVar(&days, "days", 0, "for how many days it is valid; 0: until it is revoked")
	return cmd
}

func keyListCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List API keys", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				keys, err := st.Keys(ctx, everything)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tAGENT\tNAME\tSCOPES\tCREATED\tEXPIRES\tLAST USED")
				for _, k := range keys {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Agent.Name, k.Name, orDash(strings.Join(k.Scopes, ",")), k.CreatedAt.Format(time.DateOnly), orDash(day(k.ExpiresAt)), orDash(day(k.LastUsedAt)))
				}
				return w.Flush()
			})
		},
	}
	flags.register(cmd)
	return cmd
}

func day(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Format(time.DateOnly)
}

func keyRevokeCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "revoke ID", Short: "Revoke an API key: it is refused from now on", Args: one("the identifier of a key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := desk.ParseID[desk.KeyID](args[0])
			if err != nil || id.IsZero() {
				return usageError{fmt.Errorf("%q is not the identifier of a key; `switchboard key list` lists them", args[0])}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				err := st.DeleteKey(ctx, everything, id)
				if desk.KindOf(err) == desk.KindNotFound {
					return usageError{err}
				}
				return err
			})
		},
	}
	flags.register(cmd)
	return cmd
}
