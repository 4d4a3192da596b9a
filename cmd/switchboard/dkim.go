package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchboard/config"
	"switchboard/internal/dkim"
)

// dkimCommand manages the keys that sign outgoing mail. The files and the configuration
// are the whole state: the gateway reads both when it starts.
func dkimCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "dkim", Short: "Create and list the keys that sign outgoing mail",
		Long: "Create and list the keys that sign outgoing mail (DKIM).\n\n" +
			"To rotate a key: create one with another selector, publish its record, wait until\n" +
			"`switchboard doctor` finds it, and replace the old [[dkim]] section. Leave the old\n" +
			"record published for a week: mail that is still on its way is signed with that key."}
	cmd.AddCommand(dkimCreateCommand(), dkimListCommand())
	return needSubcommand(cmd)
}

// dkimCreateCommand writes a new private key to a file.
func dkimCreateCommand() *cobra.Command {
	var selector, algorithm, file string
	cmd := &cobra.Command{
		Use: "create DOMAIN", Short: "Create a key, and print what to publish and to configure", Args: one("a domain, like example.com"),
		Long: "Write a new private key to a file that only this user can read, and print the DNS\nrecord to publish and the section for the configuration. Nothing else is changed.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if selector == "" {
				selector = "sb" + time.Now().UTC().Format("200601")
				if algorithm == string(dkim.Ed25519) {
					selector += "-ed"
				}
			}
			if file == "" {
				file = "dkim-" + selector + "-" + args[0] + ".pem"
			}
			return createDKIM(cmd, args[0], selector, dkim.Algorithm(algorithm), file)
		},
	}
	cmd.Flags().StringVar(&selector, "selector", "", "name of the key in DNS (default: sb and the month; each key needs its own)")
	cmd.Flags().StringVar(&algorithm, "algorithm", "rsa", "rsa (2048 bits), or ed25519 in addition to it")
	cmd.Flags().StringVar(&file, "out", "", "file to write (default: dkim-SELECTOR-DOMAIN.pem)")
	return cmd
}

func createDKIM(cmd *cobra.Command, domain, selector string, algorithm dkim.Algorithm, file string) error {
	if strings.ContainsAny(domain, "@/ ") || !strings.Contains(domain, ".") {
		return usageError{fmt.Errorf("%q is not a domain like example.com", domain)}
	}
	text, err := dkim.Generate(algorithm)
	if err != nil {
		return usageError{err}
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usageError{fmt.Errorf("%s exists; choose another --selector or --out", file)}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	section := config.DKIM{Domain: domain, Selector: selector, KeyFile: file}
	key, err := section.Key()
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "The private key is in %s. Publish this record:\n\n%s\n\nThen add to the configuration, check with `switchboard doctor`, and restart the gateway:\n\n"+
		"[[dkim]]\ndomain = %q\nselector = %q\nkey_file = %q\n", file, key.Zone(), domain, selector, file)
	return nil
}

// dkimListCommand prints the configured keys and their records.
func dkimListCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "list", Short: "Show the configured keys with their DNS records", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load(cmd, config.LoadUnvalidated)
			if err != nil {
				return err
			}
			keys, err := cfg.DKIMKeys()
			if err != nil {
				return err
			}
			if len(keys) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "No keys are configured; `switchboard dkim create DOMAIN` creates one.")
			}
			for i := range keys {
				fmt.Fprintln(cmd.OutOrStdout(), keys[i].Zone())
			}
			return nil
		},
	}
	flags.register(cmd)
	return cmd
}
