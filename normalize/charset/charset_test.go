package charset

import (
	"strings"
	"testing"
)

// TestDetectTies: of two charsets that are equally likely it is always the same one.
func TestDetectTies(t *testing.T) {
	t.Parallel()
	b := []byte("anna `le *\xe6\xe6\xe6\xe6\xe6\xe6\xe6\xe67!1supp1*1xample.net m")
	for range 100 {
		if got, _ := ToUTF8(b, "", false); !strings.Contains(got, "ææææ") {
			t.Fatalf("read as %q", got)
		}
	}
}
