package store

import (
	"cmp"
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type policyQueries struct {
	Latest    *sqlx.Stmt `query:"policy-latest"`
	Version   *sqlx.Stmt `query:"policy-version"`
	Live      *sqlx.Stmt `query:"policy-live"`
	List      *sqlx.Stmt `query:"policy-list"`
	Document  *sqlx.Stmt `query:"policy-document"`
	File      *sqlx.Stmt `query:"policy-file"`
	Lock      *sqlx.Stmt `query:"policy-lock"`
	Publish   *sqlx.Stmt `query:"policy-publish"`
	Tiers     *sqlx.Stmt `query:"policy-tiers"`
	Inboxes   *sqlx.Stmt `query:"policy-inboxes"`
	InboxList *sqlx.Stmt `query:"policy-inbox-list"`
	Hits      *sqlx.Stmt `query:"policy-hits"`
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

// PublishPolicy makes a document the live policy, saves the tiers and inboxes it names,
// and returns its version. It is recorded in the event log. KindConflict if another
// version is live than the one to replace.
func (s *Store) PublishPolicy(ctx context.Context, p desk.Publication) (int64, error) {
	var version int64
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.lockPolicy(ctx, tx, p.Replaces); err != nil {
			return err
		}
		if running, err := s.runningPilot(ctx, tx); err != nil || p.Adopts != 0 && running != p.Adopts {
			return cmp.Or(err, notRunning(p.Adopts))
		}
		if err := s.savePlaces(ctx, tx, p.Tiers, p.Inboxes); err != nil {
			return err
		}
		if err := tx.StmtxContext(ctx, s.q.policy.Publish).GetContext(ctx, &version, p.Document, clean(p.Author), clean(p.Reason), p.Origin, p.Restores); err != nil {
			return wrap("publish the policy", err)
		}
		if err := s.record(ctx, tx, desk.PolicySubject(version), actorOrSystem(p.By),
			desk.PolicyPublished{PolicyVersion: version, Author: p.Author, Origin: p.Origin, Reason: p.Reason, Restores: p.Restores}); err != nil {
			return err
		}
		return s.publishedOver(ctx, tx, &p, version)
	})
	return version, err
}

// lockPolicy lets nobody else publish a version or change a pilot until the end of the
// transaction, and checks that the version to replace is live.
func (s *Store) lockPolicy(ctx context.Context, tx *sqlx.Tx, replaces *int64) error {
	if _, err := tx.StmtxContext(ctx, s.q.policy.Lock).ExecContext(ctx); err != nil {
		return wrap("lock policies", err)
	}
	return s.replaces(ctx, tx, replaces)
}

// savePlaces saves tiers and inboxes, and archives the other inboxes.
func (s *Store) savePlaces(ctx context.Context, tx *sqlx.Tx, tiers map[desk.Tier]string, inboxes []desk.Inbox) error {
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
	_, err := tx.StmtxContext(ctx, s.q.policy.Inboxes).ExecContext(ctx, &id, &key, &name, &inboxTier)
	return wrap("save inboxes", err)
}

// replaces checks that the version to replace is live.
func (s *Store) replaces(ctx context.Context, tx *sqlx.Tx, want *int64) error {
	if want == nil {
		return nil
	}
	var live Policy
	err := wrap("read the policy", tx.StmtxContext(ctx, s.q.policy.Latest).GetContext(ctx, &live))
	if err != nil && desk.KindOf(err) != desk.KindNotFound {
		return err
	}
	if live.Version != *want {
		return desk.Errorf(desk.KindConflict, "version %d of the policy has been published meanwhile", live.Version)
	}
	return nil
}

// Policies lists the versions of the policy, newest first, before one (0: all).
func (s *Store) Policies(ctx context.Context, before int64, limit int) ([]view.PolicyVersion, error) {
	var list []view.PolicyVersion
	err := s.q.policy.List.SelectContext(ctx, &list, before, limit)
	return list, wrap("list policies", err)
}

// PolicyDocument returns a version of the policy, 0: the live one.
func (s *Store) PolicyDocument(ctx context.Context, version int64) (view.PolicyDocument, error) {
	var p view.PolicyDocument
	err := s.q.policy.Document.GetContext(ctx, &p, version)
	return p, wrap("read a version of the policy", err)
}

// PoliciesInForce are the versions that decide.
type PoliciesInForce struct {
	Live  int64 // 0 before the first one
	Pilot int64 // of the running pilot's draft; 0: none is running
}

// PoliciesInForce returns the versions that decide now.
func (s *Store) PoliciesInForce(ctx context.Context) (p PoliciesInForce, err error) {
	return p, wrap("read which policy is in force", s.q.policy.Live.GetContext(ctx, &p))
}

// LastPolicyFile returns the version that a start with a policy file published last;
// KindNotFound if there is none.
func (s *Store) LastPolicyFile(ctx context.Context) (view.PolicyDocument, error) {
	var p view.PolicyDocument
	err := s.q.policy.File.GetContext(ctx, &p)
	return p, wrap("read the last policy file", err)
}

// InboxList returns every inbox, archived ones included, by tier and key.
func (s *Store) InboxList(ctx context.Context) ([]desk.Inbox, error) {
	var list []desk.Inbox
	err := s.q.policy.InboxList.SelectContext(ctx, &list)
	return list, wrap("list inboxes", err)
}

// PolicyHits counts how often each part of the policy decided about conversations that
// opened since an instant; a rule with others below it counts each of them once.
func (s *Store) PolicyHits(ctx context.Context, since time.Time) ([]view.PolicyHits, error) {
	var list []view.PolicyHits
	err := s.q.policy.Hits.SelectContext(ctx, &list, since)
	return list, wrap("count the hits of the policy", err)
}
