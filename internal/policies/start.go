package policies

import (
	"context"
	"fmt"
	"log/slog"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
)

// attempts is how often a start looks again because other nodes start at the same time.
const attempts = 10

// AtStart returns the policy that is in force after a start. The database is
// authoritative: file, the content of the policy file (nil: there is none), is published
// only if it has changed since a start published it last, and if no version was published
// in another way since. Without any version, the default document is published. The log says
// which articles the policy answers with that are not there.
func AtStart(ctx context.Context, st Store, file []byte, log *slog.Logger) (view.PolicyDocument, error) {
	live, err := atStart(ctx, st, file, log)
	if err != nil {
		return live, err
	}
	missing, err := MissingAnswers(ctx, st, []byte(live.Document))
	if err != nil {
		return live, err
	}
	for _, m := range missing {
		log.WarnContext(ctx, "AnswerMissing", "policy", live.Version, "line", m.Line, "path", m.Path, "reason", m.Reason)
	}
	return live, nil
}

func atStart(ctx context.Context, st Store, file []byte, log *slog.Logger) (view.PolicyDocument, error) {
	for try := 1; ; try++ {
		live, err := found(st.PolicyDocument(ctx, 0))
		if err != nil {
			return live, err
		}
		last, err := found(st.LastPolicyFile(ctx))
		if err != nil {
			return live, err
		}
		publish, kept := decide(&live, &last, file)
		if kept != "" {
			log.WarnContext(ctx, "PolicyFileNotPublished", "reason", kept, "live", live.Version, "author", live.Author, "published_at", live.PublishedAt)
		}
		if !publish {
			return live, nil
		}
		p := desk.Publication{Document: string(file), Origin: desk.OriginFile, Replaces: &live.Version}
		if file == nil {
			p.Document, p.Origin = string(router.Default), desk.OriginDefault
		}
		version, err := Publish(ctx, st, p)
		if desk.KindOf(err) == desk.KindConflict && try < attempts {
			continue
		}
		if err != nil {
			return live, err
		}
		log.InfoContext(ctx, "PolicyPublished", "version", version, "origin", p.Origin)
		return st.PolicyDocument(ctx, version)
	}
}

// found returns the zero document if there is none.
func found(d view.PolicyDocument, err error) (view.PolicyDocument, error) {
	if desk.KindOf(err) == desk.KindNotFound && err != nil {
		return view.PolicyDocument{}, nil
	}
	return d, err
}

// decide reports whether a start publishes the policy file, or the default document
// without one. kept says why a file that is not the live policy is not published. live is
// the live version, and last the one that came from a file last; their number is 0 if
// there is none.
func decide(live, last *view.PolicyDocument, file []byte) (publish bool, kept string) {
	switch {
	case live.Version == 0:
		return true, ""
	case file == nil || string(file) == live.Document:
		return false, ""
	case last.Version > 0 && string(file) == last.Document:
		return false, fmt.Sprintf("the file has not changed since it became version %d; version %d was published %s", last.Version, live.Version, how(live))
	case live.Version == last.Version || live.Origin == desk.OriginDefault:
		return true, ""
	}
	return false, fmt.Sprintf("the file has changed, but version %d was published %s; `switchboard policy diff` shows the difference, and `switchboard policy apply` publishes the file", live.Version, how(live))
}

// how says in which way a version was published.
func how(p *view.PolicyDocument) string {
	switch p.Origin {
	case desk.OriginFile:
		return "from another file"
	case desk.OriginCommand:
		return "by switchboard policy apply"
	}
	return "in the console or by the API"
}
