// Package desk is the vocabulary of a support desk: what a customer sends, what it
// becomes, who it is assigned to, and how the reply travels back. It imports no other
// package of the project, and its types have only the methods that every user of them
// needs.
//
// Mail terms follow JMAP Email (RFC 8621) and RFC 5322, delivery terms RFC 3461
// and RFC 3464, automatic mail RFC 3834.
package desk
