// Package importdag checks the imports of the tree against doc/imports.txt, the
// allow-list of what each package may import. Its tests fail if an import is not
// listed.
package importdag

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Everywhere is the line of doc/imports.txt that applies to every package.
const Everywhere = "everywhere"

// Map lists the imports that each package may have: the project's packages by their
// folder, "folder/..." for all packages below it, "lib:module" for other modules.
type Map map[string][]string

// Parse parses the map's text: lines of the form "package: import import ...", each
// package once; "#" starts a comment.
func Parse(text string) (Map, error) {
	m := Map{}
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		pkg, list, found := strings.Cut(line, ":")
		pkg = strings.TrimSpace(pkg)
		if !found || pkg == "" || strings.Contains(pkg, " ") {
			return nil, fmt.Errorf("line %d: want \"package: import import ...\", have %q", i+1, line)
		}
		if _, twice := m[pkg]; twice {
			return nil, fmt.Errorf("line %d: %s is listed twice", i+1, pkg)
		}
		m[pkg] = strings.Fields(list)
	}
	return m, nil
}

// Allows reports whether pkg may import imp. pkg is a folder of the project; imp is one,
// too, if local is true, and otherwise the import path of another module's package.
func (m Map) Allows(pkg, imp string, local bool) bool {
	match := func(entry string) bool {
		lib, isLib := strings.CutPrefix(entry, "lib:")
		switch {
		case local && !isLib:
			return covers(entry, imp)
		case !local && isLib:
			return imp == lib || strings.HasPrefix(imp, lib+"/")
		}
		return false
	}
	return slices.ContainsFunc(m[pkg], match) || slices.ContainsFunc(m[Everywhere], match)
}

// covers reports whether an entry matches a package: the package itself, or all below a
// folder.
func covers(entry, pkg string) bool {
	folder, all := strings.CutSuffix(entry, "/...")
	return pkg == folder || all && strings.HasPrefix(pkg, folder+"/")
}

// Package is the Go code of one folder.
type Package struct {
	Folder  string            // relative to the module's root, "." for the root
	Name    string            // of the package clause, without "_test"
	Imports map[string]string // import path to one non-test file that imports it
	Tests   map[string]string // import path to one test file that imports it
	Lines   map[string]int    // length of each non-test file
}

// Read reads the packages of the module at root. It includes all files regardless of
// their build tags, and skips folders that Go ignores and other modules.
func Read(root string) ([]Package, error) {
	found := map[string]*Package{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(root, file, d.Name())
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		p := found[path.Dir(rel)]
		if p == nil {
			p = &Package{Folder: path.Dir(rel), Imports: map[string]string{}, Tests: map[string]string{}, Lines: map[string]int{}}
			found[p.Folder] = p
		}
		return p.add(file, rel)
	})
	packages := make([]Package, 0, len(found))
	for _, p := range found {
		packages = append(packages, *p)
	}
	slices.SortFunc(packages, func(a, b Package) int { return strings.Compare(a.Folder, b.Folder) })
	return packages, err
}

// skip returns fs.SkipDir for folders that are not part of the module.
func skip(root, dir, name string) error {
	if dir == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	if err == nil || name == "testdata" || name == "node_modules" || name[0] == '.' || name[0] == '_' {
		return filepath.SkipDir
	}
	return nil
}

// add reads one file of the package.
func (p *Package) add(file, rel string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(token.NewFileSet(), rel, text, parser.ImportsOnly)
	if err != nil {
		return err
	}
	into := p.Imports
	if strings.HasSuffix(rel, "_test.go") {
		into = p.Tests
	} else {
		p.Lines[rel] = strings.Count(string(text), "\n")
	}
	p.Name = strings.TrimSuffix(f.Name.Name, "_test")
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		into[imp] = rel
	}
	return nil
}

// Size returns the number of lines of the package's non-test files.
func (p *Package) Size() (lines int) {
	for _, n := range p.Lines {
		lines += n
	}
	return lines
}
