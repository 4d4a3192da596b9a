// Package api is the desk's HTTP API with its OpenAPI 3.1 document. It contains
// no decisions: actions go to package agent and reads to the store, and both
// check access. doc/api.md describes shapes and conventions.
//
// Every operation needs a signed-in agent unless it is marked public, so that a
// forgotten check denies access.
//
// Packages below it have one task each: problem (RFC 9457 errors), auth (keys and
// sessions), repeat (Idempotency-Key), visibility (who sees which event), socket
// (the event socket), openapi (the document), console (the built pages),
// middleware and site.
package api
