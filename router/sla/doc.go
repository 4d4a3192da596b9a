// Package sla knows what was promised and when it is due: business calendars,
// policies, clocks. It is pure; instants come in as arguments.
package sla
