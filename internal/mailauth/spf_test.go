package mailauth

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// words is a YAML string or a list of strings.
type words []string

func (w *words) UnmarshalYAML(unmarshal func(any) error) error {
	var list []string
	if unmarshal(&list) == nil {
		*w = list
		return nil
	}
	var one string
	err := unmarshal(&one)
	*w = words{one}
	return err
}

type suite struct {
	Description string
	Tests       map[string]struct {
		Helo, Host, MailFrom string
		Result               words
	}
	ZoneData map[string][]any
}

// TestSPFSuite runs the RFC 7208 test suite, which is included in the library.
func TestSPFSuite(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "blitiri.com.ar/go/spf").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "rfc7208-tests.yml"))
	if err != nil {
		t.Fatal(err)
	}
	passed, total := 0, 0
	for decoder := yaml.NewDecoder(bytes.NewReader(file)); ; {
		var s suite
		if err := decoder.Decode(&s); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		dns := NewCache(s.zone(t))
		for name, test := range s.Tests {
			total++
			got, err := checkHost(t.Context(), dns, netip.MustParseAddr(test.Host), test.Helo, test.MailFrom)
			if !slices.Contains(test.Result, string(got)) {
				t.Errorf("%s, %s: %s (%v), want %v", s.Description, name, got, err, test.Result)
				continue
			}
			passed++
		}
	}
	t.Logf("spf=%d/%d", passed, total)
	if total != 203 {
		t.Errorf("the suite has %d tests, want 203", total)
	}
}

// zone returns a suite's DNS records. A record is a map with one type, or the word
// TIMEOUT. Records of the old type SPF are used where TXT is missing.
func (s suite) zone(t *testing.T) *zone {
	t.Helper()
	z := newZone()
	for name, records := range s.ZoneData {
		name = strings.ToLower(name)
		var old []string
		hasTXT := false
		var failure error
		for _, record := range records {
			fields, ok := record.(map[string]any)
			if !ok {
				fields = map[string]any{record.(string): true}
			}
			for kind, value := range fields {
				switch kind {
				case "TIMEOUT":
					failure = &net.DNSError{Err: "timeout", IsTimeout: true, IsTemporary: true}
				case "CNAMELOOP":
					failure = &net.DNSError{Err: "too many aliases"}
				case "A", "AAAA":
					z.ip[name] = append(z.ip[name], net.IPAddr{IP: net.ParseIP(value.(string))})
				case "TXT":
					hasTXT = true
					if text := joined(value); text != "NONE" {
						z.txt[name] = append(z.txt[name], text)
					}
				case "SPF":
					old = append(old, joined(value))
				case "MX":
					pair := value.([]any)
					z.mx[name] = append(z.mx[name], &net.MX{Host: pair[1].(string), Pref: uint16(pair[0].(uint64))})
				case "PTR":
					z.ptr[reverse(t, name)] = append(z.ptr[reverse(t, name)], strings.TrimSuffix(value.(string), ".")+".")
				case "CNAME":
					z.cname[name] = value.(string)
				default:
					t.Fatalf("%s: unknown record type %s", name, kind)
				}
			}
		}
		if !hasTXT {
			z.txt[name] = append(z.txt[name], old...)
		}
		if failure != nil && len(z.txt[name]) == 0 { // next to a TXT record it applies to the type SPF
			z.fail[name] = failure
			if strings.HasSuffix(name, ".arpa") {
				z.fail[reverse(t, name)] = failure
			}
		}
	}
	return z
}

// joined returns a TXT record of one or more strings.
func joined(value any) string {
	list, ok := value.([]any)
	if !ok {
		return value.(string)
	}
	text := ""
	for _, part := range list {
		text += part.(string)
	}
	return text
}

// reverse returns the address of a name under in-addr.arpa or ip6.arpa.
func reverse(t *testing.T, name string) string {
	t.Helper()
	text := ""
	if four, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		parts := strings.Split(four, ".")
		slices.Reverse(parts)
		text = strings.Join(parts, ".")
	} else if six, ok := strings.CutSuffix(name, ".ip6.arpa"); ok {
		parts := strings.Split(six, ".")
		slices.Reverse(parts)
		for i, p := range parts {
			if i > 0 && i%4 == 0 {
				text += ":"
			}
			text += p
		}
	}
	ip := net.ParseIP(text)
	if ip == nil {
		t.Fatalf("%s is not a reverse name", name)
	}
	return ip.String()
}
