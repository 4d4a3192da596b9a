package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/advisory"
	"switchboard/router"
)

type advisoryQueries struct {
	List         *sqlx.Stmt `query:"advisory-list"`
	AccountNames *sqlx.Stmt `query:"advisory-account-names"`
	Insert       *sqlx.Stmt `query:"advisory-insert"`
	Edit         *sqlx.Stmt `query:"advisory-edit"`
	Lock         *sqlx.Stmt `query:"advisory-lock"`
	State        *sqlx.Stmt `query:"advisory-state"`
	Accounts     *sqlx.Stmt `query:"advisory-accounts"`
	Audience     *sqlx.Stmt `query:"advisory-audience"`
	Recipients   *sqlx.Stmt `query:"advisory-recipients"`
}

// advisoryRow is an advisory as the driver reads it.
type advisoryRow struct {
	view.Advisory
	Segments pq.StringArray
	Accounts idArray[desk.AccountID]
}

// Advisories lists advisories without the first skip, the newest first.
func (s *Store) Advisories(ctx context.Context, skip, limit int) ([]view.Advisory, error) {
	return s.advisories(ctx, desk.AdvisoryID{}, skip, limit)
}

// Advisory returns one advisory; KindNotFound if there is none.
func (s *Store) Advisory(ctx context.Context, id desk.AdvisoryID) (view.Advisory, error) {
	return only("advisory", id, func() ([]view.Advisory, error) { return s.advisories(ctx, id, 0, 1) })
}

func (s *Store) advisories(ctx context.Context, id desk.AdvisoryID, skip, limit int) ([]view.Advisory, error) {
	var rows []advisoryRow
	if err := s.q.advisory.List.SelectContext(ctx, &rows, id, skip, limit); err != nil {
		return nil, wrap("list advisories", err)
	}
	var wanted column
	for i := range rows {
		for _, account := range rows[i].Accounts {
			wanted.uuid(account)
		}
	}
	var names []view.AccountName
	if wanted.length > 0 {
		if err := s.q.advisory.AccountNames.SelectContext(ctx, &names, &wanted); err != nil {
			return nil, wrap("read the names of accounts", err)
		}
	}
	out := make([]view.Advisory, len(rows))
	for i := range rows {
		a := rows[i].Advisory
		utc(&a.CreatedAt, &a.UpdatedAt, a.StartedAt, a.FinishedAt)
		a.Segments, a.Accounts = append([]string{}, rows[i].Segments...), []view.AccountName{}
		for _, n := range names {
			if slices.Contains(rows[i].Accounts, n.ID) {
				a.Accounts = append(a.Accounts, n)
			}
		}
		out[i] = a
	}
	return out, nil
}

// CreateAdvisory stores a draft.
func (s *Store) CreateAdvisory(ctx context.Context, by desk.Agent, a advisory.Advisory) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.advisory.Insert).ExecContext(ctx, a.ID, clean(a.Subject), clean(a.Text), a.Inbox, textArray(a.Segments), idArray[desk.AccountID](a.Accounts), by.ID); err != nil {
			return wrap("create an advisory", err)
		}
		return s.record(ctx, tx, desk.AdvisorySubject(a.ID), desk.AgentActor(by.ID), desk.AdvisoryChanged{Subject: a.Subject, What: "created"})
	})
}

// EditAdvisory lets change edit a draft.
func (s *Store) EditAdvisory(ctx context.Context, by desk.Agent, id desk.AdvisoryID, change func(*advisory.Advisory) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		a, err := s.lockAdvisory(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(&a); err != nil {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.advisory.Edit).ExecContext(ctx, id, clean(a.Subject), clean(a.Text), a.Inbox, textArray(a.Segments), idArray[desk.AccountID](a.Accounts), by.ID); err != nil {
			return wrap("change an advisory", err)
		}
		return s.record(ctx, tx, desk.AdvisorySubject(id), desk.AgentActor(by.ID), desk.AdvisoryChanged{Subject: a.Subject, What: "changed"})
	})
}

func (s *Store) lockAdvisory(ctx context.Context, tx *sqlx.Tx, id desk.AdvisoryID) (advisory.Advisory, error) {
	var row struct {
		ID                   desk.AdvisoryID
		Subject, Text, Inbox string
		Segments             pq.StringArray
		Accounts             idArray[desk.AccountID]
		State                desk.AdvisoryState
		Author               desk.AgentID
		UpdatedAt            time.Time
	}
	if err := tx.StmtxContext(ctx, s.q.advisory.Lock).GetContext(ctx, &row, id); err == sql.ErrNoRows {
		return advisory.Advisory{}, notFound("advisory", id)
	} else if err != nil {
		return advisory.Advisory{}, wrap("read an advisory", err)
	}
	return advisory.Advisory{ID: row.ID, Subject: row.Subject, Text: row.Text, Inbox: row.Inbox, Segments: row.Segments, Accounts: row.Accounts, State: row.State, Author: row.Author, UpdatedAt: row.UpdatedAt}, nil
}

