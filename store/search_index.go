package store

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/internal/textindex"
)

const (
	// searchLock is the advisory lock of the node that extends the index.
	searchLock = 0x5b_0a_4d_17
	// oldPage is how many messages from before the index are indexed at once.
	oldPage = 512
)

// RunSearchIndex keeps the index of words up to date until ctx ends, looking at every
// interval whether there is something to index. The backlog of an upgraded database
// is indexed with half of one core, so that mail does not wait.
func (s *Store) RunSearchIndex(ctx context.Context, interval time.Duration) error {
	reported := time.Now()
	for ctx.Err() == nil {
		began := time.Now()
		more, err := s.IndexSearch(ctx)
		wait := time.Since(began)
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Warn("SearchIndexFailed", "error", err)
			wait = interval
		case !more:
			wait = interval
		}
		if since := time.Since(reported); more && since > 10*time.Second {
			reported = time.Now()
			s.reportBacklog(ctx)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
	return nil
}

// reportBacklog says how far the messages from before the index are indexed.
func (s *Store) reportBacklog(ctx context.Context) {
	var below uuid.UUID
	if err := s.db.GetContext(ctx, &below, "select below from search_backlog"); err == nil {
		sec, nsec := below.Time().UnixTime()
		s.log.Info("SearchIndexing", slog.Time("back_to", time.Unix(sec, nsec).UTC()))
	}
}

// IndexSearch indexes the next messages, if there are enough for a block, and else the
// next ones from before the index. It reports whether there may be more to do.
func (s *Store) IndexSearch(ctx context.Context) (more bool, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		// The index is extended again after a crash.
		if _, err := tx.ExecContext(ctx, "set local synchronous_commit = off"); err != nil {
			return wrap("configure the transaction", err)
		}
		var mine bool
		if err := tx.StmtxContext(ctx, s.q.search.Lock).GetContext(ctx, &mine, searchLock); err != nil || !mine {
			return wrap("lock the search index", err)
		}
		if more, err = s.indexBlock(ctx, tx); err != nil || more {
			return err
		}
		more, err = s.indexOld(ctx, tx)
		return err
	})
	return more, err
}

// indexBlock moves messages that are not in a block yet into the next one.
func (s *Store) indexBlock(ctx context.Context, tx *sqlx.Tx) (bool, error) {
	var taken []struct {
		ID   desk.MessageID
		Text string
	}
	if err := tx.StmtxContext(ctx, s.q.search.Take).SelectContext(ctx, &taken, textindex.Size); err != nil || len(taken) == 0 {
		return false, wrap("read texts to index", err)
	}
	var ids column
	for _, m := range taken {
		ids.uuid(m.ID)
	}
	var places []struct {
		ID     desk.MessageID
		Number int64
	}
	if err := tx.StmtxContext(ctx, s.q.search.Places).SelectContext(ctx, &places, &ids); err != nil {
		return false, wrap("read texts to index", err)
	}
	in := make(map[desk.MessageID][]int64, len(taken))
	for _, p := range places {
		in[p.ID] = append(in[p.ID], p.Number)
	}
	var block textindex.Block
	var numbers []int64
	var done column
	for _, m := range taken {
		if block.Full() || block.Len()+len(in[m.ID]) > textindex.Size && block.Len() > 0 {
			break
		}
		for _, n := range in[m.ID] {
			if block.Full() {
				break // in more conversations than a block has slots
			}
			block.Add(m.Text)
			numbers = append(numbers, n)
		}
		done.uuid(m.ID)
	}
	var number int
	if err := tx.StmtxContext(ctx, s.q.search.AddBlock).GetContext(ctx, &number, textindex.AppendNumbers([]byte{}, numbers)); err != nil {
		return false, wrap("write a block of the search index", err)
	}
	buckets, postings := block.Rows()
	var rows column
	for _, p := range postings {
		rows.bytes(p)
	}
	if _, err := tx.StmtxContext(ctx, s.q.search.AddPostings).ExecContext(ctx, pq.Array(buckets), number, &rows); err != nil {
		return false, wrap("write a block of the search index", err)
	}
	_, err := tx.StmtxContext(ctx, s.q.search.Taken).ExecContext(ctx, &done, number)
	return true, wrap("write a block of the search index", err)
}

