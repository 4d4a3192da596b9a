// Package threading decides which conversation a message belongs to, and why.
// Decide is a pure function over an Index: it writes nothing and reads no clock, so
// every decision can be replayed.
//
// Evidence is tried in this order: a signed reply token among the recipients, the
// chat session, the message identifiers (RFC 5322 section 3.6.4) and, for a reply
// that lost its headers or whose headers name no known message, the subject combined with the text it quotes and what its
// quote introduction says about the original: its identifier, or its author and time.
//
// Message identifiers and subjects are claims made by the sender. They only match
// within the sender's own account, or in a conversation the sender already takes
// part in. Otherwise they are recorded as evidence and a new conversation begins.
package threading
