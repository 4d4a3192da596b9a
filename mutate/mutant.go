package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Mutant is a program that differs from the tree in one place of one line.
type Mutant struct {
	Package  string // folder relative to the module's root: "threading"
	File     string // relative to the module's root
	Line     int
	Operator string
	Before   string // the line, without indentation
	After    string

	text string // of the whole file
}

// Diff returns the line and the mutated line in the format of equivalent.txt.
func (m Mutant) Diff() string { return fmt.Sprintf("- %s\n+ %s", m.Before, m.After) }

// source is a parsed file.
type source struct {
	file string
	text []byte
	fset *token.FileSet
	tree *ast.File
}

// find returns the mutants of the packages' files (tests excepted), in a random
// order that depends only on the files and the seed.
func find(root string, packages []string, seed uint64) ([]Mutant, error) {
	var all []Mutant
	for _, pkg := range packages {
		files, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			s, err := read(root, path)
			if err != nil {
				return nil, err
			}
			for _, m := range s.mutants() {
				m.Package = pkg
				all = append(all, m)
			}
		}
		if len(all) == before {
			return nil, fmt.Errorf("%s has no Go code to mutate", pkg)
		}
	}
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

// read parses a file; path is relative to root.
func read(root, path string) (source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	s := source{text: text, fset: token.NewFileSet()}
	if s.file, err = filepath.Rel(root, path); err != nil {
		return source{}, err
	}
	s.tree, err = parser.ParseFile(s.fset, s.file, text, parser.SkipObjectResolution)
	return s, err
}
