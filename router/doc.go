// Package router decides the segment, inbox, tier and priority of a conversation. A
// Policy is compiled once from a YAML document. Route is then a pure function of the
// policy and the Facts, so that every decision can be replayed and explained.
//
// The document has eleven sections. segments, tiers, inboxes and routing are evaluated
// here; calendars, slas, escalations, handoffs, gaps and reviews are validated and returned as
// types.
// Conditions are expressions over Facts (see doc/facts.md). Compile reports a wrong
// name or type as a Problem with line and column.
package router
