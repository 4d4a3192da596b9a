// Package rfcindex contains only a test: doc/rfc.md, the list of standards and their
// status, must match the citations in the code.
package rfcindex
