package htmlview

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
)

// rgb is a colour with components from 0 to 1; alpha 0 is transparent.
type rgb struct{ r, g, b, alpha float64 }

var (
	black = rgb{0, 0, 0, 1}
	white = rgb{1, 1, 1, 1}
	// linkBlue is the colour of links in browsers (HTML §15.3.4).
	linkBlue = rgb{0, 0, 238. / 255, 1}
)

// systemColours are the system colours (CSS Color 4 §6.2 and appendix A) that mail
// programs use, in a light page.
var systemColours = map[string]rgb{
	"windowtext": black, "canvastext": black, "buttontext": black, "infotext": black, "menutext": black, "captiontext": black,
	"fieldtext": black, "window": white, "canvas": white, "field": white, "linktext": linkBlue, "transparent": {},
	"rebeccapurple": {0x66 / 255., 0x33 / 255., 0x99 / 255., 1}, // not in SVG 1.1
}

// parseColour reads a CSS colour, or the colour of an attribute.
func parseColour(s string) (rgb, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if c, ok := systemColours[s]; ok {
		return c, true
	}
	if c, ok := colornames.Map[s]; ok {
		return fromRGBA(c), true
	}
	if hex, ok := strings.CutPrefix(s, "#"); ok {
		return hexRGB(hex)
	}
	if name, rest, ok := strings.Cut(s, "("); ok {
		return functionRGB(name, strings.TrimSuffix(rest, ")"))
	}
	return rgb{}, false
}

func fromRGBA(c color.RGBA) rgb {
	return rgb{float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255, 1}
}

// hexRGB reads 3, 4, 6 or 8 hexadecimal digits (CSS Color 4 §5.2).
func hexRGB(s string) (rgb, bool) {
	if len(s) == 3 || len(s) == 4 {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.Write([]byte{c, c})
		}
		s = b.String()
	}
	if len(s) == 6 {
		s += "ff"
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil || len(s) != 8 {
		return rgb{}, false
	}
	part := func(shift uint) float64 { return float64(n>>shift&0xff) / 255 }
	return rgb{part(24), part(16), part(8), part(0)}, true
}

// functionRGB reads the arguments of rgb(), rgba(), hsl() or hsla(), in the old form
// with commas or the new one with spaces and a slash (CSS Color 4 §5.1).
func functionRGB(name, arguments string) (rgb, bool) {
	words := strings.Fields(strings.NewReplacer(",", " ", "/", " ").Replace(arguments))
	if len(words) != 3 && len(words) != 4 {
		return rgb{}, false
	}
	var v [4]float64
	v[3] = 1
	for i, word := range words {
		digits, percent := strings.CutSuffix(word, "%")
		n, err := strconv.ParseFloat(strings.TrimSuffix(digits, "deg"), 64)
		switch {
		case err != nil:
			return rgb{}, false
		case percent:
			n /= 100
		case i < 3 && strings.HasPrefix(name, "rgb"):
			n /= 255
		case i == 1 || i == 2:
			n /= 100 // hsl() without percent signs
		}
		if i > 0 || strings.HasPrefix(name, "rgb") {
			n = min(max(n, 0), 1)
		}
		v[i] = n
	}
	if strings.HasPrefix(name, "rgb") {
		return rgb{v[0], v[1], v[2], v[3]}, true
	}
	return hsl(v[0], v[1], v[2], v[3]), true
}

// hsl converts a colour by its hue in degrees (CSS Color 4 §7.1).
func hsl(hue, saturation, light, alpha float64) rgb {
	part := func(n float64) float64 {
		k := math.Mod(n+hue/30, 12)
		return light - saturation*min(light, 1-light)*max(-1, min(k-3, 9-k, 1))
	}
	return rgb{part(0), part(8), part(4), alpha}
}

// over returns the colour that is seen when c is drawn over an opaque ground.
func (c rgb) over(ground rgb) rgb {
	mix := func(a, b float64) float64 { return a*c.alpha + b*(1-c.alpha) }
	return rgb{mix(c.r, ground.r), mix(c.g, ground.g), mix(c.b, ground.b), 1}
}

// luminance is the relative luminance (WCAG 2.2).
func (c rgb) luminance() float64 {
	part := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.r) + 0.7152*part(c.g) + 0.0722*part(c.b)
}

// contrast is the contrast ratio of a text on an opaque ground, from 1 to 21 (WCAG
// 2.2).
func contrast(text, ground rgb) float64 {
	a, b := text.over(ground).luminance(), ground.luminance()
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}
