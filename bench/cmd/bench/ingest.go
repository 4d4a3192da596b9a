package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"switchboard/bench/corpus"
	"switchboard/bench/limit"
	"switchboard/bench/proc"
	"switchboard/bench/score"
	"switchboard/bench/table"
	"switchboard/internal/localpg"
	"switchboard/internal/mailtest"
)

// mailbox starts a Dovecot that contains the corpus, unseen and without an index.
func (r *run) mailbox() *mailtest.Dovecot {
	d := mailtest.NewDovecot(r)
	home, err := os.Stat(d.Maildir)
	r.must(err)
	owner := home.Sys().(*syscall.Stat_t)
	for i, raw := range r.raws {
		// As a delivery agent writes it: LF line ends, and both sizes in the name.
		text := bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		file := filepath.Join(d.Maildir, "new", fmt.Sprintf("%d.M%06dP1.corpus,S=%d,W=%d", 1_700_000_000+i, i, len(text), len(raw)))
		r.must(os.WriteFile(file, text, 0o644))
		r.must(os.Chown(file, int(owner.Uid), int(owner.Gid)))
	}
	return d
}

// cpu returns the CPU time of a process and its descendants.
func cpu(r *run, pid int) time.Duration {
	own, below, err := proc.CPU(pid)
	r.must(err)
	return own + below
}

// backlog is the result of reading a full mailbox.
type backlog struct {
	wall                       time.Duration
	program, database, dovecot time.Duration
	peak                       int64
	report                     score.Report
}

// stack returns the CPU time of all processes together.
func (b backlog) stack() time.Duration { return b.program + b.database + b.dovecot }

// ingest measures reading a full mailbox by IMAP, next to its limit.
func (r *run) ingest() {
	b := r.pull()
	n := time.Duration(len(r.mails))
	enmime, goMessage, enmimeEach, goMessageEach := r.composed()
	each := b.stack() / n
	rate := float64(n) / b.wall.Seconds()

	r.table.Add("backlog by IMAP (limit: cores / total CPU)", table.PerSecond(rate)).Measure(rate).
		Beside(table.PerSecond(enmime)+" with enmime", rate/enmime).Want("≥ 35 %", rate >= .35*enmime)
	r.table.Add("", "").Beside(table.PerSecond(goMessage)+" with go-message", rate/goMessage).Want("≥ 20 %", rate >= .20*goMessage)
	r.table.Add("CPU per message, whole stack", table.Short(each)).Measure(each.Seconds()).
		Beside(table.Short(enmimeEach)+" with enmime", float64(enmimeEach)/float64(each)).Want("≤ 2 ms", each <= 2*time.Millisecond)
	r.table.Add("", "").Beside(table.Short(goMessageEach)+" with go-message", float64(goMessageEach)/float64(each))
	r.table.Add("  program, database, Dovecot", fmt.Sprintf("%s, %s, %s", table.Short(b.program/n), table.Short(b.database/n), table.Short(b.dovecot/n))).Measure(float64(b.program + b.database))
	r.table.Add("resident memory, peak", fmt.Sprintf("%d MiB", b.peak>>20)).Measure(float64(b.peak)).Want("≤ 150 MB", b.peak <= 150e6)
	r.scored(b.report)
}

// scored adds the comparison of what was stored with the truth of the corpus.
func (r *run) scored(s score.Report) {
	h := s.Headers
	r.table.Add("threads split", fmt.Sprintf("%d of %d", h.Split, h.Multi)).Want("≤ 0.2 %", float64(h.Split) <= .002*float64(h.Multi))
	r.table.Add("  including messages without headers", fmt.Sprintf("%d of %d", s.All.Split, s.All.Multi))
	r.table.Add("threads merged", fmt.Sprint(h.Merged)).Want("0", h.Merged == 0)
	r.table.Add("messages missing, stored twice", fmt.Sprintf("%d, %d", s.Missing, s.Twice)).Want("0, 0", s.Missing+s.Twice == 0)
	r.table.Add("stored texts decoded incorrectly", fmt.Sprint(s.Wrong)).Want("0", s.Wrong == 0)
}

// pull measures the gateway reading the whole mailbox.
func (r *run) pull() backlog {
	d := r.mailbox()
	before := cpu(r, d.Pid())
	s := r.serve(fmt.Sprintf("[[mailbox]]\nname = 'support'\naddr = '%s'\nuser = '%s'\npassword = '%s'\ntls = 'none'\n", d.Addr, d.User, d.Password))
	s.await("the mailbox to be read", `select coalesce(max(last_uid), 0) >= $1 and not exists (select from raws where state = 'pending')
		from mailbox_cursors`, len(r.mails))
	b := backlog{wall: time.Since(s.start), dovecot: cpu(r, d.Pid()) - before}
	b.program, b.database = s.used()
	var err error
	_, b.peak, err = proc.Memory(s.pid)
	r.must(err)
	var truth []corpus.Truth
	for _, m := range r.mails {
		truth = append(truth, m.Truth)
	}
	b.report = score.Judge(truth, s.stored())
	return b
}

// stored returns the stored messages.
func (s *served) stored() (rows []score.Row) {
	found, err := s.db.Query(`select m.message_id, coalesce(c.merged_into, c.id)::text, m.text_body || ' ' || m.html_body
		from placements p join messages m on m.id = p.message_id join conversations c on c.id = p.conversation_id where p.until is null and m.direction = 'inbound'`)
	s.r.must(err)
	defer found.Close()
	for found.Next() {
		var row score.Row
		s.r.must(found.Scan(&row.MessageID, &row.Conversation, &row.Text))
		rows = append(rows, row)
	}
	s.r.must(found.Err())
	return rows
}

// composed returns the rate that fetch, parse and batch store allow together, and
// their CPU time per message, for each parser.
func (r *run) composed() (enmime, goMessage float64, enmimeEach, goMessageEach time.Duration) {
	d := r.mailbox()
	fetch, err := limit.Fetch(d.Addr, d.User, d.Password, d.Pid())
	r.must(err)
	store := r.batchStore()
	withEnmime, _ := r.parsed(limit.Enmime)
	withGoMessage, _ := r.parsed(limit.GoMessage)
	enmime, enmimeEach = limit.Composed(runtime.NumCPU(), fetch, withEnmime, store)
	goMessage, goMessageEach = limit.Composed(runtime.NumCPU(), fetch, withGoMessage, store)
	r.table.Add("limit: fetch, Dovecot's share", "").Limit = fmt.Sprintf("%s, %s", table.Short(fetch.Each()), table.Short(fetch.Server/time.Duration(fetch.N)))
	r.table.Add("limit: batch store, database's share", "").Limit = fmt.Sprintf("%s, %s", table.Short(store.Each()), table.Short(store.Server/time.Duration(store.N)))
	return enmime, goMessage, enmimeEach, goMessageEach
}

// batchStore measures the batch store on the same kind of cluster as the gateway's.
func (r *run) batchStore() limit.Cost {
	c, err := localpg.Start(r.Context(), localpg.Config{Dir: filepath.Join(r.folder(), "postgres")})
	r.must(err)
	defer func() { r.must(c.Stop()) }()
	cost, err := limit.Store(c.DSN("switchboard"), r.raws)
	r.must(err)
	return cost
}
