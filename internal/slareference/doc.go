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
//     existing conversation, not even the account.
//   - The opening of a conversation does not change the waiting side, so it never starts
//     next_response.
//   - An event takes effect as a whole: the SLA policy that it brings into force is the one
//     whose clocks it starts, and it ends one stint at most.
//   - No clock starts in a resolved conversation, and neither a reply there nor a reopening
//     starts update_every. A handoff while it is resolved leaves its resolution clock alone.
//   - A warning is given at its instant even if an event at that instant pauses the clock.
//   - The due_at of a clock that ends is that of the instant before the event.
//   - Retargeting gives warnings and breaches at once, also if another event follows at the
//     same instant; all other timers run after the events of an instant.
//   - Escalation rules are tested after every event, and after the timers of an instant.
//     They also apply to resolved conversations, except that they do not move them.
package slareference
