// Package live tells sockets what happened. A Tail follows the committed event
// log and publishes into a Hub; the Hub fans out to subscribers, together with
// ephemeral signals (typing, presence, a push to a visitor) that are stored
// nowhere.
//
// Nothing here is a record. A subscriber that cannot follow is closed and marked
// as lagged; it reads the log from its last cursor and subscribes again. A lost
// wake-up costs at most the Tail's poll interval, never an event.
package live
