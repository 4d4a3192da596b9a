// Package desk is the vocabulary of a support desk: what a customer sends, what
// it becomes, who holds it, and how the answer travels back. It imports nothing
// of the project and holds no behaviour beyond what a word needs to be itself.
//
// Mail terms follow JMAP Email (RFC 8621) and RFC 5322, delivery terms RFC 3461
// and RFC 3464, automatic mail RFC 3834.
package desk
