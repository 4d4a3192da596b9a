package direct

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/mailauth"
	"switchboard/internal/mailtest"
)

func TestOrder(t *testing.T) {
	records := func(text string) (list []*net.MX) {
		for i, host := range strings.Fields(text) {
			name, pref, _ := strings.Cut(host, "/")
			mx := &net.MX{Host: name, Pref: uint16(10 * (i + 1))}
			if pref == "same" {
				mx.Pref = 10
			}
			list = append(list, mx)
		}
		return list
	}
	keep := func(int, func(i, j int)) {}
	reverse := func(n int, swap func(i, j int)) {
		for i := range n / 2 {
			swap(i, n-1-i)
		}
	}
	for _, c := range []struct {
		records, own string
		shuffle      func(int, func(i, j int))
		want         string
		looped       bool
	}{
		{"a.example. b.example. c.example.", "", reverse, "a.example b.example c.example", false},
		{"a.example. b.example./same c.example./same d.example.", "", keep, "a.example b.example c.example d.example", false},
		{"a.example. b.example./same c.example./same d.example.", "", reverse, "c.example b.example a.example d.example", false},
		{"A.example. a.example.", "", keep, "a.example", false},
		{"a.example. desk.example. c.example.", "desk.example", keep, "a.example", true},
		{"DESK.example. c.example.", "desk.example", keep, "", true},
		{"a.example. desk.example./same", "desk.example", keep, "", true},
		{".", "desk.example", keep, "", false},
	} {
		got, looped := order(records(c.records), c.own, c.shuffle)
		if strings.Join(got, " ") != c.want || looped != c.looped {
			t.Errorf("%q: %q %v", c.records, got, looped)
		}
	}
}

// TestExchangers looks up domains at a DNS server.
func TestExchangers(t *testing.T) {
	t.Parallel()
	dns := mailauth.System(mailtest.Zone(t, "acme.example MX 20 backup.acme.example", "acme.example MX mx.acme.example", "null.example MX 0 .",
		"bare.example A 127.0.0.9", "broken.example FAIL", "loop.example MX desk.example", "mx.acme.example A 127.0.0.2", "mx.acme.example AAAA ::1",
		"mx.acme.example A 127.0.0.3", "mx.acme.example AAAA ::2"))
	for domain, want := range map[string]string{
		"acme.example": "mx.acme.example backup.acme.example", "bare.example": "bare.example", "absent.example": "absent.example",
		"null.example": "failed 5.1.10", "broken.example": "delayed 4.4.3 unreached", "loop.example": "failed 5.4.6",
	} {
		hosts, r := exchangers(t.Context(), dns, domain, "desk.example")
		got := strings.Join(hosts, " ")
		if len(hosts) == 0 {
			got = string(r.State) + " " + r.EnhancedCode
			if r.Unreached {
				got += " unreached"
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", domain, got, want)
		}
	}
	list, err := addresses(t.Context(), dns, "mx.acme.example")
	if err != nil || len(list) != 4 || slices.ContainsFunc([]int{0, 2}, func(i int) bool { return list[i].Is4() == list[i+1].Is4() }) {
		t.Errorf("addresses %v %v: both families alternately", list, err)
	}
	if list, err := addresses(t.Context(), dns, "192.0.2.1"); err != nil || len(list) != 1 || list[0] != netip.MustParseAddr("192.0.2.1") {
		t.Errorf("an address: %v %v", list, err)
	}
	if _, err := addresses(t.Context(), dns, "absent.example"); !absent(err) {
		t.Errorf("no such host: %v", err)
	}
	if _, err := addresses(t.Context(), dns, "broken.example"); err == nil || absent(err) {
		t.Errorf("no answer: %v", err)
	}
}
