package store

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/accounts"
	"switchboard/internal/textindex"
)

type directoryQueries struct {
	Inboxes      *sqlx.Stmt `query:"directory-inboxes"`
	Counts       *sqlx.Stmt `query:"directory-counts"`
	Accounts     *sqlx.Stmt `query:"directory-accounts"` // run by customers; prepared to be checked at start
	Contacts     *sqlx.Stmt `query:"directory-contacts"` // run by customers; prepared to be checked at start
	FindContacts *sqlx.Stmt `query:"directory-find-contacts"`
}

// agentRow is an agent as the driver reads it.
type agentRow struct {
	desk.Agent
	Tiers                  pq.Int64Array
	Inboxes, Skills, Leads pq.StringArray
	Sees                   pq.StringArray
	Hours                  hoursColumn
	PasswordHash           string
}

func (r *agentRow) agent() desk.Agent {
	a := r.Agent
	a.Inboxes, a.Skills, a.Leads, a.Hours = r.Inboxes, r.Skills, r.Leads, desk.Hours(r.Hours)
	for _, text := range r.Sees {
		a.Sees = append(a.Sees, desk.InboxID(uuid.MustParse(text)))
	}
	a.Tiers = make([]desk.Tier, len(r.Tiers))
	for i, t := range r.Tiers {
		a.Tiers[i] = desk.Tier(t)
	}
	return a
}

// Inboxes lists the inboxes by tier, with the number of open conversations that
// the agent may see.
func (s *Store) Inboxes(ctx context.Context, as desk.Agent) ([]view.Inbox, error) {
	limits, tiers := viewer(as)
	inboxes := []view.Inbox{}
	return inboxes, wrap("list inboxes", s.q.directory.Inboxes.SelectContext(ctx, &inboxes, limits, tiers))
}

// Counts counts the conversations in the agent's views.
func (s *Store) Counts(ctx context.Context, as desk.Agent) (view.Counts, error) {
	limits, tiers := viewer(as)
	var counts view.Counts
	return counts, wrap("count conversations", s.q.directory.Counts.GetContext(ctx, &counts, limits, tiers, as.ID, view.MaxCount))
}

// accountView is a view as the driver reads it.
type accountView struct {
	view.Account
	Domains    pq.StringArray
	Tags       pq.StringArray
	Attributes []byte
	Contacts   []byte
}

func (s *Store) accounts(ctx context.Context, as desk.Agent, q string, after view.ByName, limit int, one desk.AccountID) ([]view.Account, error) {
	limits, tiers := viewer(as)
	part := textindex.Fold(clean(q))
	ids, err := among(part, one, func(list *[]string) error {
		return s.q.search.Accounts.SelectContext(ctx, list, containingAny([]string{part}), many+1)
	})
	if err != nil {
		return nil, wrap("find accounts", err)
	}
	var rows []accountView
	err = s.db.SelectContext(ctx, &rows, block("directory-accounts"), limits, tiers, after.Name, desk.AccountID(after.ID), part, limit, ids, !one.IsZero())
	if err != nil {
		return nil, wrap("list accounts", err)
	}
	found := make([]view.Account, len(rows))
	for i, r := range rows {
		a := r.Account
		a.Domains, a.Tags = list(r.Domains), list(r.Tags)
		if err := json.Unmarshal(r.Attributes, &a.Attributes); err != nil {
			return nil, desk.Errorf(desk.KindInternal, "attributes of account %s in the database: %w", a.ID, err)
		}
		if err := json.Unmarshal(r.Contacts, &a.Contacts); err != nil {
			return nil, desk.Errorf(desk.KindInternal, "contacts of account %s in the database: %w", a.ID, err)
		}
		if a.Attributes == nil {
			a.Attributes = map[string]any{}
		}
		a.Contacts = list(a.Contacts)
		a.Owner = named(a.Owner)
		a.MayEdit = accounts.MayEdit(as)
		if _, text := a.Attributes["plan"].(string); !text {
			a.Plan = ""
		}
		utc(&a.CreatedAt, &a.UpdatedAt)
		for j := range a.Contacts {
			contactUTC(&a.Contacts[j])
		}
		found[i] = a
	}
	return found, nil
}

