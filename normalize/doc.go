// Package normalize turns raw bytes into a desk.Message: mail (RFC 5322 and
// MIME), chat lines and form submissions. It is pure: the same bytes give the
// same message, no clock is read, nothing is fetched. It refuses nothing: what
// cannot be read in full is read in part, and the message's Problems say where.
//
// A mail passes these steps, each in the file of that name: prescan cuts it
// into parts under hard limits and in linear time; transfer and charset decode
// what a part holds; body chooses what a person is to read; filename makes
// attachment names safe; tnef, uuencode and calendar unpack what is hidden in
// parts; report and automatic say which machine wrote it, if one did
// (bounce knows failed deliveries, away notices of absence); quote and its
// neighbours tell what is new from what is quoted.
package normalize
