package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/desk/view"
	"switchboard/internal/database"
	"switchboard/internal/reconcile"
	"switchboard/store"
)

// channelCommand inspects the channels. It may run while a gateway is running.
func channelCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "channel", Short: "Show the state of the channels; reconcile mailboxes"}
	cmd.AddCommand(channelListCommand(), channelReconcileCommand())
	return needSubcommand(cmd)
}

// channelListCommand prints the state of every channel.
func channelListCommand() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "Show the state of every channel on all nodes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				list, err := st.Channels(ctx)
				if err != nil {
					return err
				}
				return printChannels(cmd.OutOrStdout(), list, asJSON)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return cmd
}

// printChannels prints a table of channels, or JSON.
func printChannels(out io.Writer, list []view.Channel, asJSON bool) error {
	if asJSON {
		return printJSON(out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "No gateway has run on this database yet.")
		return err
	}
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CHANNEL\tSTATE\tSINCE\tLAST SUCCESS\tLAST MESSAGE\tBACKLOG")
	for _, c := range list {
		state := c.State
		if c.Alarm {
			state += " (alarm)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Name, state, c.Since.Local().Format(time.DateTime), instant(c.LastSuccess), instant(c.LastItem), backlog(c.Progress))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// Error and advice are sentences, so they go below the channel's line.
	for i, line := range strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n") {
		fmt.Fprintln(out, strings.TrimRight(line, " "))
		if i == 0 {
			continue
		}
		if c := list[i-1]; c.LastError != "" {
			fmt.Fprintf(out, "    %s\n", c.LastError)
			if c.Advice != "" {
				fmt.Fprintf(out, "    -> %s\n", c.Advice)
			}
		}
	}
	return nil
}

// instant formats a time in the local zone, or "never".
func instant(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Local().Format(time.DateTime)
}

// backlog formats the progress of a backlog; "" if there is none.
func backlog(p *view.Progress) string {
	if p == nil {
		return ""
	}
	text := fmt.Sprintf("%d of %d, %.0f/s", p.Done, p.Total, p.Rate)
	if p.ETA > 0 {
		text += ", about " + (time.Duration(p.ETA) * time.Second).String() + " left"
	}
	return text
}

// printJSON prints one JSON value per line.
func printJSON[T any](out io.Writer, list []T) error {
	enc := json.NewEncoder(out)
	for _, item := range list {
		if err := enc.Encode(item); err != nil {
			return err
		}
	}
	return nil
}

// channelReconcileCommand compares a mailbox with the journal.
func channelReconcileCommand() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "reconcile NAME", Short: "Compare a mailbox with the journal and fetch missing mail", Args: one("the name of a mailbox"),
		Long: "Compare a mailbox with the journal, folder by folder, and fetch missing mail. The columns count the messages on\n" +
			"the server, those in the journal, those still waiting to be read, those that were missing and fetched now, and\n" +
			"those that are in the journal but no longer on the server. The gateway does the same once a day.",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := flags.database(cmd)
			if err != nil {
				return err
			}
			return database.With(cmd.Context(), cfg, logger("warn"), func(ctx context.Context, st *store.Store) error {
				folders, err := reconcile.New(cfg.Mailboxes, st, logger("warn")).Named(ctx, args[0])
				if err != nil {
					return err
				}
				return printReconciled(cmd.OutOrStdout(), folders, asJSON)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return cmd
}

// printReconciled prints the result of a comparison for each folder.
func printReconciled(out io.Writer, folders []view.ReconciledFolder, asJSON bool) error {
	if asJSON {
		return printJSON(out, folders)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FOLDER\tSERVER\tJOURNALED\tWAITING\tMISSING\tFETCHED\tOLDER\tGONE")
	for _, f := range folders {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", f.Folder, f.Server, f.Journaled, f.Waiting, f.Missing, f.Fetched, f.Skipped, f.Gone)
	}
	return w.Flush()
}
