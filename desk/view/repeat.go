package view

import (
	"github.com/google/uuid"

	"switchboard/desk"
)

// Repeat says what is known about an Idempotency-Key when a request with it arrives.
type Repeat uint8

const (
	RepeatNew       Repeat = iota // nothing: the request has claimed the key
	RepeatAnswered                // the same request was answered
	RepeatRunning                 // the same request is in progress
	RepeatLost                    // the same request was carried out, but its answer was not stored
	RepeatDifferent               // the key belongs to a different request
)

// Claim is a request's hold on an Idempotency-Key.
type Claim struct {
	Agent desk.AgentID
	Key   string
	Token uuid.UUID
}

// Answer is the response to an API request, as it is stored and repeated.
type Answer struct {
	Status int
	Header map[string]string
	Body   []byte
}
