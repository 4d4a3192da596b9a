package main

import (
	"fmt"
	"os"
	"strings"
)

// equivalent is the list of mutants that behave like the original and are
// therefore not made. Each is a block of the file, ended by an empty line:
//
//	# why no test can tell the difference
//	threading/archive.go
//	- the line
//	+ the mutated line
type equivalent map[string]bool

func (e equivalent) has(m Mutant) bool { return e[m.File+"\n"+m.Diff()] }

// readEquivalent reads the file of equivalent mutants.
func readEquivalent(path string) (equivalent, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	list := equivalent{}
	for block := range strings.SplitSeq(string(text), "\n\n") {
		lines := strings.Split(strings.Trim(block, "\n"), "\n")
		reason := 0
		for reason < len(lines) && strings.HasPrefix(lines[reason], "#") {
			reason++
		}
		rest := lines[reason:]
		if len(rest) == 0 {
			continue // a comment
		}
		if reason == 0 || len(rest) != 3 || !strings.HasPrefix(rest[1], "- ") || !strings.HasPrefix(rest[2], "+ ") {
			return nil, fmt.Errorf("%s: a block is a reason (#), a file, a line (-) and a mutated line (+), not:\n%s", path, block)
		}
		list[strings.Join(rest, "\n")] = true
	}
	return list, nil
}
