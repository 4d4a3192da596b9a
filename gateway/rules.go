package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/internal/advisory"
	"switchboard/internal/health"
	"switchboard/internal/holidayfeed"
	"switchboard/internal/policies"
	"switchboard/internal/roster"
	"switchboard/internal/survey"
	"switchboard/router"
	"switchboard/store"
	"switchboard/threading"
)

// secret returns 32 random octets that are generated once per database and name.
func secret(ctx context.Context, st *store.Store, name string) ([]byte, error) {
	fresh := make([]byte, 32)
	rand.Read(fresh) //nolint:errcheck // never fails (crypto/rand)
	return st.Secret(ctx, name, fresh)
}

// replyKeys returns the keys with the given numbers, which sign reply addresses and surveys.
// The first one signs.
func replyKeys(ctx context.Context, st *store.Store, numbers []int) ([]threading.Key, error) {
	if len(numbers) == 0 {
		numbers = []int{1}
	}
	var keys []threading.Key
	for _, n := range numbers {
		key, err := secret(ctx, st, fmt.Sprintf("reply-token-%d", n))
		if err != nil {
			return nil, err
		}
		keys = append(keys, threading.Key{ID: byte(n), Secret: key})
	}
	return keys, nil
}

// surveyLinks returns the links of surveys, which the same keys sign.
func surveyLinks(publicURL string, keys []threading.Key) *survey.Links {
	var list []survey.Key
	for _, k := range keys {
		list = append(list, survey.Key(k))
	}
	return survey.NewLinks(strings.TrimSuffix(publicURL, "/"), list...)
}

// optOutLinks returns the links by which contacts get no more advisories, which the same keys sign.
func optOutLinks(publicURL string, keys []threading.Key) *advisory.Links {
	var list []advisory.Key
	for _, k := range keys {
		list = append(list, advisory.Key(k))
	}
	return advisory.NewLinks(strings.TrimSuffix(publicURL, "/"), list...)
}

// startPolicy publishes what a start with a policy file ("": none) has to publish.
func startPolicy(ctx context.Context, st *store.Store, file string, log *slog.Logger) error {
	var document []byte
	if file != "" {
		var err error
		if document, err = os.ReadFile(file); err != nil {
			return fmt.Errorf("policy: %w", err)
		}
	}
	_, err := policies.AtStart(ctx, st, document, log)
	return err
}

// loadRules compiles the policy in force.
func (g *Gateway) loadRules(ctx context.Context, tokens *threading.Tokens) (*ingest.Rules, error) {
	if err := startPolicy(ctx, g.store, g.cfg.Policy, g.log); err != nil {
		return nil, err
	}
	rules := &ingest.Rules{Tokens: tokens, Own: g.local.Contains, OwnDomain: g.local.OwnDomain, Base: g.local.Base, Agent: g.people.agent,
		PolicyAt: (&documents{store: g.store, known: map[int64]*router.Policy{}}).at}
	return withPolicy(ctx, g.store, rules)
}

// compiled returns a version of the policy with its holidays.
func compiled(ctx context.Context, st *store.Store, version int64) (*router.Policy, error) {
	stored, err := st.PolicyVersion(ctx, version)
	if err != nil {
		return nil, err
	}
	policy, err := router.Compile([]byte(stored.Document))
	if err != nil {
		return nil, fmt.Errorf("the published policy version %d no longer compiles: %w", version, err)
	}
	policy.Version = version
	return holidayfeed.Stored(ctx, st, policy, time.Now())
}

// inForce returns the policy that is in force in the database, and the pilot; nil: none is
// running.
func inForce(ctx context.Context, st *store.Store) (live *router.Policy, pilot *router.Pilot, err error) {
	versions, err := st.PoliciesInForce(ctx)
	if err != nil {
		return nil, nil, err
	}
	if live, err = compiled(ctx, st, versions.Live); err != nil || versions.Pilot == 0 {
		return live, nil, err
	}
	p, err := st.Pilot(ctx, versions.Pilot)
	if err != nil {
		return nil, nil, err
	}
	pilot = &router.Pilot{Share: p.Share, Segment: p.Segment}
	pilot.Policy, err = compiled(ctx, st, p.Version)
	return live, pilot, err
}

// withPolicy returns a copy of the rules with the policies that are in force.
func withPolicy(ctx context.Context, st *store.Store, old *ingest.Rules) (*ingest.Rules, error) {
	policy, pilot, err := inForce(ctx, st)
	if err != nil {
		return nil, err
	}
	list, err := st.InboxList(ctx)
	if err != nil {
		return nil, err
	}
	rules := *old
	rules.Policy, rules.Version, rules.Pilot, rules.Inboxes = policy, policy.Version, pilot, map[string]desk.Inbox{}
	for _, inbox := range list {
		rules.Inboxes[inbox.Key] = inbox
	}
	return &rules, nil
}

