package problem

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"switchboard/agent"
	"switchboard/desk"
)

// Each Kind has its status; internal and temporary errors do not reveal their text.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{desk.Errorf(desk.KindInvalid, "too long"), 422, "too long"},
		{desk.Errorf(desk.KindNotFound, "no such thing"), 404, "no such thing"},
		{desk.Errorf(desk.KindDenied, "not yours"), 403, "not yours"},
		{desk.Errorf(desk.KindConflict, "moved on"), 409, "moved on"},
		{desk.Errorf(desk.KindTemporary, "dial tcp 10.0.0.1: refused"), 503, "try again"},
		{errors.New("pq: relation does not exist"), 500, "internal error"},
		{desk.Errorf(desk.KindConflict, "reply: %w", &agent.Stale{LastSeq: 7, Newer: 2}), 409, "2 newer messages"},
	} {
		p := Explain(t.Context(), slog.New(slog.DiscardHandler), c.err)
		if p.Status != c.status || !strings.Contains(p.Detail, c.says) {
			t.Errorf("%v: %+v", c.err, p)
		}
		if (c.status == 503) != (p.headers.Get("Retry-After") != "") {
			t.Errorf("%v: headers %v", c.err, p.headers)
		}
		if (p.LastSeq != nil) != strings.Contains(c.says, "newer") {
			t.Errorf("%v: last_seq %v", c.err, p.LastSeq)
		}
	}
}
