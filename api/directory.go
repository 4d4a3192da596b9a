package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/desk"
	"switchboard/desk/view"
)

type namesInput struct {
	ListInput
	Q string `query:"q" maxLength:"200" doc:"Part of the name, a domain or an address"`
}

type idPath struct {
	ID string `path:"id"`
}

func (s *server) deskRoutes() {
	tags := []string{"Desk"}
	handle(s, huma.Operation{
		OperationID: "list-inboxes", Method: http.MethodGet, Path: "/inboxes", Summary: "List the inboxes with their open conversations", Tags: tags,
	}, func(ctx context.Context, _ *struct{}) (*listOutput[view.Inbox], error) {
		rows, err := s.Desks.Inboxes(ctx, auth.AgentOf(ctx))
		if err != nil {
			return nil, err
		}
		return whole(rows), nil
	})
}

// nameCursor is a cursor in a list ordered by name.
type nameCursor struct {
	Name string   `json:"name"`
	ID   [16]byte `json:"id"`
}

func (s *server) directoryRoutes() {
	tags := []string{"Customers"}
	handle(s, huma.Operation{
		OperationID: "list-accounts", Method: http.MethodGet, Path: "/accounts", Summary: "List accounts", Description: "By name.", Tags: tags,
	}, s.listAccounts)
	handle(s, huma.Operation{
		OperationID: "read-account", Method: http.MethodGet, Path: "/accounts/{id}", Summary: "Get an account", Tags: tags,
		Description: "Includes its contacts.",
	}, s.readAccount)
	handle(s, huma.Operation{
		OperationID: "list-contacts", Method: http.MethodGet, Path: "/contacts", Summary: "List contacts", Description: "By name.", Tags: tags,
	}, s.listContacts)
	handle(s, huma.Operation{
		OperationID: "read-contact", Method: http.MethodGet, Path: "/contacts/{id}", Summary: "Get a contact", Tags: tags,
	}, s.readContact)
}

func (s *server) listAccounts(ctx context.Context, in *namesInput) (*listOutput[view.Account], error) {
	var at nameCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	rows, err := s.Directory.Accounts(ctx, auth.AgentOf(ctx), in.Q, view.ByName(at), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(a view.Account) nameCursor { return nameCursor{a.Name, a.ID} })
}

func (s *server) readAccount(ctx context.Context, in *idPath) (*struct{ Body view.Account }, error) {
	id, err := pathID(in.ID, "account", desk.ParseID[desk.AccountID])
	if err != nil {
		return nil, err
	}
	a, err := s.Directory.Account(ctx, auth.AgentOf(ctx), id)
	return &struct{ Body view.Account }{a}, err
}

func (s *server) listContacts(ctx context.Context, in *namesInput) (*listOutput[view.Contact], error) {
	var at nameCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	rows, err := s.Directory.Contacts(ctx, auth.AgentOf(ctx), in.Q, view.ByName(at), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(c view.Contact) nameCursor { return nameCursor{c.Name, c.ID} })
}

func (s *server) readContact(ctx context.Context, in *idPath) (*struct{ Body view.Contact }, error) {
	id, err := pathID(in.ID, "contact", desk.ParseID[desk.ContactID])
	if err != nil {
		return nil, err
	}
	c, err := s.Directory.Contact(ctx, auth.AgentOf(ctx), id)
	return &struct{ Body view.Contact }{c}, err
}
