package store

import (
	"database/sql"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lib/pq"

	"switchboard/internal/dbtest"
)

// grows are the tables that fill up in operation.
var grows = []string{"raws", "messages", "placements", "conversations", "events", "deliveries", "delivery_attempts", "thread_refs", "stints", "blobs",
	"renderings", "accounts", "account_domains", "contacts", "identities", "chat_sessions", "idempotency_keys", "drafts", "read_marks", "tasks", "helpers"}

// lowCardinality are the columns that have a few values however full the table
// is: an index scan by one of them alone reads a large part of the table.
var lowCardinality = []string{"channel", "status", "direction", "state", "kind", "tier", "trust", "source", "subject_kind", "widget", "endpoint"}

// scans are the statements that read such a table from end to end by design.
var scans = map[string]bool{
	// A part of a name or address is compared with all of them, which takes 0.1 µs each.
	"search-accounts": true, "search-contacts": true, "directory-find-contacts": true,
	"search-unfolded":         true, // once, after an upgrade
	"directory-contacts":      true, // planned for its arguments each time
	"raw-list":                true, // planned for any state at once; run by operators
	"destination-assign":      true, // once, when the routes have changed
	"simulation-openings":     true, // all of a time, in pages; run by admins
	"policy-hits":             true, // all of a time; run by admins
	"advisory-accounts":       true, // all, to see which are in a segment; when a draft is read or sent
	"raw-due":                 true, // up to the first one
	"report-backlog":          true, // up to the hundredth
	"view-conversation-count": true, // planned for its arguments each time
	"view-conversation-ids":   true, // the same
	"quality-candidates":      true, // those resolved in a week, once
	"report-service":          true, // conversations of a month, kept for a while
	"raw-release":             true, // once, at the start
	"queues":                  true, // counts
	"event-rebase":            true, // once, at the start on a restored database
	"mailbox-known":           true, // the daily comparison of a whole folder with its server
}

// TestStatementsPlannedOnEmptyTablesReadByKey: a statement is planned when the
// gateway starts, possibly on empty tables, and the plan stays. It must still be
// good when the tables are full.
func TestStatementsPlannedOnEmptyTablesReadByKey(t *testing.T) {
	t.Parallel()
	db := planner(t)
	blocks, err := readBlocks()
	if err != nil {
		t.Fatal(err)
	}
	indexes := readIndexes(t, db)
	for name, text := range blocks {
		for _, fault := range planOf(t, db, name, text).faults(indexes) {
			if !scans[name] {
				t.Errorf("%s %s", name, fault)
			}
		}
	}
}

