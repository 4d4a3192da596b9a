package config

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
)

// Help is the look of the public pages of the knowledge base.
type Help struct {
	Title  string `koanf:"title"`  // default: Help
	Accent string `koanf:"accent"` // colour of links and buttons, #rrggbb
	Dark   string `koanf:"dark"`   // the same in dark mode
	Form   string `koanf:"form"`   // key of the form by which readers reach a person; default: the first form, otherwise the first mail address
}

// Service are the public pages that say what customers can expect.
type Service struct {
	// Segments are those of the policy that have a page; "*": all. Empty: there are none.
	Segments []string `koanf:"segments"`
}

// The colours of the pages' background, and the default accents.
const (
	helpPaper, helpNight   = "#ffffff", "#15181d"
	helpAccent, helpOnDark = "#1a56c4", "#8ab4ff"
)

// HelpLook returns the settings of the public pages with their defaults.
func (c *Config) HelpLook() Help {
	h := c.Help
	h.Title, h.Accent, h.Dark = cmp.Or(h.Title, "Help"), cmp.Or(h.Accent, helpAccent), cmp.Or(h.Dark, helpOnDark)
	return h
}

// HelpContact returns the URL by which readers of the public pages reach a person.
func (c *Config) HelpContact() string {
	switch {
	case c.Help.Form != "":
		return "/f/" + c.Help.Form
	case len(c.Forms) > 0:
		return "/f/" + c.Forms[0].Key
	case len(c.Mail.Addresses) > 0:
		return "mailto:" + c.Mail.Addresses[0]
	}
	return "/help"
}

var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (v *validator) help(c *Config) {
	look := c.HelpLook()
	for key, pair := range map[string][2]string{"help.accent": {look.Accent, helpPaper}, "help.dark": {look.Dark, helpNight}} {
		if !hexColour.MatchString(pair[0]) {
			v.add(key, fmt.Sprintf("%q is not a colour such as %s", pair[0], helpAccent))
		} else if r := contrast(pair[0], pair[1]); r < 4.5 {
			v.add(key, fmt.Sprintf("text in %s on %s cannot be read well: the contrast is %.1f to 1, and should be at least 4.5 (WCAG 2.2, 1.4.3)", pair[0], pair[1], r))
		}
	}
	for i, name := range c.Service.Segments {
		if name == "" || slices.Contains(c.Service.Segments[:i], name) {
			v.add(fmt.Sprintf("service.segments[%d]", i), fmt.Sprintf("%q is not the name of another segment of the policy, or * for all of them", name))
		}
	}
	if c.Help.Form != "" && !slices.ContainsFunc(c.Forms, func(f Form) bool { return f.Key == c.Help.Form }) {
		v.add("help.form", fmt.Sprintf("there is no form %q", c.Help.Form))
	}
}

// contrast returns the contrast ratio of two colours (WCAG 2.2).
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(colour string) (sum float64) {
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8) // it is a colour
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
