package mailer

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
		at       phase
		err      error
		state    desk.DeliveryState
		code     int
		enhanced string
	}{
		{"nobody listens", phaseConnect, io.EOF, desk.DeliveryDelayed, 0, ""},
		{"the greeting is a refusal", phaseGreeting, reply(554, 5, 3, 2), desk.DeliveryDelayed, 554, "5.3.2"},
		{"STARTTLS is refused", phaseTLS, reply(502), desk.DeliveryDelayed, 502, ""},
		{"the password is wrong", phaseAuth, reply(535, 5, 7, 8), desk.DeliveryDelayed, 535, "5.7.8"},
		{"AUTH is missing", phaseMail, reply(530, 5, 7, 0), desk.DeliveryDelayed, 530, "5.7.0"},
		{"greylisted", phaseRcpt, reply(450, 4, 2, 0), desk.DeliveryDelayed, 450, "4.2.0"},
		{"no such user", phaseRcpt, reply(550, 5, 1, 1), desk.DeliveryFailed, 550, "5.1.1"},
		{"our address is refused", phaseMail, reply(553), desk.DeliveryFailed, 553, ""},
		{"it shuts down", phaseMail, reply(421, 4, 3, 2), desk.DeliveryDelayed, 421, "4.3.2"},
		{"too big", phaseAnswer, reply(552, 5, 3, 4), desk.DeliveryFailed, 552, "5.3.4"},
		{"refused for now", phaseAnswer, reply(451), desk.DeliveryDelayed, 451, ""},
		{"it shuts down after the dot", phaseAnswer, reply(421), desk.DeliveryDelayed, 421, ""},
		{"another 2yz", phaseAnswer, reply(251), desk.DeliverySent, 251, ""},
		{"it asks for more after the dot", phaseAnswer, reply(354), desk.DeliveryUnknown, 354, ""},
		{"a strange answer to RCPT", phaseRcpt, reply(354), desk.DeliveryDelayed, 354, ""},
		{"cut in the body", phaseBody, io.ErrUnexpectedEOF, desk.DeliveryDelayed, 0, ""},
		{"cut after the dot", phaseAnswer, io.EOF, desk.DeliveryUnknown, 0, ""},
	} {
		got := classify(c.at, c.err)
		if got.State != c.state || got.Code != c.code || got.EnhancedCode != c.enhanced || got.Detail == "" {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}
