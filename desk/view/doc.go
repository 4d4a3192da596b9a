// Package view contains the read models: a conversation, a message or an account
// together with the names that a page shows with it, read in one query. The field
// tags define the HTTP API's JSON. Decisions are never based on a view; they use
// package desk.
//
// Objects and timestamps without a value are null; strings and arrays are empty. No
// field is ever omitted.
package view
