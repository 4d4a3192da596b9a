package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/gateway"
	"switchboard/internal/database"
	"switchboard/outbound/operate"
	"switchboard/store"
)

// outboxCommand works on outgoing mail. It may run while a gateway is running.
func outboxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "outbox", Short: "List, stop, retry, cancel and redirect outgoing mail"}
	cmd.AddCommand(outboxListCommand(), outboxShowCommand())
	for action, short := range map[desk.DeliveryAction]string{
		desk.DeliveryHold:     "Stop deliveries: no attempts until they are released",
		desk.DeliveryRelease:  "Release stopped deliveries",
		desk.DeliveryRetry:    "Try to deliver now, also after a failure",
		desk.DeliveryCancel:   "Give deliveries up: no further attempts",
		desk.DeliveryRedirect: "Send a message to another address instead",
	} {
		cmd.AddCommand(outboxOperationCommand(action, short))
	}
	return needSubcommand(cmd)
}

// outboxParts are the parts of the outbox that can be listed.
var outboxParts = []string{"waiting", "sending", "delayed", "on_hold", "unknown", "failed", "sent", "cancelled"}

func outboxListCommand() *cobra.Command {
	var flags configFlags
	var f view.OutboxFilter
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List deliveries, newest first, and count them", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Part != "" && !slices.Contains(outboxParts, string(f.Part)) {
				return usageError{fmt.Errorf("--state must be one of %s, not %q", strings.Join(outboxParts, ", "), f.Part)}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				rows, err := st.Queued(ctx, everything, f, desk.DeliveryID{}, limit)
				if err != nil {
					return err
				}
				counts, err := st.OutboxCounts(ctx, everything, f)
				if err != nil {
					return err
				}
				return printOutbox(cmd.OutOrStdout(), rows, &counts, asJSON)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar((*string)(&f.Part), "state", "", strings.Join(outboxParts, ", ")+"; empty for all that has not been sent or cancelled")
	cmd.Flags().StringVar(&f.Inbox, "inbox", "", "only of the inbox with this key")
	cmd.Flags().StringVar(&f.Domain, "domain", "", "only to recipients of this domain")
	cmd.Flags().IntVar(&limit, "limit", 100, "maximum number of rows")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return cmd
}

// printOutbox prints deliveries as a table with the counts below, or as JSON.
func printOutbox(out io.Writer, rows []view.Queued, counts *view.OutboxCounts, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		for i := range rows {
			if err := enc.Encode(&rows[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(rows) == 0 {
		fmt.Fprintln(out, "No deliveries.")
	} else {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSTATE\tRECIPIENT\tCONVERSATION\tTRIES\tNEXT\tANSWER")
		for _, q := range rows {
			next := "-"
			if q.NextAttemptAt != nil {
				next = q.NextAttemptAt.Local().Format(time.DateTime)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t#%d\t%d\t%s\t%s\n", q.ID, q.Part, q.Recipient, q.Conversation.Number, q.Attempts, next, orDash(answerOf(q.Code, q.EnhancedCode, q.Detail)))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	var parts []string
	for _, p := range counts.Parts {
		if p.Count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.Count, p.Part))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintln(out, "In all:", strings.Join(parts, ", "))
	}
	return nil
}

// answerOf is a server's answer in one line.
func answerOf(code int, enhanced, detail string) string {
	text := ""
	if code != 0 {
		text = fmt.Sprint(code)
	}
	return strings.TrimSpace(strings.Join(strings.Fields(text+" "+enhanced+" "+detail), " "))
}

func outboxShowCommand() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show a delivery with every attempt", Args: one("an ID from outbox list (dl_...)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := desk.ParseID[desk.DeliveryID](args[0])
			if err != nil {
				return usageError{err}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				q, err := st.QueuedOne(ctx, everything, id)
				if err != nil {
					return err
				}
				trails, err := st.Trail(ctx, q.MessageID)
				if err != nil {
					return err
				}
				i := slices.IndexFunc(trails, func(t view.Trail) bool { return t.ID == id })
				return showDelivery(cmd.OutOrStdout(), &q, trails[i].Attempts, asJSON)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

func showDelivery(out io.Writer, q *view.Queued, attempts []view.Attempt, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			*view.Queued
			Trail []view.Attempt `json:"trail"`
		}{q, attempts})
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Delivery\t%s\nState\t%s\nRecipient\t%s\nConversation\t#%d %s\nInbox\t%s\nCreated\t%s\n", q.ID, q.Part, q.Recipient, q.Conversation.Number,
		q.Conversation.Subject, q.Inbox.Key, q.CreatedAt.Local().Format(time.DateTime))
	if q.NextAttemptAt != nil {
		fmt.Fprintf(w, "Next attempt\t%s\n", q.NextAttemptAt.Local().Format(time.DateTime))
	}
	for _, a := range attempts {
		what, detail := string(a.State), answerOf(a.Code, a.EnhancedCode, a.Detail)
		if a.Action != "" {
			what = a.Action + " by " + a.By
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.At.Local().Format(time.DateTime), what, a.Server, detail)
	}
	return w.Flush()
}

// outboxOperationCommand returns the command of an action.
func outboxOperationCommand(action desk.DeliveryAction, short string) *cobra.Command {
	var flags configFlags
	var by string
	r := operate.Request{Action: action}
	use, args := string(action)+" ID...", cobra.MinimumNArgs(1)
	if action == desk.DeliveryRedirect {
		use, args = "redirect ID", one("an ID from outbox list (dl_...)")
	}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			if by == "" {
				return usageError{fmt.Errorf("--as is missing: the address of the admin who does this, for the history of the conversation")}
			}
			if err := r.Check(); err != nil {
				return usageError{err}
			}
			var ids []desk.DeliveryID
			for _, arg := range args {
				id, err := desk.ParseID[desk.DeliveryID](arg)
				if err != nil {
					return usageError{err}
				}
				ids = append(ids, id)
			}
			cfg, err := flags.database(cmd)
			if err != nil {
				return err
			}
			return database.With(cmd.Context(), cfg, logger("warn"), func(ctx context.Context, st *store.Store) error {
				return operateAll(ctx, cmd.OutOrStdout(), st, &cfg, by, ids, r)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&by, "as", "", "address of the admin who does this; required")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why, for the history of the conversation")
	if action == desk.DeliveryRetry || action == desk.DeliveryRedirect {
		cmd.Flags().BoolVar(&r.Confirm, "confirm", false, "send also if it is not known whether the customer has got the message, and may get it twice")
	}
	if action == desk.DeliveryRedirect {
		cmd.Flags().StringVar(&r.To, "to", "", "the address that gets the message")
	}
	return cmd
}

// operateAll does something to deliveries, and prints those that it leads to. It stops at
// the first that is refused.
func operateAll(ctx context.Context, out io.Writer, st *store.Store, cfg *config.Config, by string, ids []desk.DeliveryID, r operate.Request) error {
	admin, err := st.KnownAgent(ctx, by)
	switch {
	case err != nil && desk.KindOf(err) == desk.KindNotFound:
		return unknownAgent(by)
	case err != nil:
		return err
	case !admin.Admin:
		return usageError{fmt.Errorf("--as: %s is no admin; `switchboard user list` lists who is", by)}
	}
	d, err := gateway.Operator(ctx, st, cfg)
	if err != nil {
		return err
	}
	for _, id := range ids {
		q, err := st.QueuedOne(ctx, everything, id)
		if err != nil {
			return err
		}
		changed, err := d.Operate(ctx, admin, q.Conversation.ID, q.MessageID, id, r)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		fmt.Fprintln(out, changed)
	}
	return nil
}
