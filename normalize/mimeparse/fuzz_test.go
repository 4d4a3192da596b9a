package mimeparse

import (
	"strings"
	"testing"

	"switchboard/normalize/hostiletest"
	"switchboard/normalize/mimeparam"
)

func FuzzParse(f *testing.F) {
	hostiletest.AddSeeds(f, "../testdata/body-*.eml")
	hostiletest.AddSeeds(f, "../testdata/hostile-*.eml")
	hostiletest.AddSeeds(f, "../testdata/name-*.eml")
	f.Fuzz(func(t *testing.T, b []byte) {
		root := New(b, func(string, string) {}).Parse(b)
		parts := 0
		var walk func(p *Part, depth int)
		walk = func(p *Part, depth int) {
			parts++
			if depth > maxDepth || parts > maxParts+1 {
				t.Fatalf("depth %d, %d parts", depth, parts)
			}
			if p.Type == "" || len(p.Params) > mimeparam.Max {
				t.Fatalf("media %q, %d parameters", p.Type, len(p.Params))
			}
			if strings.HasPrefix(p.Type, "multipart/") == (len(p.Children) == 0) {
				t.Fatalf("%s with %d children", p.Type, len(p.Children))
			}
			for _, c := range p.Children {
				walk(c, depth+1)
			}
		}
		walk(root, 1)
	})
}
