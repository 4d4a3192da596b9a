package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/pilot"
	"switchboard/internal/policies"
	"switchboard/store"
)

// policyPilotCommand tries a draft of the policy with some accounts.
func policyPilotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "pilot", Short: "Try a policy file with some accounts before it is published",
		Long: `Try a policy file with some accounts, next to the live policy, and compare what happens
with the other accounts and with the time before. At most one pilot runs. It decides about
conversations that its accounts begin while it runs; publishing a policy ends it.`,
	}
	cmd.AddCommand(pilotStartCommand(), pilotShowCommand(), pilotListCommand(), pilotAdoptCommand(), pilotWithdrawCommand())
	return needSubcommand(cmd)
}

func pilotStartCommand() *cobra.Command {
	var flags configFlags
	var p desk.Pilot
	var days int
	var replaces int64
	cmd := &cobra.Command{
		Use: "start FILE", Short: "Start a pilot with a share of the accounts, or with a segment", Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if p.Share == 0 && p.Segment == "" {
				return usageError{errors.New("say with whom: --share, --segment, or both")}
			}
			if p.Share == 0 && !cmd.Flags().Changed("share") {
				p.Share = 100
			}
			if days < 1 || days > policies.MaxBaseline {
				return usageError{fmt.Errorf("--baseline must be from 1 to %d days", policies.MaxBaseline)}
			}
			draft, err := draftFile(args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			p.Document, p.Origin, p.Baseline = string(draft), desk.OriginPilot, time.Duration(days)*24*time.Hour
			if cmd.Flags().Changed("replaces") {
				p.Replaces = &replaces
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				version, err := policies.StartPilot(ctx, st, p)
				if found := policies.Problems(err); len(found) > 0 {
					for _, f := range found {
						fmt.Fprintf(cmd.OutOrStdout(), "%s:%d:%d: %s: %s\n", args[0], f.Line, f.Column, f.Path, f.Reason)
					}
					return fmt.Errorf("%s: %d problems", args[0], len(found))
				}
				if err != nil {
					return refused(noPolicy(err))
				}
				made, err := st.Pilot(ctx, version)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "version %d is tried with %s; version %d stays live\n", version, whom(&made), made.Base)
				return err
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().IntVar(&p.Share, "share", 0, "percent of the accounts (of the segment, if there is one)")
	cmd.Flags().StringVar(&p.Segment, "segment", "", "only accounts in this segment of the live policy")
	cmd.Flags().StringVar(&p.Reason, "reason", "", "what is to be found out, for the history")
	cmd.Flags().StringVar(&p.Author, "author", osUser(), "who starts it, for the history")
	cmd.Flags().IntVar(&days, "baseline", policies.DefaultBaseline, "how many days before the start are measured, to compare with")
	cmd.Flags().Int64Var(&replaces, "replaces", 0, "the version that must be live")
	if err := cmd.MarkFlagRequired("reason"); err != nil {
		panic(err)
	}
	return cmd
}

// refused makes errors that the caller can do something about errors of usage.
func refused(err error) error {
	var field *policies.FieldError
	if desk.KindOf(err) == desk.KindConflict || errors.As(err, &field) {
		return usageError{err}
	}
	return err
}

func whom(p *view.Pilot) string {
	switch {
	case p.Segment != "" && p.Share == 100:
		return "the accounts in " + p.Segment
	case p.Segment != "":
		return fmt.Sprintf("%d %% of the accounts in %s", p.Share, p.Segment)
	}
	return fmt.Sprintf("%d %% of the accounts", p.Share)
}

// findPilot reads the pilot that an argument names; without one, the running one.
func findPilot(ctx context.Context, st *store.Store, args []string) (view.Pilot, error) {
	var version int64
	if len(args) == 1 {
		var err error
		if version, err = strconv.ParseInt(args[0], 10, 64); err != nil || version < 1 {
			return view.Pilot{}, usageError{fmt.Errorf("%q is not a version; `switchboard policy pilot list` lists them", args[0])}
		}
	}
	p, err := st.Pilot(ctx, version)
	if err != nil && desk.KindOf(err) == desk.KindNotFound {
		if version == 0 {
			return p, usageError{errors.New("no pilot is running; `switchboard policy pilot list` lists earlier ones")}
		}
		return p, usageError{fmt.Errorf("there is no pilot of version %d; `switchboard policy pilot list` lists them", version)}
	}
	return p, err
}

func pilotShowCommand() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show [VERSION]", Short: "Compare the groups of the running pilot, or of an earlier one", Args: cobra.MaximumNArgs(1),
		Long: `Compare the accounts in a pilot with the others, since it started and in the baseline before.
"difference" is pilot less control since the start, and "change" how much more the pilot
group has changed since the baseline than the control group, each with an interval that has
it with a confidence of 95 %.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				p, err := findPilot(ctx, st, args)
				if err != nil {
					return err
				}
				until := time.Now()
				if p.EndedAt != nil {
					until = *p.EndedAt
				}
				counts, err := st.PilotCounts(ctx, p, until)
				if err != nil {
					return err
				}
				compared := pilot.Compare(p, counts, until)
				if asJSON {
					enc := json.NewEncoder(cmd.OutOrStdout())
					enc.SetIndent("", "  ")
					return enc.Encode(struct {
						view.Pilot
						Comparison pilot.PilotComparison `json:"comparison"`
					}{p, compared})
				}
				return printPilot(cmd.OutOrStdout(), &p, &compared)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printPilot(out io.Writer, p *view.Pilot, c *pilot.PilotComparison) error {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	fmt.Fprintf(out, "version %d, tried with %s since %s: %s\n", p.Version, whom(p), at(p.StartedAt), p.Reason)
	if p.EndedAt != nil {
		fmt.Fprintf(out, "%s at %s: %s\n", p.Outcome, at(*p.EndedAt), p.Note)
	}
	n := &c.Conversations
	fmt.Fprintf(out, "new conversations: %d of the pilot, %d of the control group; in the baseline from %s: %d and %d\n\n", n.Pilot.Since, n.Control.Since, at(p.BaselineFrom), n.Pilot.Before, n.Control.Before)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MEASURE\tPILOT\tCONTROL\tPILOT BEFORE\tCONTROL BEFORE\tDIFFERENCE\tCHANGE")
	var notes []string
	for i := range c.Measures {
		m := &c.Measures[i]
		mean := func(c view.PilotCases) string {
			if c.N == 0 {
				return "-"
			}
			return fmt.Sprintf("%s (%d)", amount(m.Unit, c.Mean), c.N)
		}
		estimate := func(e *pilot.PilotEstimate) string {
			if e == nil {
				return "-"
			}
			return fmt.Sprintf("%s (%s to %s)", amount(m.Unit, e.Value), amount(m.Unit, e.Low), amount(m.Unit, e.High))
		}
		fmt.Fprintln(w, strings.Join([]string{m.Measure, mean(m.Pilot.Since), mean(m.Control.Since), mean(m.Pilot.Before), mean(m.Control.Before), estimate(m.Difference), estimate(m.Change)}, "\t"))
		if m.Note != "" {
			notes = append(notes, m.Measure+": "+m.Note)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(notes) > 0 {
		fmt.Fprintln(out)
	}
	for _, note := range notes {
		fmt.Fprintln(out, note)
	}
	return nil
}

// amount shows a value of a measure.
func amount(unit string, v float64) string {
	switch unit {
	case "seconds":
		return time.Duration(v * float64(time.Second)).Round(time.Second).String()
	case "share":
		return fmt.Sprintf("%.1f %%", 100*v)
	}
	return fmt.Sprintf("%.2f", v)
}

func pilotListCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List the pilots, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				list, err := st.Pilots(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "VERSION\tSTARTED\tWITH\tOUTCOME\tREASON\tNOTE")
				for i := range list {
					p := &list[i]
					outcome := string(p.Outcome)
					if p.EndedAt == nil {
						outcome = "running"
					}
					fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", p.Version, p.StartedAt.UTC().Format(time.RFC3339), whom(p), outcome, p.Reason, p.Note)
				}
				return w.Flush()
			})
		},
	}
	flags.register(cmd)
	return cmd
}

func pilotAdoptCommand() *cobra.Command {
	var flags configFlags
	p := desk.Publication{Origin: desk.OriginCommand}
	var replaces int64
	cmd := &cobra.Command{
		Use: "adopt", Short: "Publish the draft of the running pilot", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("replaces") {
				p.Replaces = &replaces
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				tried, err := findPilot(ctx, st, nil)
				if err != nil {
					return err
				}
				p.Adopts = tried.Version
				version, err := policies.AdoptPilot(ctx, st, p)
				if err != nil {
					return refused(err)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "version %d is live, with the document of version %d\n", version, tried.Version)
				return err
			})
		},
	}
	endFlags(cmd, &flags, &p.Reason, &p.Author)
	cmd.Flags().Int64Var(&replaces, "replaces", 0, "the version that must be live")
	return cmd
}

func pilotWithdrawCommand() *cobra.Command {
	var flags configFlags
	var e desk.PilotEnd
	cmd := &cobra.Command{
		Use: "withdraw", Short: "End the running pilot without publishing its draft", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				tried, err := findPilot(ctx, st, nil)
				if err != nil {
					return err
				}
				e.Version = tried.Version
				if err := policies.WithdrawPilot(ctx, st, e); err != nil {
					return refused(err)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "the pilot of version %d has ended; version %d is live\n", tried.Version, tried.Base)
				return err
			})
		},
	}
	endFlags(cmd, &flags, &e.Reason, &e.Author)
	return cmd
}

// endFlags are the flags of commands that end a pilot.
func endFlags(cmd *cobra.Command, flags *configFlags, reason, author *string) {
	flags.register(cmd)
	cmd.Flags().StringVar(reason, "reason", "", "why, for the history")
	cmd.Flags().StringVar(author, "author", osUser(), "who ends it, for the history")
	if err := cmd.MarkFlagRequired("reason"); err != nil {
		panic(err)
	}
}