// Accounts lists accounts by name, starting after the position after. An empty q
// matches all; otherwise the name or a domain must contain it.
func (s *Store) Accounts(ctx context.Context, as desk.Agent, q string, after view.ByName, limit int) ([]view.Account, error) {
	return s.accounts(ctx, as, q, after, limit, desk.AccountID{})
}

// Account returns an account with its contacts; KindNotFound if it does not exist.
func (s *Store) Account(ctx context.Context, as desk.Agent, id desk.AccountID) (view.Account, error) {
	return only("account", id, func() ([]view.Account, error) { return s.accounts(ctx, as, "", view.ByName{}, 1, id) })
}

// contactView is a view as the driver reads it.
type contactView struct {
	view.Contact
	Identities []byte
}

func (s *Store) contacts(ctx context.Context, as desk.Agent, q string, after view.ByName, limit int, one desk.ContactID) ([]view.Contact, error) {
	limits, tiers := viewer(as)
	part := textindex.Fold(clean(q))
	ids, err := among(part, one, func(list *[]string) error {
		return s.q.directory.FindContacts.SelectContext(ctx, list, part, many+1)
	})
	if err != nil {
		return nil, wrap("find contacts", err)
	}
	var rows []contactView
	err = s.db.SelectContext(ctx, &rows, block("directory-contacts"), after.Name, desk.ContactID(after.ID), part, limit, ids, limits, tiers, as.Masked())
	if err != nil {
		return nil, wrap("list contacts", err)
	}
	contacts := make([]view.Contact, len(rows))
	for i, r := range rows {
		c := r.Contact
		if err := json.Unmarshal(r.Identities, &c.Identities); err != nil {
			return nil, desk.Errorf(desk.KindInternal, "identities of contact %s in the database: %w", c.ID, err)
		}
		c.Identities = list(c.Identities)
		contactUTC(&c)
		contacts[i] = c
	}
	return contacts, nil
}

func contactUTC(c *view.Contact) {
	utc(&c.CreatedAt, c.NoAdvisoriesSince)
	for i := range c.Identities {
		utc(c.Identities[i].VerifiedAt)
	}
}

// Contacts lists contacts by name, starting after the position after. An empty q
// matches all; otherwise the name or an address must contain it.
func (s *Store) Contacts(ctx context.Context, as desk.Agent, q string, after view.ByName, limit int) ([]view.Contact, error) {
	return s.contacts(ctx, as, q, after, limit, desk.ContactID{})
}

// Contact returns a contact; KindNotFound if it does not exist.
func (s *Store) Contact(ctx context.Context, as desk.Agent, id desk.ContactID) (view.Contact, error) {
	return only("contact", id, func() ([]view.Contact, error) { return s.contacts(ctx, as, "", view.ByName{}, 1, id) })
}

// only returns the single row of a list that was narrowed to one id.
func only[T any, K ~[16]byte](what string, id K, read func() ([]T, error)) (T, error) {
	var zero T
	if id == (K{}) {
		return zero, desk.Errorf(desk.KindNotFound, "no such %s", what)
	}
	rows, err := read()
	if err != nil {
		return zero, err
	}
	if len(rows) == 0 {
		return zero, desk.Errorf(desk.KindNotFound, "no such %s", what)
	}
	return rows[0], nil
}

// many is how many accounts or contacts are looked up for a part of a name. If more
// have it, it is compared in the order of the list, where the page is soon full.
const many = 1000

// among returns the ids that a list is narrowed to: one, or those that find finds for
// a part of a name; NULL for all.
func among(part string, one [16]byte, find func(*[]string) error) (any, error) {
	var list []string
	switch {
	case one != [16]byte{}:
		return pq.StringArray{uuidText(one)}, nil
	case part == "":
		return nil, nil
	}
	if err := find(&list); err != nil {
		return nil, err
	}
	if len(list) > many {
		return nil, nil
	}
	return pq.StringArray(list), nil
}
