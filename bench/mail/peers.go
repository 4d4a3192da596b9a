package mail

import (
	"bytes"
	_ "embed" // the peers' side
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed peers.mjs
var peers []byte

// job is a line that peers.mjs reads.
type job struct {
	Parse string `json:"parse,omitempty"`
	Reply string `json:"reply"`
	HTML  bool   `json:"html"`
}

// ask has the peers process jobs in order.
func ask[T any](home string, jobs []job) ([]map[string]T, error) {
	script := filepath.Join(home, "peers.mjs")
	if err := os.WriteFile(script, peers, 0o600); err != nil {
		return nil, err
	}
	home, err := filepath.Abs(home)
	if err != nil {
		return nil, err
	}
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, j := range jobs {
		if err := enc.Encode(j); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command("node", script, home)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the peers: %w", err)
	}
	var all []map[string]T
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		answer := map[string]T{}
		if err := d.Decode(&answer); err != nil {
			return nil, fmt.Errorf("the peers' answer: %w", err)
		}
		all = append(all, answer)
	}
	if len(all) != len(jobs) {
		return nil, fmt.Errorf("the peers returned %d answers for %d jobs", len(all), len(jobs))
	}
	return all, nil
}

// PeersRead returns how each peer parses the files.
func PeersRead(home string, paths []string) (map[string][]Read, error) {
	jobs := make([]job, len(paths))
	for i, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		jobs[i] = job{Parse: abs}
	}
	answers, err := ask[Read](home, jobs)
	read := map[string][]Read{}
	for _, answer := range answers {
		for name, r := range answer {
			read[name] = append(read[name], r)
		}
	}
	return read, err
}
