// Package slareference calculates what happens to conversations under a policy in the
// simplest possible way: it steps through time, counts each open minute by looking at the
// wall clock, and applies the events when their time comes. It is written from the rules
// of clocks and stints alone and shares no code with the packages that implement them, so
// that tests can compare both: a random Case is rendered as a policy document and a
// history, replayed by the product, and calculated by Simulate. Only tests use it.
//
// The rules leave some questions open. It answers them so:
//
//   - A conversation that automatic mail opened has no clocks until a person writes or it
//     is handed over to another SLA policy. An automatic message changes nothing in an
//     existing conversation but the account that it is reported with.
//   - The opening of a conversation does not change the waiting side, so it never starts
//     next_response.
//   - An event takes effect as a whole: the SLA policy that it brings into force is the one
//     whose clocks it starts, and it ends one stint at most.
//   - Neither a reply in a resolved conversation nor a reopening starts update_every. A
//     handoff while it is resolved leaves its resolution clock alone, and starts
//     first_response like any other.
//   - A warning is given at its instant even if an event at that instant pauses the clock.
//   - The due_at of a clock that ends is that of the instant before the event.
//   - A clock with nothing left after a retarget is breached by the timers of that instant,
//     so a reply at the same instant is in time.
//   - Escalation rules are tested after the events and the other timers of an instant: what
//     is undone at the same instant has not happened for them. They also apply to resolved
//     conversations, except that they do not move them.
//   - Events after the instant at which the clocks are read have not happened yet.
package slareference
