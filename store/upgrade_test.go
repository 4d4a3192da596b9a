package store_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"switchboard/agent"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/dbtest"
	"switchboard/internal/search"
	"switchboard/migrations"
	"switchboard/store"
)

// filled returns a database at version 1 of the schema with rows in every table.
func filled(t *testing.T) (dsn string, db *sql.DB) {
	t.Helper()
	dsn = dbtest.Empty(t)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	first, err := migrations.Files.ReadFile("0001_init.sql")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := os.ReadFile("testdata/filled_0001.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{migrations.Table, string(first), string(rows)} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(migrations.Applied, 1, "0001_init.sql", migrations.Sum(first)); err != nil {
		t.Fatal(err)
	}
	return dsn, db
}

// moved pairs a query over version 1 with the one that must return the same
// rows after the upgrade.
var moved = map[string]struct{ before, after string }{
	"messages by conversation": {
		`select conversation_id, seq, id, direction, text_body, thread_method, thread_evidence from messages order by 1, 2`,
		`select p.conversation_id, p.seq, m.id, m.direction, m.text_body, p.method, p.evidence
			from placements p join messages m on m.id = p.message_id where p.until is null order by 1, 2`},
	"clocks": {
		`select id, conversation_id, policy, metric, tier, started_at, due_at, met_at, breached_at, extract(epoch from consumed)::bigint * 1000000 as used from clocks order by 1`,
		`select id, conversation_id, policy, metric, tier, started_at, due_at, met_at, breached_at, used_us as used from clocks order by 1`},
	"placed when announced": {
		`select m.id, e.at from messages m join events e on e.conversation_id = m.conversation_id and e.seq = m.seq order by 1`,
		`select message_id, since from placements order by 1`},
	"events": {
		`select id, 'conversation', conversation_id, account_id, seq, kind, 1, actor, data from events order by 1`,
		`select id, subject_kind, conversation_id, account_id, seq, kind, version, actor, data from events where subject_id is null order by 1`},
	"who has to act": {
		`select c.id, s.waiting_on from conversations c join stints s on s.conversation_id = c.id and s.ended_at is null
			where c.merged_into is null order by 1`,
		`select id, waiting_on from conversations where merged_into is null order by 1`},
	"delivery attempts": {
		`select delivery_id, attempt, at, state, code, enhanced_code, detail, 'attempt' from delivery_attempts order by 1, 2`,
		`select delivery_id, attempt, at, state, code, enhanced_code, detail, source from delivery_attempts order by 1, 2`},
	"what visitors see": {
		`select s.id, l.* from chat_sessions s, chat_lines(s.id, null, 0) l order by s.id, l.seq`,
		`select s.id, l.* from chat_sessions s, chat_lines(s.id, null, 0) l order by s.id, l.seq`},
	"what visitors see after a position": {
		`select s.id, l.* from chat_sessions s, chat_lines(s.id, s.conversation_id, 2) l order by s.id, l.seq`,
		`select s.id, l.* from chat_sessions s, chat_lines(s.id, s.conversation_id, 2) l order by s.id, l.seq`},
	"newest mail of each conversation": {
		`select distinct on (conversation_id) conversation_id, message_id from messages where channel = 'email' order by conversation_id, seq desc`,
		`select distinct on (p.conversation_id) p.conversation_id, m.message_id from placements p join messages m on m.id = p.message_id
			where m.channel = 'email' and p.until is null order by p.conversation_id, p.seq desc`},
}

// TestUpgradeKeepsEverything: a filled database of version 1 shows the same
// after the upgrade as before: every row of every table, every conversation,
// message, event and number.
func TestUpgradeKeepsEverything(t *testing.T) {
	t.Parallel()
	dsn, db := filled(t)
	before, rows := map[string][]string{}, everyRow(t, db)
	for name, q := range moved {
		if before[name] = lines(t, db, q.before); len(before[name]) == 0 {
			t.Errorf("%s: the fixture has no rows", name)
		}
	}
	for table, list := range rows {
		if len(list) < 2 {
			t.Errorf("the fixture has %d rows in %s, want 2 at least", len(list), table)
		}
	}
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for name, q := range moved {
		if after := lines(t, db, q.after); !slices.Equal(before[name], after) {
			t.Errorf("%s\nbefore\n%s\nafter\n%s", name, strings.Join(before[name], "\n"), strings.Join(after, "\n"))
		}
	}
	compareRows(t, rows, everyRow(t, db))
	const gaps = `select c.id, c.last_seq, n from conversations c cross join lateral generate_series(1, c.last_seq) n
		where not exists (select from events e where e.conversation_id = c.id and e.seq = n)
		   or exists (select from placements p where p.conversation_id = c.id and p.seq > c.last_seq)`
	if found := lines(t, db, gaps); len(found) > 0 {
		t.Errorf("numbers without an event, or beyond the last one:\n%s", strings.Join(found, "\n"))
	}
	readUpgraded(t, s)
}