// TestPlanFaultsAreFound: the checks above recognize the plans they are meant for.
func TestPlanFaultsAreFound(t *testing.T) {
	t.Parallel()
	db := planner(t)
	if _, err := db.Exec("set enable_seqscan = off; set enable_bitmapscan = off"); err != nil {
		t.Fatal(err)
	}
	indexes := readIndexes(t, db)
	for text, want := range map[string]string{
		"select * from identities where channel = $1":                                                     "reads identities by identities_pkey, using only channel",
		"select * from identities where channel = $1 and address = $2":                                    "",
		"select i.* from contacts c join identities i on i.channel = c.name where c.id = $1":              "reads identities by identities_pkey, using only channel",
		"select * from placements where conversation_id = $1":                                             "",
		"select * from raws where stream = $1 and state = 'pending'":                                      "",
		"select * from raws where state = 'pending' order by stream, arrival":                             "reads all pending raws",
		"select id from conversations where check_at <= clock_timestamp() order by check_at":              "compares all of conversations_check with clock_timestamp(), which no index can look up",
		"select id from conversations where check_at <= statement_timestamp() order by check_at limit $1": "",
	} {
		if got := strings.Join(planOf(t, db, text, text).faults(indexes), ", "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if _, err := db.Exec("reset enable_seqscan"); err != nil {
		t.Fatal(err)
	}
	if got := planOf(t, db, "all", "select * from messages").faults(indexes); !slices.Equal(got, []string{"scans messages"}) {
		t.Errorf("a scan: %q", got)
	}
}

// planner returns one connection that plans as the gateway's statements are planned.
func planner(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("set plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	return db
}

// readIndexes returns the columns of every index that covers a whole table, by
// the index's name. A partial index holds only what is unfinished or rare.
func readIndexes(t *testing.T, db *sql.DB) map[string][]string {
	t.Helper()
	rows, err := db.Query(`select i.indexrelid::regclass::text, array(select a.attname::text from pg_attribute a where a.attrelid = i.indexrelid order by a.attnum)
		from pg_index i join pg_class c on c.oid = i.indrelid
		where c.relnamespace = 'public'::regnamespace and i.indpred is null`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	indexes := map[string][]string{}
	for rows.Next() {
		var name string
		var columns pq.StringArray
		if err := rows.Scan(&name, &columns); err != nil {
			t.Fatal(err)
		}
		indexes[name] = columns
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return indexes
}

// plan is a node of explain's JSON form. A bitmap scan of an index names its
// table in the node above.
type plan struct {
	NodeType  string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	Index     string `json:"Index Name"`
	IndexCond string `json:"Index Cond"`
	Filter    string `json:"Filter"`
	Plans     []plan `json:"Plans"`
}

// planOf returns a statement's generic plan.
func planOf(t *testing.T, db *sql.DB, name, text string) plan {
	t.Helper()
	quoted := pq.QuoteIdentifier(name)
	if _, err := db.Exec("prepare " + quoted + " as " + text); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var n int
	if err := db.QueryRow("select cardinality(parameter_types) from pg_prepared_statements where name = left($1, 63)", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	arguments := ""
	if n > 0 {
		arguments = "(" + strings.TrimSuffix(strings.Repeat("null,", n), ",") + ")"
	}
	var out []byte
	if err := db.QueryRow("explain (format json) execute " + quoted + arguments).Scan(&out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var plans []struct{ Plan plan }
	if err := json.Unmarshal(out, &plans); err != nil || len(plans) == 0 {
		t.Fatalf("%s: %s, %v", name, out, err)
	}
	return plans[0].Plan
}

// faults lists what a plan reads that grows with the tables.
func (p plan) faults(indexes map[string][]string) (list []string) { return p.under(indexes, "") }

func (p plan) under(indexes map[string][]string, relation string) (list []string) {
	if p.Relation != "" {
		relation = p.Relation
	}
	if slices.Contains(grows, relation) {
		if columns := indexes[p.Index]; p.NodeType == "Seq Scan" {
			list = append(list, "scans "+relation)
		} else if p.Index == "raws_stream" && !strings.Contains(p.IndexCond, "stream") {
			// A backlog is in this index, although it is a partial one.
			list = append(list, "reads all pending "+relation)
		} else if p.Index != "" && p.IndexCond == "" && strings.Contains(p.Filter, "clock_timestamp()") {
			list = append(list, "compares all of "+p.Index+" with clock_timestamp(), which no index can look up")
		} else if len(columns) > 0 && p.IndexCond != "" {
			used := usedColumns(p.IndexCond, columns)
			if len(used) > 0 && !slices.ContainsFunc(used, func(c string) bool { return !slices.Contains(lowCardinality, c) }) {
				list = append(list, "reads "+relation+" by "+p.Index+", using only "+strings.Join(used, " and "))
			}
		}
	}
	for _, child := range p.Plans {
		list = append(list, child.under(indexes, relation)...)
	}
	return list
}

var (
	qualified = regexp.MustCompile(`\w+\.\w+`)   // a column of another table
	quoted    = regexp.MustCompile(`'[^']*'`)    // a constant
	word      = regexp.MustCompile(`[a-z_0-9]+`) // a name
)

// usedColumns returns those of an index's columns that its condition restricts.
func usedColumns(condition string, columns []string) (used []string) {
	names := word.FindAllString(quoted.ReplaceAllString(qualified.ReplaceAllString(condition, ""), ""), -1)
	for _, c := range columns {
		if slices.Contains(names, c) {
			used = append(used, c)
		}
	}
	return used
}
