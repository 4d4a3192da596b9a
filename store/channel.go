package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type channelQueries struct {
	Seen         *sqlx.Stmt `query:"channel-seen"`
	Save         *sqlx.Stmt `query:"channel-save"`
	Lock         *sqlx.Stmt `query:"channel-lock"`
	Health       *sqlx.Stmt `query:"channel-health"`
	Arrival      *sqlx.Stmt `query:"channel-arrival"`
	Forget       *sqlx.Stmt `query:"channel-forget"`
	List         *sqlx.Stmt `query:"channel-list"`
	ReconcileDue *sqlx.Stmt `query:"channel-reconcile-due"`
	Reconciled   *sqlx.Stmt `query:"channel-reconciled"`
}

// silence is how long a node may send no heartbeat before it counts as gone.
const silence = 20 * time.Second

// SaveChannels records a node's heartbeat and the state of its channels that
// changed. Nodes that have been gone for a day are removed. A channel that
// failed, degraded or recovered is also recorded in the event log.
func (s *Store) SaveChannels(ctx context.Context, node string, changed []view.Channel) error {
	return s.txAsync(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.channel.Seen).ExecContext(ctx, node); err != nil {
			return wrap("save heartbeat", err)
		}
		if len(changed) == 0 {
			return nil
		}
		var name, state, since, success, lastError, advice, progress, alarm, arrived, item column
		for _, c := range changed {
			name.text(c.Name)
			state.text(c.State)
			since.instant(c.Since)
			if c.LastSuccess != nil {
				success.instant(*c.LastSuccess)
			} else {
				success.null()
			}
			lastError.text(c.LastError)
			advice.text(c.Advice)
			progress.json(c.Progress)
			alarm.boolean(c.Alarm)
			if c.LastItem != nil {
				arrived.text(c.Name)
				item.instant(*c.LastItem)
			}
		}
		if _, err := tx.StmtxContext(ctx, s.q.channel.Save).ExecContext(ctx, &name, node, &state, &since, &success, &lastError,
			&advice, &progress, &alarm); err != nil {
			return wrap("save channels", err)
		}
		if _, err := tx.StmtxContext(ctx, s.q.channel.Arrival).ExecContext(ctx, &arrived, &item); err != nil {
			return wrap("save last arrivals", err)
		}
		if _, err := tx.StmtxContext(ctx, s.q.channel.Forget).ExecContext(ctx); err != nil {
			return wrap("remove old nodes", err)
		}
		return s.recordChannels(ctx, tx, &name)
	})
}

// recordChannels writes an event for each of the named channels that failed,
// degraded or recovered since the last such event.
func (s *Store) recordChannels(ctx context.Context, tx *sqlx.Tx, names *column) error {
	if _, err := tx.StmtxContext(ctx, s.q.channel.Lock).ExecContext(ctx); err != nil {
		return wrap("lock channels", err)
	}
	var rows []struct{ Name, State, Problem, Reported string }
	if err := tx.StmtxContext(ctx, s.q.channel.Health).SelectContext(ctx, &rows, names, silence.Seconds()); err != nil {
		return wrap("read the channels' state", err)
	}
	for _, r := range rows {
		if !reportable(r.Reported, r.State) {
			continue
		}
		data := desk.ChannelChanged{From: r.Reported, To: r.State, Problem: r.Problem}
		if err := s.record(ctx, tx, desk.ChannelSubject(r.Name), desk.ActorSystem, data); err != nil {
			return err
		}
	}
	return nil
}

// reportable reports whether a channel's state is news after the state that was
// reported last, empty when there is none. A channel that is starting, on standby
// or stopped is not: if it had failed, it has not recovered yet.
func reportable(reported, state string) bool {
	switch state {
	case "failing", "unauthorised", "degraded":
		return state != reported
	case "running":
		return reported != "" && reported != state
	}
	return false
}

// Channels returns the state of every channel, by name. Of several nodes with
// the same channel it is the active one's, and the worst of several active ones.
func (s *Store) Channels(ctx context.Context) ([]view.Channel, error) {
	var rows []struct {
		Channel, Node, State, LastError, Advice string
		Since                                   time.Time
		LastSuccess, LastItem, ReconciledAt     sql.NullTime
		Alarm                                   bool
		Progress, Report                        []byte
		Skipped                                 int64
	}
	if err := s.q.channel.List.SelectContext(ctx, &rows, silence.Seconds()); err != nil {
		return nil, wrap("list channels", err)
	}
	out := make([]view.Channel, len(rows))
	for i, r := range rows {
		c := view.Channel{Name: r.Channel, Node: r.Node, State: r.State, Alarm: r.Alarm, Since: r.Since.UTC(),
			LastError: r.LastError, Advice: r.Advice, Skipped: r.Skipped}
		if r.LastSuccess.Valid {
			at := r.LastSuccess.Time.UTC()
			c.LastSuccess = &at
		}
		if r.LastItem.Valid {
			at := r.LastItem.Time.UTC()
			c.LastItem = &at
		}
		if r.Progress != nil {
			if err := json.Unmarshal(r.Progress, &c.Progress); err != nil {
				return nil, wrap("read a channel's progress", err)
			}
		}
		if r.ReconciledAt.Valid {
			c.Reconciled = &view.Reconciled{At: r.ReconciledAt.Time.UTC(), Folders: []view.ReconciledFolder{}}
			if err := json.Unmarshal(r.Report, &c.Reconciled.Folders); err != nil {
				return nil, wrap("read a reconciliation", err)
			}
		}
		out[i] = c
	}
	return out, nil
}

// DueReconciliation claims one of the channels whose comparison with the server
// is due; "" when none is. A new channel becomes due after first.
func (s *Store) DueReconciliation(ctx context.Context, channels []string, first time.Duration) (channel string, err error) {
	var names column
	for _, c := range channels {
		names.text(c)
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		err := tx.StmtxContext(ctx, s.q.channel.ReconcileDue).GetContext(ctx, &channel, &names, first.Seconds())
		if err != nil && kindOf(err) == desk.KindNotFound {
			return nil
		}
		return wrap("claim a reconciliation", err)
	})
	return channel, err
}

// SaveReconciliation stores the result of a comparison; the next one is due after every.
func (s *Store) SaveReconciliation(ctx context.Context, channel string, folders []view.ReconciledFolder, every time.Duration) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.channel.Reconciled).ExecContext(ctx, channel, every.Seconds(), jsonText(emptyNotNull(folders)))
		return wrap("save a reconciliation", err)
	})
}
