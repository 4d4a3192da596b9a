package policies

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/nearest"
	"switchboard/router"
)

// PilotStore keeps pilots.
type PilotStore interface {
	Store
	// StartPilot returns KindConflict if another version is live than the one to replace, or a
	// pilot is running.
	StartPilot(ctx context.Context, p desk.Pilot) (int64, error)
	// WithdrawPilot returns KindConflict if the pilot is not running.
	WithdrawPilot(ctx context.Context, e desk.PilotEnd) error
}

// Bounds of a pilot.
const (
	MaxBaseline     = 366 // days
	DefaultBaseline = 28
)

// FieldError is a part of a request that is wrong.
type FieldError struct {
	Field  string // "segment" or "share"
	Reason string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

// StartPilot checks a draft, and tries it with some accounts from then on. It fills in what the
// documents name, and returns the version of the draft. The error is a *router.PolicyError if the
// document cannot be tried, and a *FieldError if a part of the request is wrong.
func StartPilot(ctx context.Context, st PilotStore, p desk.Pilot) (int64, error) {
	draft, err := router.Compile([]byte(p.Document))
	if err != nil {
		return 0, err
	}
	if err := CheckAnswers(ctx, st, draft); err != nil {
		return 0, err
	}
	stored, live, err := livePolicy(ctx, st)
	if err != nil {
		return 0, err
	}
	if p.Replaces != nil && *p.Replaces != stored.Version {
		return 0, desk.Errorf(desk.KindConflict, "version %d of the policy has been published meanwhile", stored.Version)
	}
	p.Replaces = &stored.Version // what is checked is what the draft is compared with
	if err := checkGroup(&p, live); err != nil {
		return 0, err
	}
	changes, err := Compare([]byte(stored.Document), []byte(p.Document))
	if err != nil {
		return 0, err
	}
	if len(changes) == 0 {
		return 0, &FieldError{"document", fmt.Sprintf("means the same as version %d, which is live", stored.Version)}
	}
	if problems := untried(p.Document, changes); len(problems) > 0 {
		return 0, &router.PolicyError{Problems: problems}
	}
	p.Tiers, p.Inboxes = placesOfBoth(live, draft)
	return st.StartPilot(ctx, p)
}

// WithdrawPilot ends a pilot; what happens next in its conversations is decided by the live
// policy.
func WithdrawPilot(ctx context.Context, st PilotStore, e desk.PilotEnd) error {
	_, live, err := livePolicy(ctx, st)
	if err != nil {
		return err
	}
	e.Tiers, e.Inboxes = placesOfBoth(live, live)
	return st.WithdrawPilot(ctx, e)
}

// AdoptPilot publishes the draft of a running pilot. The error is as that of Publish; KindConflict
// also if the pilot is not running.
func AdoptPilot(ctx context.Context, st Store, p desk.Publication) (int64, error) {
	draft, err := st.PolicyDocument(ctx, p.Adopts)
	if err != nil {
		return 0, err
	}
	p.Document, p.Restores = draft.Document, p.Adopts
	return Publish(ctx, st, p)
}

func livePolicy(ctx context.Context, st Store) (view.PolicyDocument, *router.Policy, error) {
	stored, err := st.PolicyDocument(ctx, 0)
	if err != nil {
		return stored, nil, err
	}
	live, err := router.Compile([]byte(stored.Document))
	if err != nil {
		return stored, nil, fmt.Errorf("the published policy version %d no longer compiles: %w", stored.Version, err)
	}
	return stored, live, nil
}

// checkGroup checks with whom the draft is to be tried.
func checkGroup(p *desk.Pilot, live *router.Policy) error {
	if p.Segment != "" && !slices.Contains(live.Segments(), p.Segment) {
		reason := fmt.Sprintf("there is no segment %q in the live policy", p.Segment)
		if near := nearest.Name(p.Segment, live.Segments()); near != "" {
			reason += fmt.Sprintf("; did you mean %q?", near)
		} else if len(live.Segments()) > 0 {
			reason += ", which has " + strings.Join(live.Segments(), ", ")
		}
		return &FieldError{"segment", reason}
	}
	switch {
	case p.Share < 1 || p.Share > 100:
		return &FieldError{"share", "must be a percentage from 1 to 100"}
	case p.Share == 100 && p.Segment == "":
		return &FieldError{"share", "with all accounts there would be nothing to compare with: choose less than 100, or a segment"}
	}
	return nil
}

// shared are the properties of inboxes that are the same for all conversations in them.
var shared = []string{"tier", "assign", "overflow", "skills"}

// untried returns the changes that a pilot cannot try: those of what conversations of both
// policies share.
func untried(document string, changes []PolicyChange) (problems []router.Problem) {
	var outline []PolicyNode
	add := func(c *PolicyChange, path, reason string) {
		if outline == nil {
			outline = Outline([]byte(document))
		}
		p := router.Problem{Line: 1, Column: 1, Path: path, Reason: reason}
		for _, n := range outline {
			if n.Section == c.Section && n.Name == c.Name && n.Line > 0 {
				p.Line = n.Line
			}
		}
		problems = append(problems, p)
	}
	for i := range changes {
		c := &changes[i]
		path := strings.TrimSuffix(c.Section+"."+c.Name, ".")
		if c.Section == "reviews" {
			add(c, path, "a pilot cannot try other reviews: they are drawn from all conversations")
		}
		if c.Section != "inboxes" || c.Kind != "changed" {
			continue
		}
		for _, name := range shared {
			if slices.ContainsFunc(c.Fields, func(f PolicyField) bool { return f.Field == name || strings.HasPrefix(f.Field, name+".") }) {
				add(c, path+"."+name, fmt.Sprintf("is another one than in the live policy, and a pilot cannot try that: conversations of both policies are in this inbox; keep %s, and give the pilot an inbox of its own", name))
			}
		}
	}
	return problems
}

// placesOfBoth returns the tiers and inboxes of the live policy, and those that only the draft has.
func placesOfBoth(live, draft *router.Policy) (map[desk.Tier]string, []desk.Inbox) {
	tiers, inboxes := map[desk.Tier]string{}, []desk.Inbox{}
	for _, p := range []*router.Policy{draft, live} {
		for _, t := range p.Tiers() {
			tiers[t.Tier] = t.Name
		}
	}
	for _, p := range []*router.Policy{live, draft} {
		for _, in := range p.Inboxes() {
			if !slices.ContainsFunc(inboxes, func(o desk.Inbox) bool { return o.Key == in.Key }) {
				inboxes = append(inboxes, desk.Inbox{Key: in.Key, Name: in.Name, Tier: in.Tier})
			}
		}
	}
	return tiers, inboxes
}
