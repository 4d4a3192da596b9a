package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"switchboard/internal/mailjson"
	"switchboard/internal/mailsig"
)

func parseCommand() *cobra.Command {
	var keys mailsig.Config
	cmd := &cobra.Command{
		Use:   "parse FILE.eml...",
		Short: "Show how mail files are parsed",
		Long: `Parse mail files and print one JSON object per line and file, in the given order:

  {"file": "...", "message_id": "...", "in_reply_to": [], "references": [],
   "from": [{"name": "...", "email": "..."}], "sender": [], "reply_to": [],
   "to": [], "cc": [], "bcc": [], "subject": "...", "date": "RFC 3339",
   "text": "...", "html": "...", "reply_text": "...",
   "attachments": [{"filename", "content_type", "size", "content_id", "inline", "sha256"}],
   "auto_submitted": "none", "report": {...}, "problems": [{"code", "detail"}],
   "signed": {"kind", "covers", "author", "footer", "broken"}}

html is sanitized as it is in the console. report is present for bounces, read
receipts and complaints. signed is present for signed mail, with the kind of the
signature (smime, openpgp) and the part of the mail that it covers (all, footer,
part). With keys, the signature is verified as if the mail arrived now, and signature
is the result (doc/operations.md, "Signed mail"). No mail is refused; its defects are
listed in problems.

The file "-" is standard input. For a file that cannot be read the line is
{"file": "...", "error": "..."}; the other files are still parsed, and the exit
status is 1.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SilenceUsage = true
			var verify mailjson.Verifier
			if len(keys.Authorities)+len(keys.Keys) > 0 || keys.System {
				trust, err := mailsig.Load(keys, slog.Default())
				if err != nil {
					return err
				}
				verify = trust.Verify
			}
			return mailjson.Write(cmd.Context(), args, verify, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringSliceVar(&keys.Keys, "openpgp-keys", nil, "verify signatures with the public keys in these files and folders")
	cmd.Flags().StringSliceVar(&keys.Authorities, "smime-authorities", nil, "verify signatures with the certificate authorities in these PEM files")
	cmd.Flags().BoolVar(&keys.System, "smime-system", false, "verify signatures with the system's certificate authorities, too")
	return cmd
}
