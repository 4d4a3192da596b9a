package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/internal/database"
	"switchboard/store"
)

// rawCommand inspects the journal. It may run while a gateway is running.
func rawCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "raw", Short: "List, show and replay received items"}
	cmd.AddCommand(rawListCommand(), rawShowCommand(), rawReplayCommand())
	return needSubcommand(cmd)
}

// withStore opens the configured database. That is db.url, or the private cluster in
// the data folder, which is started if no gateway is running on it.
func withStore(cmd *cobra.Command, flags *configFlags, fn func(context.Context, *store.Store) error) error {
	cfg, err := flags.database(cmd)
	if err != nil {
		return err
	}
	return database.With(cmd.Context(), cfg, logger("warn"), fn)
}

func rawListCommand() *cobra.Command {
	var flags configFlags
	var state string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the journal, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch desk.RawState(state) {
			case "", desk.RawPending, desk.RawProcessed, desk.RawQuarantined:
			default:
				return usageError{fmt.Errorf("--state must be pending, processed or quarantined, not %q", state)}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				raws, _, err := st.Raws(ctx, desk.RawState(state), 0, limit)
				if err != nil {
					return err
				}
				return printRaws(cmd.OutOrStdout(), raws, asJSON)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&state, "state", string(desk.RawQuarantined), "pending, processed or quarantined; empty for all")
	cmd.Flags().IntVar(&limit, "limit", 100, "maximum number of rows")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return cmd
}

// printRaws prints a table of raw items, or JSON without their bytes.
func printRaws(out io.Writer, raws []desk.Raw, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		for _, r := range raws {
			err := enc.Encode(map[string]any{"id": r.ID, "channel": r.Channel, "endpoint": r.Endpoint, "source_key": r.SourceKey,
				"envelope_from": r.EnvelopeFrom, "envelope_to": r.EnvelopeTo, "received_at": r.ReceivedAt, "size": r.Size,
				"state": r.State, "attempts": r.Attempts, "problem": r.Problem})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if len(raws) == 0 {
		_, err := fmt.Fprintln(out, "No items.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tRECEIVED\tCHANNEL\tFROM\tSIZE\tSTATE\tTRIES\tPROBLEM")
	for _, r := range raws {
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%d\t%s\t%d\t%s\n", r.ID, r.ReceivedAt.Local().Format(time.DateTime), r.Channel, r.Endpoint,
			r.EnvelopeFrom, r.Size, r.State, r.Attempts, r.Problem)
	}
	return w.Flush()
}

func rawShowCommand() *cobra.Command {
	var flags configFlags
	var output string
	cmd := &cobra.Command{
		Use: "show ID", Short: "Print an item as it was received", Args: one("an ID from raw list"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := desk.ParseID[desk.RawID](args[0])
			if err != nil {
				return usageError{err}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				raw, err := st.Raw(ctx, id)
				if err != nil {
					return err
				}
				if output != "" {
					return os.WriteFile(filepath.Clean(output), raw.Bytes, 0o600)
				}
				_, err = cmd.OutOrStdout().Write(raw.Bytes)
				return err
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this file instead of standard output")
	return cmd
}

func rawReplayCommand() *cobra.Command {
	var flags configFlags
	var all bool
	cmd := &cobra.Command{
		Use: "replay [ID...]", Short: "Process quarantined items again",
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return usageError{fmt.Errorf("expected IDs, or --all")}
			}
			ids := []desk.RawID{{}} // the zero id means all
			if !all {
				ids = nil
			}
			for _, arg := range args {
				id, err := desk.ParseID[desk.RawID](arg)
				if err != nil {
					return usageError{err}
				}
				ids = append(ids, id)
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				return replayRaw(ctx, cmd.OutOrStdout(), st, ids)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all items whose processing failed; items quarantined by a filter must be named by ID")
	return cmd
}

// replayRaw makes items pending again and prints their IDs; the zero ID stands for all that
// failed.
func replayRaw(ctx context.Context, out io.Writer, st *store.Store, ids []desk.RawID) error {
	for _, id := range ids {
		touched, err := st.Replay(ctx, id)
		if err != nil {
			return err
		}
		if len(touched) == 0 && !id.IsZero() {
			return desk.Errorf(desk.KindNotFound, "%s is not in quarantine", id)
		}
		for _, t := range touched {
			fmt.Fprintln(out, t)
		}
	}
	return nil
}
