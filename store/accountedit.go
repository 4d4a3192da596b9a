package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/internal/accounts"
	"switchboard/internal/textindex"
)

// EditAccount lets change edit an account in a transaction, and records what it changed.
// If there is no such account, it creates one with create, and is KindNotFound without. A
// domain or external key of another account is KindConflict. The open conversations of a
// changed account are reviewed afterwards (agent.Desk.ReviewAccounts).
func (s *Store) EditAccount(ctx context.Context, by desk.Actor, ref accounts.Ref, create bool, change func(*desk.Account) error) (edit accounts.Edit, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		edit, err = s.editAccount(ctx, tx, by, ref, create, true, change)
		return err
	})
	return edit, err
}

var errDryRun = errors.New("dry run")

// TryAccounts calls fn with an editor whose edits are all rolled back at the end, so that
// each sees what the ones before it would have done.
func (s *Store) TryAccounts(ctx context.Context, by desk.Actor, fn func(accounts.Editor) error) error {
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		err := fn(func(ctx context.Context, ref accounts.Ref, create bool, change func(*desk.Account) error) (accounts.Edit, error) {
			// Without the locks, incoming mail does not wait for the end.
			return s.editAccount(ctx, tx, by, ref, create, false, change)
		})
		return cmp.Or(err, errDryRun)
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

func (s *Store) editAccount(ctx context.Context, tx *sqlx.Tx, by desk.Actor, ref accounts.Ref, create, lock bool, change func(*desk.Account) error) (accounts.Edit, error) {
	q := &s.q.account
	before, err := s.findAccount(ctx, tx, ref, lock)
	if err != nil && (desk.KindOf(err) != desk.KindNotFound || !create) {
		return accounts.Edit{}, err
	}
	edit := accounts.Edit{ID: before.ID, Created: err != nil}
	if edit.Created {
		edit.ID = desk.NewID[desk.AccountID]()
	}
	a := before
	a.ID = edit.ID
	if err := change(&a); err != nil {
		return accounts.Edit{}, err
	}
	if edit.Changes = accountChanges(&before, &a); len(edit.Changes) == 0 && !edit.Created {
		return edit, nil
	}
	var domains, tags column
	for _, d := range a.Domains {
		domains.text(d)
	}
	for _, t := range a.Tags {
		tags.text(t)
	}
	if err := s.checkOthers(ctx, tx, &a, &domains); err != nil {
		return accounts.Edit{}, err
	}
	if a.Attributes == nil {
		a.Attributes = map[string]any{}
	}
	_, err = tx.StmtxContext(ctx, q.Write).ExecContext(ctx, a.ID, clean(a.Name), textindex.Fold(clean(a.Name)), clean(a.Timezone), jsonText(a.Attributes), &tags, clean(a.ExternalID), a.OwnerID)
	if err != nil {
		return accounts.Edit{}, wrap("save the account", err)
	}
	if _, err := tx.StmtxContext(ctx, q.DropDomains).ExecContext(ctx, a.ID, &domains); err != nil {
		return accounts.Edit{}, wrap("remove domains", err)
	}
	var added []string
	if err := tx.StmtxContext(ctx, q.SaveDomains).SelectContext(ctx, &added, &domains, a.ID); err != nil {
		return accounts.Edit{}, wrap("save the account's domains", err)
	}
	if edit.Created {
		err = s.record(ctx, tx, desk.AccountSubject(a.ID), by, desk.AccountCreated{Name: clean(a.Name), Domains: list(a.Domains)})
		edit.Changes = nil
		return edit, err
	}
	if err := s.askReview(ctx, tx, a.ID, by); err != nil {
		return accounts.Edit{}, err
	}
	return edit, s.record(ctx, tx, desk.AccountSubject(a.ID), by, desk.AccountChanged{Changes: edit.Changes})
}

// accountRow is an account as the driver reads it.
type accountRow struct {
	desk.Account
	Domains, Tags pq.StringArray
	Attributes    []byte
}

// findAccount reads an account and locks it; with lock, against incoming mail too.
func (s *Store) findAccount(ctx context.Context, tx *sqlx.Tx, ref accounts.Ref, lock bool) (desk.Account, error) {
	q := &s.q.account
	var domains, keys column
	for _, d := range ref.Domains {
		domains.text(d)
		keys.text(d)
	}
	keys.text("accounts\x1f" + ref.ExternalID)
	if lock {
		if _, err := tx.StmtxContext(ctx, q.Lock).ExecContext(ctx, &keys); err != nil {
			return desk.Account{}, wrap("lock accounts", err)
		}
	}
	id := ref.ID
	if id.IsZero() && ref.Name != "" && ref.ExternalID == "" && len(ref.Domains) == 0 {
		var same []desk.AccountID
		if err := tx.StmtxContext(ctx, q.ByName).SelectContext(ctx, &same, clean(ref.Name)); err != nil {
			return desk.Account{}, wrap("find the account", err)
		}
		switch len(same) {
		case 1:
			id = same[0]
		case 2:
			return desk.Account{}, desk.Errorf(desk.KindConflict, "name: several accounts are called %s: give external_id or domains", ref.Name)
		}
	} else if id.IsZero() {
		if err := tx.StmtxContext(ctx, q.Find).GetContext(ctx, &id, clean(ref.ExternalID), &domains); err != nil {
			return desk.Account{}, wrap("find the account", err)
		}
	}
	if id.IsZero() {
		return desk.Account{}, desk.Errorf(desk.KindNotFound, "no such account")
	}
	var row accountRow
	if err := tx.StmtxContext(ctx, q.Read).GetContext(ctx, &row, id); err != nil {
		return desk.Account{}, missing("account", err)
	}
	a := row.Account
	a.Domains, a.Tags = row.Domains, row.Tags
	if err := json.Unmarshal(row.Attributes, &a.Attributes); err != nil {
		return desk.Account{}, desk.Errorf(desk.KindInternal, "attributes of account %s in the database: %w", a.ID, err)
	}
	utc(&a.CreatedAt, &a.UpdatedAt)
	return a, nil
}

// checkOthers refuses what belongs to another account.
func (s *Store) checkOthers(ctx context.Context, tx *sqlx.Tx, a *desk.Account, domains *column) error {
	var others []struct {
		Value, Kind string
		ID          desk.AccountID
		Name        string
	}
	if err := tx.StmtxContext(ctx, s.q.account.Others).SelectContext(ctx, &others, a.ID, domains, clean(a.ExternalID)); err != nil {
		return wrap("look for other accounts", err)
	}
	if len(others) == 0 {
		return nil
	}
	o := &others[0]
	if o.Kind == "domain" {
		return desk.Errorf(desk.KindConflict, "domains: %s belongs to the account %s (%s); remove it there first", o.Value, o.Name, o.ID)
	}
	return desk.Errorf(desk.KindConflict, "external_id: %q belongs to the account %s (%s)", o.Value, o.Name, o.ID)
}

// accountChanges lists what differs between two states of an account.
func accountChanges(before, after *desk.Account) (changes []desk.FieldChange) {
	add := func(field string, from, to any) {
		changes = append(changes, desk.FieldChange{Field: field, From: from, To: to})
	}
	for _, f := range []struct{ field, from, to string }{
		{"name", before.Name, after.Name}, {"timezone", before.Timezone, after.Timezone},
		{"external_id", before.ExternalID, after.ExternalID}, {"owner", before.OwnerID.String(), after.OwnerID.String()},
	} {
		if f.from != f.to {
			add(f.field, textOrNull(f.from), textOrNull(f.to))
		}
	}
	if !slices.Equal(before.Domains, after.Domains) {
		add("domains", list(before.Domains), list(after.Domains))
	}
	if !slices.Equal(before.Tags, after.Tags) {
		add("tags", list(before.Tags), list(after.Tags))
	}
	names := maps.Clone(before.Attributes)
	if names == nil {
		names = map[string]any{}
	}
	maps.Copy(names, after.Attributes)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if from, to := before.Attributes[name], after.Attributes[name]; !sameJSON(from, to) {
			add("attributes."+name, from, to)
		}
	}
	slices.SortStableFunc(changes, func(a, b desk.FieldChange) int { return strings.Compare(a.Field, b.Field) })
	return changes
}

// sameJSON compares values that JSON can have. Accounts of earlier versions may have
// attributes with parts.
func sameJSON(a, b any) bool {
	return bytes.Equal([]byte(jsonText(a)), []byte(jsonText(b)))
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
