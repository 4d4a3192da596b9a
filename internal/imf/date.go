package imf

import (
	"net/mail"
	"strconv"
	"strings"
	"time"
)

// ParseDate parses a Date field (RFC 5322 §3.3) and the forms found in its place:
// asctime, ISO 8601, numeric dates, missing weekdays and zones, month names in full,
// two-digit years (§4.3), zone names. A missing zone is UTC.
func ParseDate(s string) (time.Time, bool) {
	s = strings.Join(strings.Fields(dropComments(s)), " ")
	if s == "" || len(s) > 200 {
		return time.Time{}, false
	}
	// The library reads unknown zone names as UTC; we know more of them.
	if t, err := mail.ParseDate(s); err == nil && !endsInZoneName(s) {
		// Programs that count years from 1900 wrote 2002 as 102.
		if t.Year() >= 100 && t.Year() < 200 {
			t = t.AddDate(1900, 0, 0)
		}
		return t, true
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return parseLooseDate(s)
}

// endsInZoneName reports whether the last word is the name of a zone other than UTC.
func endsInZoneName(s string) bool {
	last := s[strings.LastIndexByte(s, ' ')+1:]
	if last == "GMT" || last == "UTC" || last == "UT" || last == "Z" {
		return false
	}
	return last[0] >= 'A' && last[0] <= 'Z'
}

// looseDate is what has been recognized in the words of a malformed date.
type looseDate struct {
	year, month, day  int
	hour, minute, sec int
	clock, pm, am     bool
	offset            int // seconds east of UTC
	zoned, windows    bool
	plain             []int // bare numbers in order of appearance
}

// parseLooseDate parses a date word by word; false if day, month or year is missing.
func parseLooseDate(s string) (time.Time, bool) {
	d := looseDate{year: -1}
	s = strings.NewReplacer(",", " ", ";", " ", "\"", " ").Replace(s)
	for _, word := range strings.Fields(s) {
		d.word(word)
	}
	for _, n := range d.plain {
		switch {
		case d.day == 0 && n >= 1 && n <= 31:
			d.day = n
		case d.year < 0:
			d.year = n
		}
	}
	if d.day == 0 || d.month < 1 || d.month > 12 || d.year < 0 || d.day > daysIn(d.month) || d.hour > 23 || d.minute > 59 || d.sec > 60 {
		return time.Time{}, false
	}
	if d.pm && d.hour < 12 {
		d.hour += 12
	}
	if d.am && d.hour == 12 {
		d.hour = 0
	}
	// RFC 5322 §4.3: two digits below 50 are 20xx; to other short years 1900 is
	// added.
	switch {
	case d.year < 50:
		d.year += 2000
	case d.year < 1000:
		d.year += 1900
	case d.year > 9999:
		return time.Time{}, false
	}
	zone := time.UTC
	if d.offset != 0 {
		zone = time.FixedZone("", d.offset)
	}
	return time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.sec, 0, zone), true
}

// word recognizes one word by its form.
func (d *looseDate) word(w string) {
	lower := strings.ToLower(strings.Trim(w, "."))
	switch {
	case lower == "am":
		d.am = true
	case lower == "pm":
		d.pm = true
	case strings.Count(w, ":") >= 1 && w[0] >= '0' && w[0] <= '9':
		if i := strings.IndexByte(w, 'T'); i > 0 {
			d.numeric(w[:i], "-")
			w = w[i+1:]
		}
		d.time(w)
	case (w[0] == '+' || w[0] == '-') && len(w) > 1:
		d.zone(w)
	case strings.Count(w, "-") == 2 && w[0] != '-':
		d.numeric(w, "-")
	case strings.Count(w, "/") == 2:
		d.numeric(w, "/")
	case strings.Count(w, ".") == 2:
		d.numeric(w, ".")
	default:
		if n, err := strconv.Atoi(lower); err == nil && n >= 0 {
			d.plain = append(d.plain, n)
			return
		}
		if m := monthOf(lower); m != 0 && d.month == 0 {
			d.month = m
			return
		}
		d.zone(w)
	}
}

// numeric parses 2006-01-02, 02-Jan-2006, 01/02/2006 (slashes: month first) and
// 02.01.2006.
func (d *looseDate) numeric(w, sep string) {
	f := strings.Split(w, sep)
	if sep == "." && d.month != 0 {
		d.time(strings.Join(f, ":"))
		return
	}
	if len(f) != 3 || d.month != 0 {
		return
	}
	a, errA := strconv.Atoi(f[0])
	b, errB := strconv.Atoi(f[1])
	c, errC := strconv.Atoi(f[2])
	switch {
	case errA == nil && errC == nil && errB != nil && monthOf(strings.ToLower(f[1])) != 0:
		d.day, d.month, d.year = a, monthOf(strings.ToLower(f[1])), c
	case errA != nil || errB != nil || errC != nil:
	case a > 31:
		d.year, d.month, d.day = a, b, c
	case sep == "/" && a <= 12:
		d.month, d.day, d.year = a, b, c
	default:
		d.day, d.month, d.year = a, b, c
	}
}

