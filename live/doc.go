// Package live delivers events to sockets. A Tail follows the committed event log
// and publishes it to a Hub, which delivers the events to its subscribers, together
// with ephemeral signals (typing, presence, a line pushed to a visitor) that are not
// stored anywhere.
//
// Nothing here is a record. A subscriber that falls behind is closed and marked as
// lagged; it then reads the log from its last cursor and subscribes again. A lost
// wake-up delays events by at most the Tail's poll interval and never loses one.
package live
