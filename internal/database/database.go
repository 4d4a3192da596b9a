// Package database opens the database of a configuration: the server of db.url, or
// a private cluster in the data folder.
package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"switchboard/config"
	"switchboard/internal/credential"
	"switchboard/internal/localpg"
	"switchboard/store"
)

const name = "switchboard"

// DB is an open database.
type DB struct {
	*store.Store
	cluster *localpg.Cluster // nil when db.url is set
}

// Open connects to the configured server, or starts the private cluster and stops it
// on Close.
func Open(ctx context.Context, cfg *config.Config, log *slog.Logger) (*DB, error) {
	db, dsn := &DB{}, cfg.DB.URL
	keys, err := keyring(cfg, dsn == "")
	if err != nil {
		return nil, err
	}
	if keys == nil {
		log.Warn("SecretsNotEncrypted", "advice", "set secret_key_file, on every node to the same key")
	}
	if dsn == "" {
		db.cluster, err = localpg.Start(ctx, localpg.Config{Dir: clusterDir(cfg), Log: log})
		if err != nil {
			return nil, err
		}
		dsn = db.cluster.DSN(name)
	}
	db.Store, err = store.Open(ctx, store.Options{DSN: dsn, Log: log, MaxConns: cfg.DB.MaxConns, Secrets: keys, OfflineAfter: cfg.OfflineAfter})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Wait returns when ctx ends, or with an error when the private cluster has ended
// for good.
func (db *DB) Wait(ctx context.Context) error {
	if db.cluster == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-db.cluster.Done():
		return db.cluster.Err()
	}
}

// Cluster returns the private cluster, nil if db.url is set.
func (db *DB) Cluster() *localpg.Cluster { return db.cluster }

// Close closes the connections and stops the private cluster.
func (db *DB) Close() error {
	var errs []error
	if db.Store != nil {
		errs = append(errs, db.Store.Close())
	}
	if db.cluster != nil {
		errs = append(errs, db.cluster.Stop())
	}
	return errors.Join(errs...)
}

// Running returns the DSN of the configured server, or of the private cluster if a
// gateway is running on it; "" if none is.
func Running(cfg *config.Config) string {
	if cfg.DB.URL != "" {
		return cfg.DB.URL
	}
	return localpg.Running(clusterDir(cfg), name)
}

// With opens the database for the duration of fn. It shares the private cluster of a
// running gateway, and starts the cluster itself if none is running.
func With(ctx context.Context, cfg config.Config, log *slog.Logger, fn func(context.Context, *store.Store) error) error {
	if _, err := keyring(&cfg, cfg.DB.URL == ""); err != nil {
		return err
	}
	cfg.DB.URL = Running(&cfg)
	db, err := Open(ctx, &cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, db.Store), db.Close())
}

// keyring returns the configured keys for the secrets in the database, nil if there
// are none. A private database has a key in the data folder, which keyring creates and
// sets in cfg, unless another one is configured.
func keyring(cfg *config.Config, private bool) (*credential.Keyring, error) {
	if cfg.SecretKey == "" && private {
		key, err := ownKey(filepath.Join(cfg.Data, "secret.key"))
		if err != nil {
			return nil, err
		}
		cfg.SecretKey = key
	}
	if cfg.SecretKey == "" {
		return nil, nil
	}
	keys, err := credential.NewKeyring(cfg.SecretKey)
	if err != nil {
		return nil, fmt.Errorf("secret_key: %w", err)
	}
	return keys, nil
}

// ownKey reads the key in a file, or creates it, so that a crash in between leaves no
// incomplete file.
func ownKey(path string) (string, error) {
	text, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return string(text), err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), "secret.key.*") // mode 0600
	if err != nil {
		return "", err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(credential.NewSecretKey() + "\n")
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return "", err
	}
	// Link fails if another process was faster; its key counts.
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	text, err = os.ReadFile(path)
	return string(text), err
}

func clusterDir(cfg *config.Config) string { return filepath.Join(cfg.Data, "postgres") }
