package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/advisory"
	"switchboard/lifecycle"
)

type advisorySendQueries struct {
	Budget    *sqlx.Stmt `query:"advisory-budget"`
	Today     *sqlx.Stmt `query:"advisory-today"`
	Queue     *sqlx.Stmt `query:"advisory-queue"`
	Withdraw  *sqlx.Stmt `query:"advisory-withdraw"`
	Next      *sqlx.Stmt `query:"advisory-next"`
	Contact   *sqlx.Stmt `query:"advisory-contact"`
	Settle    *sqlx.Stmt `query:"advisory-settle"`
	Later     *sqlx.Stmt `query:"advisory-later"`
	Finish    *sqlx.Stmt `query:"advisory-finish"`
	OfMessage *sqlx.Stmt `query:"advisory-of-message"`
	OptedOut  *sqlx.Stmt `query:"advisory-opted-out"`
	OptOut    *sqlx.Stmt `query:"advisory-opt-out"`
	OptIn     *sqlx.Stmt `query:"advisory-opt-in"`
	AccountOf *sqlx.Stmt `query:"advisory-account-of"`
}

var _ agent.Advisories = (*Store)(nil)

// MoveAdvisory sends an advisory, or continues, pauses or cancels one. KindConflict if that is not
// possible in its state, or exceeds the budget.
func (s *Store) MoveAdvisory(ctx context.Context, by desk.Agent, id desk.AdvisoryID, action string, budget advisory.Budget) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		a, err := s.lockAdvisory(ctx, tx, id)
		if err != nil {
			return err
		}
		to, err := advisory.Next(a.State, action)
		if err != nil {
			return err
		}
		event := desk.AdvisoryChanged{Subject: a.Subject, What: map[string]string{"send": "continued", "pause": "paused", "cancel": "cancelled"}[action]}
		switch {
		case a.State == desk.AdvisoryDraft && action == "send":
			event.What = "sent"
			if event.To, err = s.queueAdvisory(ctx, tx, &a, budget); err != nil {
				return err
			}
		case action == "cancel":
			if _, err := tx.StmtxContext(ctx, s.q.advisorySend.Withdraw).ExecContext(ctx, id); err != nil {
				return wrap("cancel an advisory", err)
			}
		}
		if _, err := tx.StmtxContext(ctx, s.q.advisory.State).ExecContext(ctx, id, to, by.ID); err != nil {
			return wrap("change the state of an advisory", err)
		}
		return s.record(ctx, tx, desk.AdvisorySubject(id), desk.AgentActor(by.ID), event)
	})
}

// queueAdvisory writes whom a draft goes to and who does not get it, within the budget.
func (s *Store) queueAdvisory(ctx context.Context, tx *sqlx.Tx, a *advisory.Advisory, budget advisory.Budget) (n int, err error) {
	rows, err := s.audience(ctx, a.Segments, a.Accounts)
	if err != nil {
		return 0, err
	}
	type recipient struct {
		ID      key    `json:"id"`
		Address string `json:"address"`
		Reason  string `json:"reason"`
	}
	list := make([]recipient, len(rows))
	for i := range rows {
		if list[i] = (recipient{key(rows[i].ID), rows[i].Address, s.skipped(&rows[i])}); list[i].Reason == "" {
			n++
		}
	}
	if _, err := tx.StmtxContext(ctx, s.q.advisorySend.Budget).ExecContext(ctx); err != nil {
		return 0, wrap("wait for other advisories", err)
	}
	var today int
	if err := tx.StmtxContext(ctx, s.q.advisorySend.Today).GetContext(ctx, &today); err != nil {
		return 0, wrap("count advisories", err)
	}
	if err := budget.Check(n, today); err != nil {
		return 0, err
	}
	_, err = tx.StmtxContext(ctx, s.q.advisorySend.Queue).ExecContext(ctx, a.ID, jsonText(list))
	return n, wrap("write the recipients of an advisory", err)
}