// factsRow is what segments depend on, of an account.
type factsRow struct {
	Attributes []byte
	Tags       pq.StringArray
	Domains    pq.StringArray
}

func (r *factsRow) account(id desk.AccountID, name string) (desk.Account, error) {
	a := desk.Account{ID: id, Name: name, Tags: r.Tags, Domains: r.Domains}
	if err := json.Unmarshal(r.Attributes, &a.Attributes); err != nil {
		return a, desk.Errorf(desk.KindInternal, "attributes of an account in the database: %w", err)
	}
	return a, nil
}

// advisoryAccounts returns the accounts that an advisory is for: the named ones, and those of its
// segments.
func (s *Store) advisoryAccounts(ctx context.Context, segments []string, named []desk.AccountID) (*column, error) {
	var out column
	for _, id := range named {
		out.uuid(id)
	}
	rules := s.livePolicy().Rules
	if len(segments) == 0 || rules == nil {
		return &out, nil
	}
	var rows []struct {
		ID   desk.AccountID
		Name string
		factsRow
	}
	if err := s.q.advisory.Accounts.SelectContext(ctx, &rows); err != nil {
		return nil, wrap("read accounts", err)
	}
	for i := range rows {
		account, err := rows[i].account(rows[i].ID, rows[i].Name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(segments, rules.SegmentOf(router.Facts{Account: router.FactsOf(&account)})) && !slices.Contains(named, account.ID) {
			out.uuid(account.ID)
		}
	}
	return &out, nil
}

// audienceRow is a contact who may get an advisory.
type audienceRow struct {
	ID                              desk.ContactID
	Name, Account, Address          string
	AccountID                       desk.AccountID
	Verified, Other, OptedOut, Dead bool
}

// skipped says why the contact gets no advisory.
func (s *Store) skipped(r *audienceRow) string {
	c := advisory.Contact{Address: r.Address, Verified: r.Verified, Other: r.Other, OptedOut: r.OptedOut, Dead: r.Dead, Own: s.ours(r.Address)}
	return c.Skipped()
}

func (s *Store) ours(address string) bool {
	own := s.livePolicy().Own
	return own != nil && own(address)
}

// audience lists the contacts of accounts.
func (s *Store) audience(ctx context.Context, segments []string, named []desk.AccountID) ([]audienceRow, error) {
	accounts, err := s.advisoryAccounts(ctx, segments, named)
	if err != nil {
		return nil, err
	}
	var rows []audienceRow
	return rows, wrap("list contacts", s.q.advisory.Audience.SelectContext(ctx, &rows, accounts))
}

// AdvisoryAudience says whom a draft would go to, and who would not get it: in a state, if one is
// given, without the first skip.
func (s *Store) AdvisoryAudience(ctx context.Context, a view.Advisory, state string, skip, limit int) (list []view.AdvisoryRecipient, waiting, skipped int, err error) {
	named := make([]desk.AccountID, len(a.Accounts))
	for i := range a.Accounts {
		named[i] = a.Accounts[i].ID
	}
	rows, err := s.audience(ctx, a.Segments, named)
	if err != nil {
		return nil, 0, 0, err
	}
	list = []view.AdvisoryRecipient{}
	for i := range rows {
		r := &rows[i]
		one := view.AdvisoryRecipient{Contact: view.ContactName{ID: r.ID, Name: r.Name, Address: r.Address}, Account: view.AccountName{ID: r.AccountID, Name: r.Account}, State: "waiting", Reason: s.skipped(r)}
		if one.Reason == "" {
			waiting++
		} else {
			one.State = "skipped"
			skipped++
		}
		if state != "" && one.State != state {
			continue
		}
		if skip > 0 {
			skip--
		} else if len(list) < limit {
			list = append(list, one)
		}
	}
	return list, waiting, skipped, nil
}

// AdvisoryRecipients lists whom an advisory went to.
func (s *Store) AdvisoryRecipients(ctx context.Context, id desk.AdvisoryID, state string, skip, limit int) ([]view.AdvisoryRecipient, error) {
	list := []view.AdvisoryRecipient{}
	if err := s.q.advisory.Recipients.SelectContext(ctx, &list, id, state, skip, limit); err != nil {
		return nil, wrap("list the recipients of an advisory", err)
	}
	for i := range list {
		utc(list[i].At)
	}
	return list, nil
}

// idArray is an array of identifiers as the driver reads and writes it.
type idArray[K ~[16]byte] []K

// Scan implements sql.Scanner.
func (a *idArray[K]) Scan(src any) error { return pq.GenericArray{A: (*[]K)(a)}.Scan(src) }

// Value implements driver.Valuer.
func (a idArray[K]) Value() (driver.Value, error) {
	if len(a) == 0 {
		return "{}", nil
	}
	return pq.GenericArray{A: []K(a)}.Value()
}