// indexOld folds the next texts from before the index, which indexBlock then finds.
func (s *Store) indexOld(ctx context.Context, tx *sqlx.Tx) (bool, error) {
	var below desk.MessageID
	if err := tx.StmtxContext(ctx, s.q.search.Backlog).GetContext(ctx, &below); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return false, nil
		}
		return false, wrap("read the backlog of the search index", err)
	}
	if folded, err := s.foldNames(ctx, tx); err != nil || folded {
		return folded, err
	}
	var old []struct {
		ID                     desk.MessageID
		Direction              desk.Direction
		Subject, TextBody      string
		Addresses, Attachments []byte
		Conversation           *string
		Participants           pq.StringArray
		Known                  bool
	}
	if err := tx.StmtxContext(ctx, s.q.search.Old).SelectContext(ctx, &old, below, oldPage, maxSearched); err != nil {
		return false, wrap("read texts from before the search index", err)
	}
	if len(old) == 0 {
		_, err := tx.StmtxContext(ctx, s.q.search.CaughtUp).ExecContext(ctx)
		return false, wrap("end the backlog of the search index", err)
	}
	var ids, senders, texts column
	for i := range old {
		r := &old[i]
		if r.Known {
			continue
		}
		m := desk.Message{Direction: r.Direction, Subject: r.Subject, TextBody: r.TextBody}
		var a addresses
		if err := json.Unmarshal(r.Addresses, &a); err != nil {
			return false, desk.Errorf(desk.KindInternal, "addresses of message %s in the database: %w", r.ID, err)
		}
		if err := json.Unmarshal(r.Attachments, &m.Attachments); err != nil {
			return false, desk.Errorf(desk.KindInternal, "attachments of message %s in the database: %w", r.ID, err)
		}
		m.From, m.ReplyTo, m.To, m.CC = a.From, a.ReplyTo, a.To, a.CC
		subject := ""
		if r.Conversation != nil {
			subject = *r.Conversation
		}
		t := searchable(&m, subject, r.Participants)
		ids.uuid(r.ID)
		senders.text(t.sender)
		texts.text(t.text)
	}
	if _, err := tx.StmtxContext(ctx, s.q.search.AddTexts).ExecContext(ctx, &ids, &senders, &texts); err != nil {
		return false, wrap("index texts from before the search index", err)
	}
	_, err := tx.StmtxContext(ctx, s.q.search.Advance).ExecContext(ctx, old[len(old)-1].ID)
	return true, wrap("index texts from before the search index", err)
}

// foldNames folds the next names from before the index.
func (s *Store) foldNames(ctx context.Context, tx *sqlx.Tx) (bool, error) {
	var names []struct {
		Kind string
		ID   uuid.UUID
		Name string
	}
	if err := tx.StmtxContext(ctx, s.q.search.Unfolded).SelectContext(ctx, &names, 10*oldPage); err != nil || len(names) == 0 {
		return false, wrap("read names", err)
	}
	var ids, folded [2]column
	for _, n := range names {
		i := 0
		if n.Kind == "contact" {
			i = 1
		}
		ids[i].uuid(n.ID)
		folded[i].text(textindex.Fold(n.Name))
	}
	for i, update := range []*sqlx.Stmt{s.q.search.FoldAccounts, s.q.search.FoldContacts} {
		if _, err := tx.StmtxContext(ctx, update).ExecContext(ctx, &ids[i], &folded[i]); err != nil {
			return false, wrap("fold names", err)
		}
	}
	return true, nil
}