// readUpgraded reads the upgraded database as the program does, and changes it.
func readUpgraded(t *testing.T, s *store.Store) {
	t.Helper()
	root, err := s.KnownAgent(t.Context(), "root@desk.example")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Conversations(t.Context(), root, []search.Filter{{From: []string{"jo@acme.example"}, Words: []string{"Text of message 2."}}}, view.SortNewest, view.Position{}, 10)
	if err != nil || len(list) != 1 || list[0].Subject != "Printer" {
		t.Errorf("a search finds %+v, %v", list, err)
	}
	list, err = s.Conversations(t.Context(), root, nil, view.SortNewest, view.Position{}, 100)
	if err != nil || len(list) != 7 { // the merged one is not listed
		t.Errorf("%d conversations, %v; want 7", len(list), err)
	}
	for _, c := range list {
		messages, err := s.Messages(t.Context(), root, c.ID, 0, 100)
		if err != nil || len(messages) == 0 {
			t.Errorf("%s: %d messages, %v", c.Subject, len(messages), err)
		}
		for _, m := range messages {
			one, err := s.Message(t.Context(), root, m.ID)
			if err != nil || !reflect.DeepEqual(one, m) || one.Seq == 0 || one.Thread.Method == "" {
				t.Errorf("%s: message %+v, %v; listed as %+v", c.Subject, one, err, m)
			}
		}
		events, err := s.ConversationEvents(t.Context(), root, c.ID, 0, 100)
		if err != nil || int64(len(events)) != c.LastSeq || events[0].Version != 1 || events[0].Subject != desk.ConversationSubject(c.ID) {
			t.Errorf("%s: %d events, %v, want %d: %+v", c.Subject, len(events), err, c.LastSeq, events)
		}
	}
	session, err := desk.ParseID[desk.SessionID]("vs_30000000000070008000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	if seen, err := s.Visitors().History(t.Context(), session, chat.Position{}, 10); err != nil || len(seen) != 3 { // the held answer hides itself and the next
		t.Errorf("the visitor sees %+v, %v", seen, err)
	}
	d := agent.New(s, agent.Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }})
	printer, err := s.Conversation(t.Context(), root, view.ConversationRef{Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := d.Reply(t.Context(), root, printer.ID, agent.Reply{Text: "Fixed.", ExpectedSeq: &printer.LastSeq}); err != nil || m.Seq != printer.LastSeq+1 {
		t.Errorf("an answer has number %d, %v; want %d", m.Seq, err, printer.LastSeq+1)
	}
}

// everyRow returns the rows of every table as JSON.
func everyRow(t *testing.T, db *sql.DB) map[string][]string {
	t.Helper()
	tables := map[string][]string{}
	for _, table := range lines(t, db, `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'`) {
		tables[table] = lines(t, db, "select to_jsonb(t) from "+table+" t order by to_jsonb(t)::text")
	}
	return tables
}

// lost are the columns that moved to another table, by table.
var lost = map[string][]string{"clocks": {"consumed", "paused_at", "stint_id"}, "messages": {"conversation_id", "seq", "thread_method", "thread_evidence"}}

// compareRows checks that each row of before is still there, with its values.
func compareRows(t *testing.T, before, after map[string][]string) {
	t.Helper()
	for table, rows := range before {
		known := map[string]bool{}
		columns := slices.DeleteFunc(slices.Collect(maps.Keys(parsed(t, rows[0]))), func(c string) bool { return slices.Contains(lost[table], c) })
		slices.Sort(columns)
		for _, row := range after[table] {
			known[picked(parsed(t, row), columns)] = true
		}
		if len(after[table]) != len(rows) {
			t.Errorf("%s: %d rows before, %d after", table, len(rows), len(after[table]))
		}
		for _, row := range rows {
			if !known[picked(parsed(t, row), columns)] {
				t.Errorf("%s: a row was lost or changed: %s", table, row)
			}
		}
	}
}

func parsed(t *testing.T, row string) (values map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(row), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

func picked(values map[string]any, columns []string) string {
	var b strings.Builder
	for _, c := range columns {
		v, there := values[c]
		fmt.Fprintf(&b, "%s=%v %v;", c, v, there)
	}
	return b.String()
}

// lines returns a query's rows as text.
func lines(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = v.String
		}
		all = append(all, strings.Join(texts, " | "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
