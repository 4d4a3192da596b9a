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
	"switchboard/router"
	"switchboard/store"
)

// holidays reads the iCalendar data that the policy names: that of the file, else the one
// in the database.
func (x *checker) holidays(ctx context.Context, st *store.Store) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	reader := &holidayfeed.Reader{Client: egress.New(nil)}
	var document []byte
	if x.cfg.Policy != "" {
		reader.Folder = filepath.Dir(x.cfg.Policy)
		document, _ = os.ReadFile(x.cfg.Policy) // a file that cannot be read is a fault of the configuration
	} else if live, err := st.LatestPolicy(ctx); err == nil {
		document = []byte(live.Document)
	}
	policy, err := router.Compile(document)
	if err != nil {
		return // there is none yet, or the configuration is refused for it
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
