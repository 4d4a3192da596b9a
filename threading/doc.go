// Package threading answers one question: which conversation does this message
// belong to, and why? Decide is a pure function over an Index; it writes nothing
// and asks no clock, so every decision can be replayed.
//
// The order of evidence is: a signed reply token among the recipients, the chat
// session, the message identifiers (RFC 5322 section 3.6.4), and last, for a
// reply that lost its headers, the subject together with what it quotes and with
// what it says of the message it answers: its identifier, or its author and time.
//
// Message identifiers and subjects are claims of the sender. They join only
// within the sender's own account, or a conversation in which the sender takes
// part already; elsewhere they are kept as evidence and a new conversation begins.
package threading
