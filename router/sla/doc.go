// Package sla contains service level agreements: business calendars, policies and
// clocks. It is pure: the current time is passed as an argument.
package sla