// NextAdvisory implements agent.Advisories.
func (s *Store) NextAdvisory(ctx context.Context, fn func(agent.Tx, agent.AdvisoryDue) (agent.AdvisoryResult, error)) (found bool, err error) {
	var row struct {
		ID                            desk.AdvisoryID
		ContactID                     desk.ContactID
		Author                        desk.AgentID
		Address, Subject, Text, Inbox string
		Clock                         time.Time
	}
	q := &s.q.advisorySend
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		switch err := tx.StmtxContext(ctx, q.Next).GetContext(ctx, &row); {
		case err == sql.ErrNoRows:
			_, err := tx.StmtxContext(ctx, q.Finish).ExecContext(ctx)
			return wrap("finish advisories", err)
		case err != nil:
			return wrap("claim an advisory", err)
		}
		found = true
		due := agent.AdvisoryDue{ID: row.ID, Author: row.Author, Subject: row.Subject, Text: row.Text, Inbox: row.Inbox}
		if err := s.advisoryContact(ctx, tx, row.ContactID, row.Address, &due); err != nil {
			return err
		}
		t := &actTx{s: s, tx: tx, q: &s.q.agent, states: map[desk.ConversationID]lifecycle.State{}, now: row.Clock.UTC()}
		result, err := fn(t, due)
		if err != nil {
			return err
		}
		_, err = tx.StmtxContext(ctx, q.Settle).ExecContext(ctx, row.ID, row.ContactID, clean(result.Reason), result.Conversation, result.Message)
		return wrap("record an advisory", err)
	})
	if err != nil && found && ctx.Err() == nil {
		if _, later := q.Later.ExecContext(ctx, row.ID, row.ContactID); later != nil {
			s.log.WarnContext(ctx, "PostponeFailed", "error", later)
		}
	}
	return found, err
}

// advisoryContact reads what is known of a contact now.
func (s *Store) advisoryContact(ctx context.Context, tx *sqlx.Tx, id desk.ContactID, address string, due *agent.AdvisoryDue) error {
	var row struct {
		ID                             desk.ContactID
		Name, Account                  string
		AccountID                      desk.AccountID
		Verified, Gone, OptedOut, Dead bool
		factsRow
	}
	err := tx.StmtxContext(ctx, s.q.advisorySend.Contact).GetContext(ctx, &row, id, address)
	if err != nil {
		return wrap("read a contact", err)
	}
	due.Contact = desk.Contact{ID: row.ID, AccountID: row.AccountID, Name: row.Name}
	due.Now = advisory.Contact{Address: address, Verified: row.Verified, OptedOut: row.OptedOut, Dead: row.Dead, Own: s.ours(address)}
	if row.Gone {
		due.Now.Address = ""
	}
	due.Account, err = row.account(row.AccountID, row.Account)
	return err
}

// AdvisoryOf returns the contact whom a message tells something; KindNotFound if it is no advisory.
func (s *Store) AdvisoryOf(ctx context.Context, m desk.MessageID) (id desk.ContactID, err error) {
	if err := s.q.advisorySend.OfMessage.GetContext(ctx, &id, m); err == sql.ErrNoRows {
		return id, notFound("advisory", m)
	} else if err != nil {
		return id, wrap("read an advisory", err)
	}
	return id, nil
}

// WantsAdvisories reports whether a contact gets advisories; KindNotFound if there is none.
func (s *Store) WantsAdvisories(ctx context.Context, id desk.ContactID) (bool, error) {
	var out bool
	if err := s.q.advisorySend.OptedOut.GetContext(ctx, &out, id); err == sql.ErrNoRows {
		return false, notFound("contact", id)
	} else if err != nil {
		return false, wrap("read what a contact wants", err)
	}
	return !out, nil
}

// WantAdvisories records whether a contact wants advisories. Saying the same again changes nothing.
func (s *Store) WantAdvisories(ctx context.Context, id desk.ContactID, wanted bool) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var account desk.AccountID
		if err := tx.StmtxContext(ctx, s.q.advisorySend.AccountOf).GetContext(ctx, &account, id); err == sql.ErrNoRows {
			return notFound("contact", id)
		} else if err != nil {
			return wrap("read a contact", err)
		}
		stmt := s.q.advisorySend.OptOut
		if wanted {
			stmt = s.q.advisorySend.OptIn
		}
		switch err := tx.StmtxContext(ctx, stmt).GetContext(ctx, &id, id); {
		case err == sql.ErrNoRows:
			return nil
		case err != nil:
			return wrap("record what a contact wants", err)
		}
		return s.record(ctx, tx, desk.AccountSubject(account), desk.ActorCustomer, desk.AdvisoryWanted{ContactID: id, Wanted: wanted})
	})
}