// followPolicy puts the live policy and the pilot in force on this node if others are. A
// version that this program cannot read leaves the one before in force.
func (g *Gateway) followPolicy(ctx context.Context) (more bool, err error) {
	versions, err := g.store.PoliciesInForce(ctx)
	old := g.rules.Load()
	if err != nil || versions.Live == old.Version && versions.Pilot == pilotVersion(old) {
		return false, err
	}
	rules, err := withPolicy(ctx, g.store, old)
	if err != nil {
		return false, err
	}
	if !g.rules.CompareAndSwap(old, rules) {
		return true, nil // holidays were read meanwhile
	}
	g.log.InfoContext(ctx, "PolicyInForce", "version", rules.Version, "pilot", pilotVersion(rules))
	g.watchPolicy()
	g.assigner.Wake()
	g.responder.Wake()
	if err := g.renewHolidays(ctx); err != nil {
		g.log.WarnContext(ctx, "ReadHolidaysFailed", "error", err)
	}
	return true, nil
}

// pilotVersion returns the version of the running pilot, 0 if there is none.
func pilotVersion(r *ingest.Rules) int64 {
	if r.Pilot == nil {
		return 0
	}
	return r.Pilot.Policy.Version
}

// watchPolicy adds the probes of what the policy in force uses to the channels.
func (g *Gateway) watchPolicy() {
	rules := g.rules.Load()
	list := []*router.Policy{rules.Policy}
	if rules.Pilot != nil {
		list = append(list, rules.Pilot.Policy)
	}
	if slices.ContainsFunc(list, func(p *router.Policy) bool { return len(p.HolidaySources()) > 0 }) {
		g.addHolidays()
	}
	if slices.ContainsFunc(list, usesAutomatic) {
		g.watched.automatic.Do(func() {
			g.group.Add(automaticMail, &health.Probe{Interval: stoppedInterval, Check: g.automaticStopped})
		})
	}
}

// policyInterval is how often the live policy is looked at; an event of its publication
// says it sooner.
const policyInterval = 2 * time.Second

// runPolicy keeps the live policy in force until ctx ends.
func (g *Gateway) runPolicy(ctx context.Context) error {
	tick := time.NewTicker(policyInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-g.policyWake:
		}
		for more := true; more; {
			var err error
			if more, err = g.followPolicy(ctx); err != nil && ctx.Err() == nil {
				g.log.WarnContext(ctx, "FollowPolicyFailed", "error", err)
			}
		}
	}
}

// versions wakes the event tail after a publication.
type versions struct {
	*store.Store
	committed func()
}

// PublishPolicy implements policies.Store.
func (v versions) PublishPolicy(ctx context.Context, p desk.Publication) (int64, error) {
	defer v.committed()
	return v.Store.PublishPolicy(ctx, p)
}

// StartPilot implements policies.PilotStore.
func (v versions) StartPilot(ctx context.Context, p desk.Pilot) (int64, error) {
	defer v.committed()
	return v.Store.StartPilot(ctx, p)
}

// WithdrawPilot implements policies.PilotStore.
func (v versions) WithdrawPilot(ctx context.Context, e desk.PilotEnd) error {
	defer v.committed()
	return v.Store.WithdrawPilot(ctx, e)
}

// wakePolicy says that the policy may have changed.
func (g *Gateway) wakePolicy() {
	select {
	case g.policyWake <- struct{}{}:
	default:
	}
}

// messageIDs returns the generator of outgoing Message-IDs: the same for the same
// message, and unguessable, so that a reference to one proves that the sender saw it.
func messageIDs(key []byte, domain string) func(desk.MessageID) string {
	return func(id desk.MessageID) string {
		text := strings.ReplaceAll(uuid.UUID(id).String(), "-", "")
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("message-id:" + text))
		sum := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:10])
		return fmt.Sprintf("out.%s.%s@%s", text, strings.ToLower(sum), domain)
	}
}

// names returns what the properties of an agent may name: the parts of the policies in force.
func (g *Gateway) names() *roster.Directory {
	return roster.NewDirectory(func(ctx context.Context) ([]roster.Document, error) {
		versions, err := g.store.PoliciesInForce(ctx)
		if err != nil {
			return nil, err
		}
		var list []roster.Document
		for _, version := range []int64{versions.Live, versions.Pilot} {
			if version == 0 && len(list) > 0 {
				continue
			}
			p, err := g.store.PolicyVersion(ctx, version)
			if err != nil {
				return nil, err
			}
			list = append(list, roster.Document{Version: version, Text: p.Document})
		}
		return list, nil
	})
}
