package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/internal/policies"
	"switchboard/router"
	"switchboard/store"
)

func policyExportCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "export [VERSION]", Short: "Print the live policy, or another version", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var version int64
			if len(args) == 1 {
				var err error
				if version, err = strconv.ParseInt(args[0], 10, 64); err != nil || version < 1 {
					return usageError{fmt.Errorf("%q is not a version; `switchboard policy history` lists them", args[0])}
				}
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				p, err := st.PolicyDocument(ctx, version)
				if err != nil && desk.KindOf(err) == desk.KindNotFound {
					return usageError{errors.New("there is no such version of the policy; `switchboard policy history` lists them")}
				}
				if err != nil {
					return err
				}
				_, err = io.WriteString(cmd.OutOrStdout(), p.Document)
				return err
			})
		},
	}
	flags.register(cmd)
	return cmd
}

func policyHistoryCommand() *cobra.Command {
	var flags configFlags
	var limit int
	cmd := &cobra.Command{
		Use: "history", Short: "List the versions of the policy, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				list, err := st.Policies(ctx, 0, limit)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "VERSION\tPUBLISHED\tORIGIN\tAUTHOR\tREASON")
				for _, p := range list {
					reason := p.Reason
					if p.Restores != nil {
						reason = fmt.Sprintf("[version %d again] %s", *p.Restores, reason)
					}
					fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", p.Version, p.PublishedAt.UTC().Format(time.RFC3339), p.Origin, p.Author, reason)
				}
				return w.Flush()
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().IntVar(&limit, "limit", 50, "maximum number of versions")
	return cmd
}

func policyDiffCommand() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "diff FILE", Short: "Compare a policy file with the live policy",
		Long: "Compare a policy file with the live policy: which rules, inboxes, SLAs and other parts\nwould be different, and a unified diff. Nothing is printed if the documents are equal.\nArticles that the file answers with and that are not published are warnings on standard error.",
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := compileFile(args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			draft, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				live, err := st.PolicyDocument(ctx, 0)
				if err != nil {
					return noPolicy(err)
				}
				missing, err := missingAnswers(ctx, st, rules)
				if err != nil {
					return err
				}
				printWarnings(cmd.ErrOrStderr(), args[0], missing)
				changes, err := policies.Compare([]byte(live.Document), draft)
				if err != nil {
					return err
				}
				unified := policies.Unified(fmt.Sprintf("version %d", live.Version), args[0], live.Document, string(draft))
				if asJSON {
					enc := json.NewEncoder(cmd.OutOrStdout())
					enc.SetEscapeHTML(false)
					return enc.Encode(map[string]any{"base": live.Version, "unified": unified, "changes": changes, "warnings": append([]router.Problem{}, missing...)})
				}
				printChanges(cmd.OutOrStdout(), changes)
				if unified != "" && len(changes) > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				_, err = io.WriteString(cmd.OutOrStdout(), unified)
				return err
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func policyApplyCommand() *cobra.Command {
	var flags configFlags
	var reason, author string
	var replaces, restore int64
	cmd := &cobra.Command{
		Use: "apply FILE | --version N", Short: "Publish a policy file, or an earlier version again",
		Long: `Publish a policy file, or an earlier version again. It comes into force on all running
nodes within two seconds. With --replaces, nothing is published if another version than
that one is live.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (restore != 0) {
				return usageError{errors.New("expected one policy file, or --version")}
			}
			p := desk.Publication{Origin: desk.OriginCommand, Author: author, Reason: reason, Restores: restore}
			if cmd.Flags().Changed("replaces") {
				p.Replaces = &replaces
			}
			if len(args) == 1 {
				draft, err := draftFile(args[0], cmd.OutOrStdout())
				if err != nil {
					return err
				}
				p.Document = string(draft)
			}
			return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
				return applyPolicy(ctx, cmd.OutOrStdout(), st, p)
			})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the history")
	cmd.Flags().StringVar(&author, "author", osUser(), "who publishes it, for the history")
	cmd.Flags().Int64Var(&replaces, "replaces", 0, "the version that must be live")
	cmd.Flags().Int64Var(&restore, "version", 0, "an earlier version, instead of a file")
	if err := cmd.MarkFlagRequired("reason"); err != nil {
		panic(err)
	}
	return cmd
}

// applyPolicy publishes a document, or the version that it restores, and prints what is
// different.
func applyPolicy(ctx context.Context, out io.Writer, st *store.Store, p desk.Publication) error {
	live, err := st.PolicyDocument(ctx, 0)
	if err != nil {
		return noPolicy(err)
	}
	if p.Restores != 0 {
		old, err := st.PolicyDocument(ctx, p.Restores)
		if err != nil && desk.KindOf(err) == desk.KindNotFound {
			return usageError{fmt.Errorf("there is no version %d of the policy", p.Restores)}
		}
		if err != nil {
			return err
		}
		p.Document = old.Document
	}
	if p.Replaces == nil {
		p.Replaces = &live.Version // what is compared is what is replaced
	}
	if p.Document == live.Document && *p.Replaces == live.Version {
		_, err := fmt.Fprintf(out, "version %d has this document already\n", live.Version)
		return err
	}
	version, err := policies.Publish(ctx, st, p)
	if err != nil {
		if desk.KindOf(err) == desk.KindConflict {
			return usageError{fmt.Errorf("%w; `switchboard policy diff` compares the file with it", err)}
		}
		return err
	}
	changes, err := policies.Compare([]byte(live.Document), []byte(p.Document))
	if err != nil {
		return err
	}
	printChanges(out, changes)
	_, err = fmt.Fprintf(out, "version %d is live\n", version)
	return err
}

// draftFile reads a policy file, and prints its problems.
func draftFile(name string, out io.Writer) ([]byte, error) {
	if _, err := compileFile(name, out); err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

func printChanges(out io.Writer, changes []policies.PolicyChange) {
	for i := range changes {
		fmt.Fprintln(out, changes[i].String())
	}
}

// noPolicy explains that nothing was published yet.
func noPolicy(err error) error {
	if desk.KindOf(err) == desk.KindNotFound {
		return usageError{errors.New("there is no policy yet: the first start of the gateway publishes one")}
	}
	return err
}

// osUser is the name of the user who runs the command.
func osUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}
