package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
)

type policyQueries struct {
	Latest    *sqlx.Stmt `query:"policy-latest"`
	Version   *sqlx.Stmt `query:"policy-version"`
	Lock      *sqlx.Stmt `query:"policy-lock"`
	Publish   *sqlx.Stmt `query:"policy-publish"`
	Tiers     *sqlx.Stmt `query:"policy-tiers"`
	Inboxes   *sqlx.Stmt `query:"policy-inboxes"`
	InboxList *sqlx.Stmt `query:"policy-inbox-list"`
}

// Policy is a published policy document.
type Policy struct {
	Version  int64
	Document string
}

// LatestPolicy returns the live policy; KindNotFound before the first one.
func (s *Store) LatestPolicy(ctx context.Context) (Policy, error) {
	var p Policy
	err := s.q.policy.Latest.GetContext(ctx, &p)
	return p, wrap("read the policy", err)
}

// PolicyVersion returns a version of the policy; KindNotFound if there is none.
func (s *Store) PolicyVersion(ctx context.Context, version int64) (Policy, error) {
	var p Policy
	err := s.q.policy.Version.GetContext(ctx, &p, version)
	return p, wrap("read a version of the policy", err)
}

// PublishPolicy makes a document the live policy, saves the tiers and inboxes it
// names, and returns its version. It is recorded in the event log.
func (s *Store) PublishPolicy(ctx context.Context, document, author string, tiers map[desk.Tier]string, inboxes []desk.Inbox) (int64, error) {
	var version int64
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.policy.Lock).ExecContext(ctx); err != nil {
			return wrap("lock policies", err)
		}
		var tier, tierName, id, key, name, inboxTier column
		for t, n := range tiers {
			tier.number(int64(t))
			tierName.text(n)
		}
		for _, i := range inboxes {
			id.uuid(desk.NewID[desk.InboxID]())
			key.text(i.Key)
			name.text(i.Name)
			inboxTier.number(int64(i.Tier))
		}
		if _, err := tx.StmtxContext(ctx, s.q.policy.Tiers).ExecContext(ctx, &tier, &tierName); err != nil {
			return wrap("save tiers", err)
		}
		if _, err := tx.StmtxContext(ctx, s.q.policy.Inboxes).ExecContext(ctx, &id, &key, &name, &inboxTier); err != nil {
			return wrap("save inboxes", err)
		}
		if err := tx.StmtxContext(ctx, s.q.policy.Publish).GetContext(ctx, &version, document, author); err != nil {
			return wrap("publish the policy", err)
		}
		return s.record(ctx, tx, desk.PolicySubject(version), desk.ActorSystem, desk.PolicyPublished{PolicyVersion: version, Author: author})
	})
	return version, err
}

// InboxList returns every inbox, archived ones included, by tier and key.
func (s *Store) InboxList(ctx context.Context) ([]desk.Inbox, error) {
	var list []desk.Inbox
	err := s.q.policy.InboxList.SelectContext(ctx, &list)
	return list, wrap("list inboxes", err)
}
