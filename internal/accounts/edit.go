package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"switchboard/desk"
)

// Ref says which account an edit is about: the one with the ID, or if that is zero, the
// one with the external key; else the only one that has one of the domains and no external
// key, so that a customer who has written already is not created a second time. Without
// all these, it is the only one with the name.
type Ref struct {
	ID         desk.AccountID
	ExternalID string
	Domains    []string // as stored
	Name       string
}

// Edit is what an edit did.
type Edit struct {
	ID      desk.AccountID
	Created bool
	Changes []desk.FieldChange // empty: nothing, or it was created
}

// Editor lets change edit an account and records it. Without an account it creates one
// with create, and is KindNotFound without. A domain or external key that another account
// has is KindConflict.
type Editor func(ctx context.Context, ref Ref, create bool, change func(*desk.Account) error) (Edit, error)

// Ref is how the change itself refers to an account.
func (c *Change) Ref() (ref Ref) {
	if c.ExternalID != nil {
		ref.ExternalID = strings.TrimSpace(*c.ExternalID)
	}
	if c.Domains != nil {
		valid, _ := domains(*c.Domains) // Apply reports the others
		ref.Domains = valid
	}
	return ref
}

// Invalid is the error of a change that is not valid.
type Invalid []Problem

func (e Invalid) Error() string {
	all := make([]string, len(e))
	for i, p := range e {
		all[i] = p.Field + ": " + p.Reason
	}
	return strings.Join(all, "; ")
}

// Row is a line of a file.
type Row struct {
	Line    int // where it begins, from 1
	Change  Change
	Owner   string // address of the agent; "": the column is empty or missing
	Problem *RowProblem
}

// RowProblem is why a line cannot be imported.
type RowProblem struct {
	Column string // as in the header; "": the whole line
	Reason string
}

// Results of a line.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
	Failed    = "error"
)

// Outcome is what became of a line.
type Outcome struct {
	Line    int            `json:"line" doc:"Where it begins in the file, from 1"`
	Result  string         `json:"result" enum:"created,updated,unchanged,error"`
	Account desk.AccountID `json:"account_id" doc:"Empty with error, and for accounts that a dry run would create"`
	Name    string         `json:"name" doc:"Of the account"`
	Changed []string       `json:"changed" doc:"Names of the changed properties"`
	Column  string         `json:"column" doc:"With error: the column; empty: the whole line"`
	Error   string         `json:"error" doc:"With error: what is wrong"`
}

// Store edits accounts; package store implements it.
type Store interface {
	EditAccount(ctx context.Context, by desk.Actor, ref Ref, create bool, change func(*desk.Account) error) (Edit, error)
	// TryAccounts calls fn with an editor whose edits are all rolled back.
	TryAccounts(ctx context.Context, by desk.Actor, fn func(Editor) error) error
}

// ImportInto edits an account for each line, one transaction each. A dry run only reports
// what that would do. Lines that are not valid are left out; an error that has nothing to
// do with the file ends it. Owners are agents by address.
func ImportInto(ctx context.Context, st Store, by desk.Actor, rows []Row, owners map[string]desk.AgentID, dry bool) (outcomes []Outcome, err error) {
	outcomes = make([]Outcome, 0, len(rows))
	lines := map[desk.AccountID]int{} // of the accounts edited so far
	run := func(edit Editor) error {
		for i := range rows {
			o, err := importRow(ctx, &rows[i], owners, lines, edit)
			if err != nil {
				return err
			}
			if dry && o.Result == Created {
				o.Account = desk.AccountID{}
			}
			outcomes = append(outcomes, o)
		}
		return nil
	}
	if dry {
		err = st.TryAccounts(ctx, by, run)
		return outcomes, err
	}
	err = run(func(ctx context.Context, ref Ref, create bool, change func(*desk.Account) error) (Edit, error) {
		return st.EditAccount(ctx, by, ref, create, change)
	})
	return outcomes, err
}

// Count counts the outcomes by result.
func Count(outcomes []Outcome) map[string]int {
	n := map[string]int{}
	for _, o := range outcomes {
		n[o.Result]++
	}
	return n
}

func importRow(ctx context.Context, row *Row, owners map[string]desk.AgentID, lines map[desk.AccountID]int, edit Editor) (Outcome, error) {
	o := Outcome{Line: row.Line, Result: Failed, Changed: []string{}}
	fail := func(column, reason string) (Outcome, error) {
		o.Column, o.Error = column, reason
		return o, nil
	}
	c := &row.Change
	if c.Name != nil {
		o.Name = *c.Name
	}
	if row.Problem != nil {
		return fail(row.Problem.Column, row.Problem.Reason)
	}
	if row.Owner != "" {
		owner, ok := owners[row.Owner]
		if !ok {
			return fail("owner", fmt.Sprintf("there is no agent %s", row.Owner))
		}
		c.Owner = &owner
	}
	ref := c.Ref()
	if ref.Name = o.Name; ref.Name == "" && ref.ExternalID == "" && len(ref.Domains) == 0 {
		return fail("", "has none of name, external_id and domains")
	}
	result, err := edit(ctx, ref, true, func(a *desk.Account) error {
		if line, again := lines[a.ID]; again {
			return Invalid{{"", fmt.Sprintf("is about the same account as line %d", line)}}
		}
		if problems := c.Apply(a); len(problems) > 0 {
			return Invalid(problems)
		}
		o.Name = a.Name
		return nil
	})
	var invalid Invalid
	switch {
	case errors.As(err, &invalid):
		return fail(invalid[0].Field, invalid[0].Reason)
	case desk.KindOf(err) == desk.KindConflict:
		column, reason, _ := strings.Cut(err.Error(), ": ")
		return fail(column, reason)
	case err != nil:
		return o, err
	}
	lines[result.ID] = row.Line
	o.Account = result.ID
	switch {
	case result.Created:
		o.Result = Created
	case len(result.Changes) > 0:
		o.Result = Updated
		for _, change := range result.Changes {
			o.Changed = append(o.Changed, change.Field)
		}
	default:
		o.Result = Unchanged
	}
	return o, nil
}
