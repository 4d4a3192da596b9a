// Package router decides where a conversation belongs: segment, inbox, tier,
// priority. A Policy is compiled once from one YAML document; Route is then a
// pure function of the policy and the Facts, so that a decision can be replayed
// and explained.
//
// The document has nine sections. segments, tiers, inboxes and routing are
// evaluated here; calendars, slas, escalations and handoffs are validated and
// handed on as types. Conditions are expressions over Facts (see doc/facts.md);
// a wrong name or type is a Problem with its line and column at Compile.
package router
