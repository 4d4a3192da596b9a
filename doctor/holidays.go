package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchboard/internal/egress"
	"switchboard/internal/holidayfeed"
	"switchboard/internal/policies"
	"switchboard/router"
	"switchboard/store"
)

// policy returns the policy of the file, else the one in the database; nil if there is none
// yet, or the configuration is refused for it.
func (x *checker) policy(ctx context.Context, st *store.Store) *router.Policy {
	var document []byte
	if x.cfg.Policy != "" {
		document, _ = os.ReadFile(x.cfg.Policy) // a file that cannot be read is a fault of the configuration
	} else if live, err := st.LatestPolicy(ctx); err == nil {
		document = []byte(live.Document)
	}
	policy, err := router.Compile(document)
	if err != nil {
		return nil
	}
	return policy
}

// answers looks for the articles that the policy answers with.
func (x *checker) answers(ctx context.Context, st *store.Store) {
	policy := x.policy(ctx, st)
	if policy == nil || len(policy.Answers()) == 0 {
		return
	}
	switch err := policies.CheckAnswers(ctx, st, policy); {
	case policies.Problems(err) != nil:
		x.add("articles", Warn, "the policy answers with articles that are not there: "+err.Error(), "Publish them in the console, or change the policy; until then, messages are acknowledged instead.")
	case err != nil:
		x.add("articles", Fail, err.Error(), "")
	default:
		x.add("articles", OK, fmt.Sprintf("articles that the policy answers with: %d", len(policy.Answers())), "")
	}
}

// holidays reads the iCalendar data that the policy names.
func (x *checker) holidays(ctx context.Context, st *store.Store) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	reader := &holidayfeed.Reader{Client: egress.New(nil)}
	if x.cfg.Policy != "" {
		reader.Folder = filepath.Dir(x.cfg.Policy)
	}
	policy := x.policy(ctx, st)
	if policy == nil {
		return
	}
	sources := policy.HolidaySources()
	if len(sources) == 0 {
		return
	}
	if problems := reader.Check(ctx, policy, time.Now()); len(problems) > 0 {
		x.add("holidays", Fail, strings.Join(problems, "; "), "Check the files and URLs that the policy names as ical; until then, the last good copies stay in force.")
		return
	}
	x.add("holidays", OK, fmt.Sprintf("calendars read: %d", len(sources)), "")
}
