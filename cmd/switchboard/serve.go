package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"switchboard/config"
	"switchboard/demo"
	"switchboard/gateway"
	"switchboard/internal/memory"
	"switchboard/internal/redact"
)

// configFlags are the flags of every command that opens the database.
type configFlags struct{ file string }

func (f *configFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "config", "", "configuration file (TOML); SWITCHBOARD_SECTION__KEY in the environment overrides it")
	cmd.Flags().String("addr", "", "host:port of the HTTP server")
	cmd.Flags().String("data", "", "folder of the private database")
}

// load reads the configuration with config.Load or LoadUnvalidated. Flags override
// the file and the environment.
func (f *configFlags) load(cmd *cobra.Command, read func(string, []string, map[string]any) (config.Config, error)) (config.Config, error) {
	overrides := map[string]any{}
	for _, name := range []string{"addr", "data"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed {
			overrides[name] = flag.Value.String()
		}
	}
	cfg, err := read(f.file, os.Environ(), overrides)
	var invalid *config.Error
	if errors.As(err, &invalid) {
		return cfg, usageError{err}
	}
	return cfg, err
}

// database reads the configuration for a command that works on an existing database.
// Without any setting that names one, it refuses to create a database in the current
// folder, which would only report that everything is empty.
func (f *configFlags) database(cmd *cobra.Command) (config.Config, error) {
	cfg, err := f.load(cmd, config.LoadUnvalidated)
	if err != nil {
		return cfg, err
	}
	named := f.file != "" || cfg.DB.URL != "" || cfg.Data != config.Defaults().Data || cmd.Flags().Lookup("data").Changed
	if _, err := os.Stat(filepath.Join(cfg.Data, "postgres")); !named && errors.Is(err, os.ErrNotExist) {
		return cfg, usageError{fmt.Errorf("there is no database in the folder %q; set the configuration file with --config, or the data folder with --data", cfg.Data)}
	}
	return cfg, nil
}

// logger returns a logger that writes JSON to standard error.
func logger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(redact.Handler(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l})))
}

func serveCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the gateway", Args: cobra.NoArgs,
		Long: "Run the gateway with the configuration from --config and the environment.\nWithout db.url, it runs a private PostgreSQL cluster in the data folder.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load(cmd, config.Load)
			if err != nil {
				return err
			}
			memory.Tune()
			log := logger(cfg.LogLevel)
			g, err := gateway.New(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			log.Info("Serving", "http", g.HTTPAddr().String(), "version", gateway.Version)
			return g.Run(cmd.Context())
		},
	}
	flags.register(cmd)
	return cmd
}

func demoCommand() *cobra.Command {
	opt := demo.Options{Out: os.Stdout}
	var level string
	cmd := &cobra.Command{
		Use: "demo", Short: "Run the gateway with simulated customers, agents and mail servers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opt.Log = logger(level)
			return demo.Run(cmd.Context(), opt)
		},
	}
	cmd.Flags().StringVar(&opt.Addr, "addr", "127.0.0.1:8080", "host:port of the web pages; port 0 picks free ports, for the mail servers, too")
	cmd.Flags().StringVar(&opt.SMTP, "smtp", "", "host:port of the SMTP listener (default 127.0.0.1:2525)")
	cmd.Flags().StringVar(&opt.IMAP, "imap", "", "host:port of the IMAP server of the support mailbox (default 127.0.0.1:1143)")
	cmd.Flags().StringVar(&opt.AgentIMAP, "agent-imap", "", "host:port of IMAP for the agents' mail programs (default 127.0.0.1:1144; a free port if --addr has another port than 8080)")
	cmd.Flags().StringVar(&opt.AgentSMTP, "agent-smtp", "", "host:port of submission for the agents' mail programs (default 127.0.0.1:2587; the same)")
	cmd.Flags().StringVar(&opt.Data, "data", "data/demo", "folder of the demo's data; delete it to start over")
	cmd.Flags().Int64Var(&opt.Seed, "seed", 1, "seed of the generated conversations")
	cmd.Flags().BoolVar(&opt.JSON, "json", false, "print the URLs and addresses as one line of JSON")
	cmd.Flags().StringVar(&level, "log-level", "warn", "debug, info, warn or error")
	return cmd
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "switchboard", gateway.Version)
			return err
		},
	}
}
