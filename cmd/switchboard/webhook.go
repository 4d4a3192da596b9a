package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/webhook"
	"switchboard/store"
)

// webhookCommand manages webhooks.
func webhookCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "webhook", Short: "Tell other systems over HTTP what happens"}
	cmd.AddCommand(webhookAddCommand(), webhookListCommand(), webhookShowCommand(), webhookSetCommand(), webhookRemoveCommand(), webhookRotateCommand(), webhookReplayCommand(), webhookTestCommand())
	return needSubcommand(cmd)
}

// withWebhook runs fn with the webhook that the argument names.
func withWebhook(cmd *cobra.Command, flags *configFlags, text string, fn func(context.Context, *store.Store, desk.WebhookID) error) error {
	id, err := desk.ParseID[desk.WebhookID](text)
	if err != nil || id.IsZero() {
		return usageError{fmt.Errorf("%q is not the identifier of a webhook; `switchboard webhook list` lists them", text)}
	}
	return withStore(cmd, flags, func(ctx context.Context, st *store.Store) error {
		err := fn(ctx, st, id)
		if kind := desk.KindOf(err); err != nil && (kind == desk.KindNotFound || kind == desk.KindConflict) {
			return usageError{err}
		}
		return err
	})
}

// webhookFlags are the properties of a webhook that can be set by flags.
type webhookFlags struct {
	url, description string
	types, inboxes   []string
	restricted       bool
}

func (f *webhookFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.description, "description", "", "what it is for")
	cmd.Flags().StringSliceVar(&f.types, "types", nil, "types of messages, such as message.received,sla.breached; none: all")
	cmd.Flags().StringSliceVar(&f.inboxes, "inboxes", nil, "keys of inboxes; none: all")
	cmd.Flags().BoolVar(&f.restricted, "restricted", false, "also send events of restricted conversations")
}

// apply changes a webhook by the flags that were given.
func (f *webhookFlags) apply(ctx context.Context, cmd *cobra.Command, flags *configFlags, st *store.Store, w *webhook.Webhook) ([]string, error) {
	cfg, err := flags.database(cmd)
	if err != nil {
		return nil, err
	}
	inboxes, err := st.Inboxes(ctx, everything)
	if err != nil {
		return nil, err
	}
	allowed := webhook.Allowed{Plain: cfg.Webhooks.AllowHTTP}
	for _, in := range inboxes {
		allowed.Inboxes = append(allowed.Inboxes, in.Key)
	}
	var c webhook.Change
	given := cmd.Flags().Changed
	if f.url != "" {
		c.URL = &f.url
	}
	if given("description") {
		c.Description = &f.description
	}
	if given("types") {
		c.Types = &f.types
	}
	if given("inboxes") {
		c.Inboxes = &f.inboxes
	}
	if given("restricted") {
		c.Restricted = &f.restricted
	}
	fields, err := c.Apply(w, allowed)
	var invalid webhook.Invalid
	if errors.As(err, &invalid) {
		err = usageError{err}
	}
	return fields, err
}

func webhookAddCommand() *cobra.Command {
	var flags configFlags
	var set webhookFlags
	cmd := &cobra.Command{
		Use: "add URL", Short: "Create a webhook, and print its secret",
		Long: "Create a webhook. The secret that verifies the signatures is printed once, and not\nstored in a readable form. Receivers are described in doc/webhooks.md.",
		Args: one("a URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			set.url = args[0]
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				w := webhook.Webhook{ID: desk.NewID[desk.WebhookID](), Enabled: true}
				if _, err := set.apply(ctx, cmd, &flags, st, &w); err != nil {
					return err
				}
				secret := webhook.NewSecret()
				if err := st.CreateWebhook(ctx, desk.ActorSystem, w, secret); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s\n", w.ID, secret)
				return nil
			})
		},
	}
	flags.register(cmd)
	set.register(cmd)
	return cmd
}

func webhookSetCommand() *cobra.Command {
	var flags configFlags
	var set webhookFlags
	var enable, disable, catchUp bool
	cmd := &cobra.Command{
		Use: "set WEBHOOK", Short: "Change, enable or disable a webhook", Args: one("the identifier of a webhook"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhook(cmd, &flags, args[0], func(ctx context.Context, st *store.Store, id desk.WebhookID) error {
				return st.EditWebhook(ctx, desk.ActorSystem, id, catchUp, func(w *webhook.Webhook) ([]string, error) {
					fields, err := set.apply(ctx, cmd, &flags, st, w)
					if (enable || disable) && w.Enabled != enable {
						w.Enabled = enable
						fields = append(fields, "enabled")
					}
					return fields, err
				})
			})
		},
	}
	flags.register(cmd)
	set.register(cmd)
	cmd.Flags().StringVar(&set.url, "url", "", "URL")
	cmd.Flags().BoolVar(&enable, "enable", false, "send again, from now on")
	cmd.Flags().BoolVar(&disable, "disable", false, "send nothing any more")
	cmd.Flags().BoolVar(&catchUp, "catch-up", false, "with --enable: also send what has happened since it was disabled")
	cmd.MarkFlagsMutuallyExclusive("enable", "disable")
	return cmd
}

func webhookListCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List webhooks", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				list, err := st.Webhooks(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tSTATE\tPENDING\tURL\tTYPES\tINBOXES\tDESCRIPTION\tPROBLEM")
				for _, h := range list {
					fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", h.ID, h.State, h.Pending, h.URL, orDash(strings.Join(h.Types, ",")), orDash(strings.Join(h.Inboxes, ",")), orDash(h.Description), orDash(h.Problem))
				}
				return w.Flush()
			})
		},
	}
	flags.register(cmd)
	return cmd
}

func webhookShowCommand() *cobra.Command {
	var flags configFlags
	var limit int
	cmd := &cobra.Command{
		Use: "show WEBHOOK", Short: "Show a webhook and what was sent to it last", Args: one("the identifier of a webhook"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhook(cmd, &flags, args[0], func(ctx context.Context, st *store.Store, id desk.WebhookID) error {
				h, err := st.Webhook(ctx, id)
				if err != nil {
					return err
				}
				sent, err := st.WebhookDeliveries(ctx, id, "", view.WebhookPosition{}, limit)
				if err != nil {
					return err
				}
				return printWebhook(cmd.OutOrStdout(), &h, sent)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().IntVar(&limit, "limit", 20, "number of deliveries")
	return cmd
}

// printWebhook prints a webhook and its deliveries.
func printWebhook(out io.Writer, h *view.Webhook, sent []view.WebhookDelivery) error {
	fmt.Fprintf(out, "%s  %s\nURL: %s\nState: %s", h.ID, orDash(h.Description), h.URL, h.State)
	if h.Problem != "" {
		fmt.Fprintf(out, " (%s)", h.Problem)
	}
	fmt.Fprintf(out, "\nPending: %d\n\n", h.Pending)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DELIVERY\tAT\tTYPE\tCONVERSATION\tSTATE\tATTEMPTS\tSTATUS\tMS\tERROR")
	for _, d := range sent {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%d\t%d\t%s\n", d.ID, d.CreatedAt.Format(time.RFC3339), d.Type, d.Number, d.State, d.Attempts, d.Status, d.LatencyMS, orDash(d.Error))
	}
	return w.Flush()
}

func webhookRemoveCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "remove WEBHOOK", Short: "Remove a webhook", Args: one("the identifier of a webhook"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhook(cmd, &flags, args[0], func(ctx context.Context, st *store.Store, id desk.WebhookID) error {
				return st.DeleteWebhook(ctx, desk.ActorSystem, id)
			})
		},
	}
	flags.register(cmd)
	return cmd
}

func webhookRotateCommand() *cobra.Command {
	var flags configFlags
	var grace time.Duration
	cmd := &cobra.Command{
		Use: "rotate WEBHOOK", Short: "Change the secret of a webhook, and print it", Args: one("the identifier of a webhook"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if grace < 0 {
				return usageError{errors.New("--grace must not be negative")}
			}
			return withWebhook(cmd, &flags, args[0], func(ctx context.Context, st *store.Store, id desk.WebhookID) error {
				secret := webhook.NewSecret()
				if err := st.RotateWebhook(ctx, desk.ActorSystem, id, secret, grace); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), secret)
				return nil
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().DurationVar(&grace, "grace", 24*time.Hour, "for how long the former secret signs, too")
	return cmd
}

func webhookReplayCommand() *cobra.Command {
	var flags configFlags
	var since time.Duration
	var failed bool
	cmd := &cobra.Command{
		Use: "replay WEBHOOK", Short: "Send messages again", Args: one("the identifier of a webhook"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhook(cmd, &flags, args[0], func(ctx context.Context, st *store.Store, id desk.WebhookID) error {
				now := time.Now()
				n, err := st.ReplayWebhook(ctx, desk.ActorSystem, id, view.WebhookReplay{Since: now.Add(-since), Until: now.Add(time.Minute), FailedOnly: failed})
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "%d messages are sent again\n", n)
				}
				return err
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().DurationVar(&since, "since", 24*time.Hour, "how old the first message may be")
	cmd.Flags().BoolVar(&failed, "failed", false, "leave out what was delivered")
	return cmd
}

func webhookTestCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "test WEBHOOK", Short: "Send a test message", Args: one("the identifier of a webhook"),
		Long: "Queue a test message. The gateway sends it; `switchboard webhook show` has the result.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhook(cmd, &flags, args[0], func(ctx context.Context, st *store.Store, id desk.WebhookID) error {
				sent, err := st.TestWebhook(ctx, id)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), sent)
				}
				return err
			})
		},
	}
	flags.register(cmd)
	return cmd
}
