package imf

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestParseAddressListIsLinear compares the allocations for a field and for one of
// four times its length; elapsed time would depend on the machine.
func TestParseAddressListIsLinear(t *testing.T) {
	for _, piece := range []string{"a: ", "a:", "Subject: [a] (b) ", "\"a: ", "a <b ", "=?x?q?a ", "=?x?q?a: ", "\"\\\": ", "a@ ", "(a: ", "<a: ", "a;", "a: b;"} {
		used := func(size int) uint64 {
			field := "To " + strings.Repeat(piece, size/len(piece))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ParseAddressList(field, nil)
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc
		}
		if small, large := used(1<<16), used(1<<18); large > 8*small+1<<20 {
			t.Errorf("%q: %d octets for 64 KiB, %d for 256 KiB", piece, small, large)
		}
	}
}

// TestGroupsInDamagedFields: searching ahead does not change the result.
func TestGroupsInDamagedFields(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"A: <a@b>, c@d; E: f@g;": "[{ a@b} { c@d} { f@g}]",
		"A <a@b>, B <c@d":        "[{A a@b} {B c@d}]",
		"A <a <b@c>":             "[{A b@c}]",
		"<a@b> <c@d>, e@f":       "[{ a@b} { e@f}]",
		"Group: ":                "[]",
		"a: b c":                 "[{a: b c }]",
	} {
		if got := fmt.Sprint(ParseAddressList(field, nil)); got != want {
			t.Errorf("%q: %s, want %s", field, got, want)
		}
	}
}
