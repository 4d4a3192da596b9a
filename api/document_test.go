package api

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"switchboard/api/openapi"
)

var update = flag.Bool("update", false, "rewrite doc/openapi.json")

// doc/openapi.json is the API as of this commit. The types of the web pages are
// generated from it, so that they cannot differ from the server's.
func TestCommittedDocumentIsCurrent(t *testing.T) {
	const path = "../doc/openapi.json"
	s, err := newServer(Config{Version: "1"}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := openapi.Document(s.huma.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, want, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("doc/openapi.json is stale: run `go test ./api -run Document -update`, then `npm run generate` in web")
	}
}
