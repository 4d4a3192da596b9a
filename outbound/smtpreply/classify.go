package smtpreply

import (
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// classify maps the end of an attempt to a delivery result. 4yz replies may be
// retried, 5yz replies are permanent (RFC 5321 §4.2.1). A connection that breaks
// after the final dot leaves the result unknown.
func classify(p Phase, err error) desk.Result {
	if err == nil {
		return desk.Result{State: desk.DeliverySent, Code: 250}
	}
	reply, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok {
		r := desk.Result{State: desk.DeliveryDelayed, Detail: "at " + p.String() + ": " + Excerpt(err.Error())}
		if p == PhaseDot {
			r.State = desk.DeliveryUnknown
			r.Detail = "the connection broke after the message was sent, before the server replied: " + Excerpt(err.Error())
		}
		return r
	}
	r := desk.Result{State: desk.DeliveryDelayed, Code: reply.Code, EnhancedCode: enhancedCode(reply), Detail: Excerpt(reply.Message)}
	switch class := reply.Code / 100; {
	case class == 2 && p == PhaseDot:
		r.State = desk.DeliverySent
	case class == 3 && p == PhaseDot, class == 1:
		r.State = desk.DeliveryUnknown
	case class != 5:
	case p <= PhaseAuth, requiresLogin(reply):
		// The server rejects the gateway, not the recipient: the message is kept
		// until the configuration is fixed.
		r.Detail = "at " + p.String() + ": " + r.Detail
	default:
		r.State = desk.DeliveryFailed
	}
	return r
}

// requiresLogin reports the replies of RFC 4954 §6 that demand a login, or a
// stronger one.
func requiresLogin(reply *smtp.SMTPError) bool {
	switch reply.Code {
	case 530, 534, 535, 538:
		return true
	}
	return false
}

// enhancedCode returns a reply's enhanced status code (RFC 3463), "" if it has
// none.
func enhancedCode(reply *smtp.SMTPError) string {
	c := reply.EnhancedCode
	if c[0] < 2 || c[0] > 5 {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
}

// quote returns a reply's codes and text on one line.
func quote(reply *smtp.SMTPError) string {
	code := fmt.Sprint(reply.Code)
	if e := enhancedCode(reply); e != "" {
		code += " " + e
	}
	return strings.TrimSpace(code + " " + Excerpt(reply.Message))
}

// Excerpt returns the first 400 bytes of a peer's text, on one line.
func Excerpt(s string) string {
	s = imf.OneLine(s)
	if len(s) > 400 {
		s = strings.ToValidUTF8(s[:400], "") + "..."
	}
	return s
}
