package router

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// ParseFacts reads facts from JSON, with the names used in the policy document.
// Durations are strings such as "2h" or "3d". Unknown names are an error.
func ParseFacts(data []byte) (Facts, error) {
	f := Facts{History: HistoryFacts{LastTier: -1}}
	if err := strict(data, &f); err != nil {
		return Facts{}, fmt.Errorf("facts: %w%s", err, jsonHint(err))
	}
	return f, nil
}

// strict decodes one JSON value and rejects unknown names. A type with its own
// UnmarshalJSON must do the same.
func strict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("unexpected data after the JSON object")
	}
	return nil
}

// period is a duration in the format of the policy document.
type period time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *period) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a valid duration such as 30m, 4h or 2d", text)
	}
	*p = period(v)
	return nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *ConversationFacts) UnmarshalJSON(data []byte) error {
	type plain ConversationFacts
	v := struct {
		*plain
		Age period `json:"age"`
	}{plain: (*plain)(c)}
	err := strict(data, &v)
	c.Age = time.Duration(v.Age)
	return err
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *ClockFacts) UnmarshalJSON(data []byte) error {
	type plain ClockFacts
	v := struct {
		*plain
		Remaining period `json:"remaining"`
	}{plain: (*plain)(c)}
	err := strict(data, &v)
	c.Remaining = time.Duration(v.Remaining)
	return err
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *StintFacts) UnmarshalJSON(data []byte) error {
	type plain StintFacts
	v := struct {
		*plain
		Age            period `json:"age"`
		Unacknowledged period `json:"unacknowledged"`
	}{plain: (*plain)(s)}
	err := strict(data, &v)
	s.Age, s.Unacknowledged = time.Duration(v.Age), time.Duration(v.Unacknowledged)
	return err
}

// UnmarshalJSON implements json.Unmarshaler.
func (h *HandoffFacts) UnmarshalJSON(data []byte) error {
	type plain HandoffFacts
	v := struct {
		*plain
		Age period `json:"age"`
	}{plain: (*plain)(h)}
	err := strict(data, &v)
	h.Age = time.Duration(v.Age)
	return err
}
