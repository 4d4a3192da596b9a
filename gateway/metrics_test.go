package gateway_test

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// samples reads /metrics and returns the value of each sample, by name and labels.
func (r *running) samples() map[string]float64 {
	r.t.Helper()
	res, err := http.Get("http://" + r.at.MetricsAddr().String() + "/metrics")
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("status %s", res.Status)
	}
	out := map[string]float64{}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if i := strings.LastIndexByte(lines.Text(), ' '); i > 0 && lines.Text()[0] != '#' {
			out[lines.Text()[:i]], _ = strconv.ParseFloat(lines.Text()[i+1:], 64)
		}
	}
	return out
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	r := start(t, func(cfg *config.Config) {
		cfg.MetricsAddr, cfg.AlarmAfter = "127.0.0.1:0", 200*time.Millisecond
		good := config.Mailbox{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none"}
		bad := good
		bad.Name, bad.Password = "billing", "wrong"
		cfg.Mailboxes = []config.Mailbox{good, bad}
	})
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "One", "1@acme.example", "Hello."))
	c := r.only("from:jo@acme.example")
	r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "We look into it."}, nil)
	for sample, want := range map[string]float64{
		`switchboard_messages_received_total{channel="email",result="processed"}`: 1,
		`switchboard_received_to_visible_seconds_count{channel="email"}`:          1,
		`switchboard_channel_state{name="smtp",state="running"}`:                  1,
		`switchboard_channel_state{name="imap billing",state="unauthorised"}`:     1,
		`switchboard_channel_alarm{name="imap billing"}`:                          1,
		`switchboard_channel_alarm{name="imap support"}`:                          0,
		`switchboard_journal_pending`:                                             0,
		`switchboard_journal_oldest_pending_seconds`:                              0,
		`switchboard_journal_quarantined`:                                         0,
		`switchboard_outbound_queue_depth{channel="email"}`:                       1, // there is no smarthost
	} {
		r.eventually(sample, func() bool { got, ok := r.samples()[sample]; return ok && got == want })
	}
	res, err := http.Get("http://" + r.at.MetricsAddr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	problems, err := promlint.New(res.Body).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
