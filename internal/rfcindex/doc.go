// Package rfcindex keeps doc/rfc.md, the list of standards and their status,
// together with the citations in the code. It holds nothing but that test.
package rfcindex
