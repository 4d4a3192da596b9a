// Package database opens the database of a configuration: the server of db.url, or
// a private cluster in the data folder.
package database

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"switchboard/config"
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
	var err error
	if dsn == "" {
		db.cluster, err = localpg.Start(ctx, localpg.Config{Dir: clusterDir(cfg), Log: log})
		if err != nil {
			return nil, err
		}
		dsn = db.cluster.DSN(name)
	}
	db.Store, err = store.Open(ctx, store.Options{DSN: dsn, Log: log, MaxConns: cfg.DB.MaxConns})
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
	cfg.DB.URL = Running(&cfg)
	db, err := Open(ctx, &cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, db.Store), db.Close())
}

func clusterDir(cfg *config.Config) string { return filepath.Join(cfg.Data, "postgres") }