// time parses a time of day, with an optional "am" or "pm" and zone: "10:30:00+01:00".
func (d *looseDate) time(w string) {
	if d.clock {
		return
	}
	for _, mark := range []string{"am", "pm", "AM", "PM", "Z"} {
		if rest, ok := strings.CutSuffix(w, mark); ok {
			w, d.am, d.pm = rest, d.am || strings.EqualFold(mark, "am"), d.pm || strings.EqualFold(mark, "pm")
		}
	}
	if i := strings.IndexAny(w, "+-"); i > 0 {
		d.zone(w[i:])
		w = w[:i]
	}
	f := strings.Split(w, ":")
	n := make([]int, 3)
	for i, part := range f {
		if i > 2 {
			break
		}
		part, _, _ = strings.Cut(part, ".")
		v, err := strconv.Atoi(part)
		if err != nil || v < 0 {
			return
		}
		n[i] = v
	}
	d.hour, d.minute, d.sec, d.clock = n[0], n[1], n[2], true
}

// zone recognizes a zone by its name or offset, and ignores anything else.
func (d *looseDate) zone(w string) {
	if d.zoned {
		return
	}
	upper := strings.TrimPrefix(strings.ToUpper(w), "+-") // "+-0500" occurs in practice
	if len(upper) < len(w) {
		upper = "-" + upper
	}
	for _, prefix := range []string{"GMT", "UTC", "UT"} {
		if rest, ok := strings.CutPrefix(upper, prefix); ok {
			upper = rest
			break
		}
	}
	if hours, ok := zoneHours[upper]; ok {
		d.offset, d.zoned = hours*3600, true
		return
	}
	// Windows spells zones out: "Eastern Daylight Time".
	if hours, ok := windowsZones[upper]; ok {
		d.offset, d.windows = hours*3600, true
		return
	}
	if upper == "DAYLIGHT" && d.windows {
		d.offset += 3600
		return
	}
	if len(upper) < 2 || (upper[0] != '+' && upper[0] != '-') {
		return
	}
	digits := strings.ReplaceAll(upper[1:], ":", "")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 {
		return
	}
	if len(digits) <= 2 {
		n *= 100
	}
	seconds := n/100*3600 + n%100*60
	if n/100 > 14 || n%100 > 59 {
		return
	}
	if upper[0] == '-' {
		seconds = -seconds
	}
	d.offset, d.zoned = seconds, true
}

// zoneHours are the zone names of RFC 5322 §4.3 and other common ones; unknown names
// are UTC.
var zoneHours = map[string]int{
	"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
	"WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9,
	"HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "BRT": -3, "ART": -3, "SAST": 2, "AKST": -9, "AKDT": -8, "HST": -10,
}

var windowsZones = map[string]int{"EASTERN": -5, "CENTRAL": -6, "MOUNTAIN": -7, "PACIFIC": -8, "ARABIAN": 4, "TOKYO": 9, "CHINA": 8, "ROMANCE": 1}

// monthOf recognizes the English month names, and those of the larger European
// languages by their first letters, because some gateways localize them.
func monthOf(lower string) int {
	for i, names := range monthPrefixes {
		for _, name := range names {
			if strings.HasPrefix(lower, name) {
				return i + 1
			}
		}
	}
	return 0
}

var monthPrefixes = [12][]string{
	{"jan", "ene", "gen", "янв"}, {"feb", "fév", "fev", "фев"}, {"mar", "mär", "maa", "mrt", "мар"}, {"apr", "avr", "abr", "апр"},
	{"may", "mai", "mag", "mei", "maj", "май", "мая"}, {"jun", "juin", "giu", "июн"}, {"jul", "juil", "lug", "июл"}, {"aug", "aoû", "aou", "ago", "авг"},
	{"sep", "set", "сен"}, {"oct", "okt", "ott", "out", "окт"}, {"nov", "ноя"}, {"dec", "déc", "dez", "dic", "дек"},
}

func daysIn(month int) int {
	switch month {
	case 2:
		return 29
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// dropComments removes comments (RFC 5322 §3.2.2), including nested ones.
func dropComments(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '\\' && depth > 0:
			i++
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
