package smtpreply

import (
	"io"
	"testing"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
)

func TestClassify(t *testing.T) {
	reply := func(code int, e ...int) error {
		err := &smtp.SMTPError{Code: code, Message: "text"}
		if len(e) == 3 {
			err.EnhancedCode = smtp.EnhancedCode(e)
		}
		return err
	}
	for _, c := range []struct {
		name     string
		at       Phase
		err      error
		state    desk.DeliveryState
		code     int
		enhanced string
	}{
		{"connection refused", PhaseConnect, io.EOF, desk.DeliveryDelayed, 0, ""},
		{"refused in the greeting", PhaseGreeting, reply(554, 5, 3, 2), desk.DeliveryDelayed, 554, "5.3.2"},
		{"STARTTLS rejected", PhaseTLS, reply(502), desk.DeliveryDelayed, 502, ""},
		{"wrong password", PhaseAuth, reply(535, 5, 7, 8), desk.DeliveryDelayed, 535, "5.7.8"},
		{"login required", PhaseMail, reply(530, 5, 7, 0), desk.DeliveryDelayed, 530, "5.7.0"},
		{"greylisted", PhaseRcpt, reply(450, 4, 2, 0), desk.DeliveryDelayed, 450, "4.2.0"},
		{"no such user", PhaseRcpt, reply(550, 5, 1, 1), desk.DeliveryFailed, 550, "5.1.1"},
		{"sender refused", PhaseMail, reply(553), desk.DeliveryFailed, 553, ""},
		{"shutting down", PhaseMail, reply(421, 4, 3, 2), desk.DeliveryDelayed, 421, "4.3.2"},
		{"message too large", PhaseDot, reply(552, 5, 3, 4), desk.DeliveryFailed, 552, "5.3.4"},
		{"temporary refusal of the message", PhaseDot, reply(451), desk.DeliveryDelayed, 451, ""},
		{"shutting down after the dot", PhaseDot, reply(421), desk.DeliveryDelayed, 421, ""},
		{"2yz other than 250", PhaseDot, reply(251), desk.DeliverySent, 251, ""},
		{"3yz after the dot", PhaseDot, reply(354), desk.DeliveryUnknown, 354, ""},
		{"3yz to RCPT", PhaseRcpt, reply(354), desk.DeliveryDelayed, 354, ""},
		{"connection lost in the body", PhaseBody, io.ErrUnexpectedEOF, desk.DeliveryDelayed, 0, ""},
		{"connection lost after the dot", PhaseDot, io.EOF, desk.DeliveryUnknown, 0, ""},
	} {
		got := classify(c.at, c.err)
		if got.State != c.state || got.Code != c.code || got.EnhancedCode != c.enhanced || got.Detail == "" {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}
