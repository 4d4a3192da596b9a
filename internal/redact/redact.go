// Package redact keeps reply tokens out of logs. With an address that contains one,
// anyone who reads the log could write into the conversation.
package redact

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
)

// token matches the subaddress of a signed reply address (threading.Tokens), in any
// case, also within a URL: at least 40 characters of base32.
var token = regexp.MustCompile(`(\+|%2[Bb])[A-Za-z2-7]{40,64}\b`)

// Text returns a text without reply tokens; the rest of the addresses stays.
func Text(s string) string { return token.ReplaceAllString(s, "$1[token]") }

// Handler returns a handler that passes records on without reply tokens.
func Handler(next slog.Handler) slog.Handler {
	if _, ok := next.(handler); ok {
		return next
	}
	return handler{next}
}

type handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(attr(a))
		return true
	})
	return h.Handler.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(each(attrs))}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

func each(attrs []slog.Attr) []slog.Attr {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = attr(a)
	}
	return out
}

// attr returns an attribute without tokens. A value of another type than text is
// replaced by its text only if that has one.
func attr(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Text(v.String()))
	case slog.KindGroup:
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(each(v.Group())...)}
	case slog.KindAny:
		if list, ok := v.Any().([]string); ok {
			out := make([]string, len(list))
			for i, s := range list {
				out[i] = Text(s)
			}
			return slog.Any(a.Key, out)
		}
		if text := fmt.Sprint(v.Any()); token.MatchString(text) {
			return slog.String(a.Key, Text(text))
		}
		return slog.Any(a.Key, v.Any())
	default:
		return slog.Attr{Key: a.Key, Value: v}
	}
}
