package main

import (
	"errors"

	"github.com/spf13/cobra"

	"switchboard/internal/archivethread"
)

func threadCommand() *cobra.Command {
	var byAccount bool
	cmd := &cobra.Command{
		Use:   "thread [--by-account] FILE.mbox|MAILDIR",
		Short: "Thread a mail archive into conversations",
		Long: `Thread the mail of an mbox file, a Maildir or a folder of message files into
conversations and print one JSON object per line, in order of arrival:

  {"message_id": "...", "conversation": "cv_...", "method": "...", "evidence": "..."}

method is new, references, in-reply-to, report or subject; evidence is what the
decision is based on. Conversation identifiers are generated for each run.

By default, the archive is treated as the mail of one account: a mailing list, or
the mail of one customer. All of it is read before anything is printed. Two threads
that a later message shows to be one are printed as one, and a reply that lost its
headers joins the thread that it quotes or whose message it mentions.

With --by-account, senders belong to the account of their domain, or to an account
of their own if the domain is a public mail provider, and messages join only
conversations that the gateway would let them join. Threads of one account that a
later message refers to together are printed as one; the gateway suggests merging
them.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("expected one mbox file, Maildir or folder of message files")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return archivethread.Write(cmd.Context(), args[0], byAccount, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&byAccount, "by-account", false, "separate the senders by account")
	return cmd
}
