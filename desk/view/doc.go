// Package view holds the read models: a conversation, a message or an account
// with the names that a page needs beside it, read in one query. The field tags
// are the HTTP API's shapes. Nothing decides by a view; decisions read desk.
//
// What is nothing is null for objects and instants, and empty for strings and
// arrays; no field is ever absent.
package view
