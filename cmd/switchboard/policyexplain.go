package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/gateway"
	"switchboard/router"
	"switchboard/store"
)

func policyExplainCommand() *cobra.Command {
	var flags configFlags
	var facts string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain CONVERSATION | FILE --facts JSON",
		Short: "Show why a conversation is where it is, or where a message would be routed",
		Long: `Show why a conversation is where it is, what was promised, and what happens next if
nobody does anything: its path through the policy, its SLA clocks, its handoff, and the
next timers. CONVERSATION is a number such as 1042 or an ID. This reads the database.

With a policy file, show where a message with the given facts would be routed, and every
condition that was evaluated. --facts is a JSON object with the names that conditions
use, @FILE to read it from a file, or - to read it from standard input:

  switchboard policy explain policy.yaml --facts '{"channel": "email",
    "message": {"to": "security@demo.example"}, "account": {"plan": "business"}}'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("expected one conversation or one policy file")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if ref, ok := conversationRef(args[0]); ok && !cmd.Flags().Changed("facts") {
				return withStore(cmd, &flags, func(ctx context.Context, st *store.Store) error {
					return explainConversation(ctx, cmd.OutOrStdout(), st, ref, asJSON)
				})
			}
			f, err := readFacts(facts, cmd.InOrStdin())
			if err != nil {
				return usageError{err}
			}
			p, err := compileFile(args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return explain(cmd.OutOrStdout(), p, f)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&facts, "facts", "{}", "facts as JSON, @FILE, or - for standard input")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the explanation of a conversation as JSON")
	return cmd
}

// conversationRef reads 1042, #1042 or the ID of a conversation. A file of such a name
// needs a folder before it, or --facts.
func conversationRef(arg string) (view.ConversationRef, bool) {
	if n, err := strconv.ParseInt(strings.TrimPrefix(arg, "#"), 10, 64); err == nil && n > 0 {
		return view.ConversationRef{Number: n}, true
	}
	id, err := desk.ParseID[desk.ConversationID](arg)
	return view.ConversationRef{ID: id}, err == nil && !id.IsZero()
}

// explainConversation prints the explanation of a conversation.
func explainConversation(ctx context.Context, out io.Writer, st *store.Store, ref view.ConversationRef, asJSON bool) error {
	c, err := gateway.Explain(ctx, st, ref)
	if err != nil {
		return err
	}
	if !asJSON {
		return c.Write(out)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(c)
}

// readFacts reads facts from an argument: JSON, @FILE, or - for standard input.
func readFacts(arg string, stdin io.Reader) (router.Facts, error) {
	data, err := []byte(arg), error(nil)
	if name, ok := strings.CutPrefix(arg, "@"); ok {
		data, err = os.ReadFile(name)
	} else if arg == "-" {
		data, err = io.ReadAll(stdin)
	}
	if err != nil {
		return router.Facts{}, err
	}
	return router.ParseFacts(data)
}

// explain prints, as JSON, the resulting assignment and each condition that was tested.
func explain(out io.Writer, p *router.Policy, f router.Facts) error {
	a := p.Route(f)
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(map[string]any{
		"inbox": a.Inbox, "tier": a.Tier, "priority": a.Priority, "tags": append([]string{}, a.Tags...), "restricted": a.Restricted,
		"sla": a.SLA, "page": a.Page, "segment": a.Segment, "path": a.Path, "steps": p.Explain(f),
	})
}
