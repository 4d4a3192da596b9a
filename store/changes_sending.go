package store

import "switchboard/desk"

// sendingJSON is the part of changesJSON about what is sent.
type sendingJSON struct {
	Deliveries []deliveryJSON       `json:"deliveries,omitempty"`
	Results    []resultJSON         `json:"results,omitempty"`
	Operations []operationJSON      `json:"operations,omitempty"`
	Unreached  []addressFailureJSON `json:"unreached,omitempty"`
	Reached    []addressLiftJSON    `json:"reached,omitempty"`
	Released   []releasedJSON       `json:"released,omitempty"`
	Cancelled  []releasedJSON       `json:"cancelled,omitempty"`
	Automatic  []automaticJSON      `json:"automatic,omitempty"`
}

type automaticJSON struct {
	ConversationID key                 `json:"conversation_id"`
	MessageID      key                 `json:"message_id,omitzero"`
	Kind           string              `json:"kind"`
	At             instant             `json:"at"`
	Facts          desk.AutomaticFacts `json:"facts"`
}

type resultJSON struct {
	DeliveryID    key     `json:"delivery_id"`
	Fence         int64   `json:"fence"`
	Source        string  `json:"source"`
	At            instant `json:"at"`
	State         string  `json:"state"`
	Server        string  `json:"server"`
	Code          int     `json:"code"`
	EnhancedCode  string  `json:"enhanced_code"`
	Detail        string  `json:"detail"`
	NextAttemptAt instant `json:"next_attempt_at,omitzero"`
	Late          bool    `json:"late,omitempty"`
}

type operationJSON struct {
	DeliveryID    key     `json:"delivery_id"`
	Action        string  `json:"action"`
	Was           string  `json:"was"`
	State         string  `json:"state"`
	OnHold        bool    `json:"on_hold"`
	NextAttemptAt instant `json:"next_attempt_at,omitzero"`
	Reason        string  `json:"reason"`
	ByID          key     `json:"by_id"`
	At            instant `json:"at"`
}

// releasedJSON is a message that is sent now, or that is taken back.
type releasedJSON struct {
	MessageID      key     `json:"message_id"`
	ConversationID key     `json:"conversation_id,omitzero"`
	At             instant `json:"at"`
}

// sending encodes deliveries and what happens to them.
func sending(c *desk.Changes, out *changesJSON) {
	for i := range c.Deliveries {
		out.Deliveries = append(out.Deliveries, deliveryToJSON(&c.Deliveries[i]))
	}
	for _, r := range c.Results {
		out.Results = append(out.Results, resultJSON{key(r.Delivery), r.Fence, string(r.Source), instant{r.At}, string(r.State), r.Server, r.Code,
			r.EnhancedCode, r.Detail, instant{r.NextAttemptAt}, r.Late})
	}
	for _, o := range c.Operations {
		out.Operations = append(out.Operations, operationJSON{key(o.Delivery), string(o.Action), string(o.From), string(o.State), o.OnHold,
			instant{o.NextAttemptAt}, o.Reason, key(o.By), instant{o.At}})
	}
	addressHealth(c, out)
	for _, m := range c.Released {
		out.Released = append(out.Released, releasedJSON{MessageID: key(m.Message), At: instant{m.At}})
	}
	for _, m := range c.Cancelled {
		out.Cancelled = append(out.Cancelled, releasedJSON{key(m.Message), key(m.Conversation), instant{m.At}})
	}
	for i := range c.Automatic {
		a := &c.Automatic[i]
		out.Automatic = append(out.Automatic, automaticJSON{key(a.ConversationID), key(a.MessageID), string(a.Kind), instant{a.At}, a.Facts})
	}
}
