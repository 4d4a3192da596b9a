package ingest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/desk"
)

// row returns a claimed row that is read as a message with the text s.
func row(arrival int64, s string) Claimed {
	return Claimed{Raw: desk.Raw{Channel: desk.ChannelEmail, Bytes: []byte(s), Size: int64(len(s))}, Fence: arrival, Arrival: arrival}
}

func fences(rows []Claimed) (out []int64) {
	for _, r := range rows {
		out = append(out, r.Fence)
	}
	return out
}

func TestClaim(t *testing.T) {
	t.Parallel()
	s := &books{claims: [][]Claimed{make([]Claimed, batchRows), make([]Claimed, 1)}}
	o := observe(t, s)
	if got := o.claim(t.Context()); len(got) != batchRows || !o.journaled.Swap(false) {
		t.Errorf("a full batch: %d rows; the journal may have more", len(got))
	}
	if got := o.claim(t.Context()); len(got) != 1 || o.journaled.Load() || o.log.Len() > 0 {
		t.Errorf("one row: %d rows\n%s", len(got), &o.log)
	}
	s.fails = map[string]error{"Claim": errors.New("down")}
	if got := o.claim(t.Context()); len(got) != 0 || !strings.Contains(o.log.String(), "ClaimFailed") {
		t.Errorf("an error: %d rows\n%s", len(got), &o.log)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.log.Reset()
	if o.claim(ctx); o.log.Len() > 0 {
		t.Errorf("an error at the end is logged:\n%s", &o.log)
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sizes []int64
		want  []int
	}{
		"one row":          {[]int64{5}, []int{1}},
		"all fit":          {[]int64{4, 3, 3}, []int{3}},
		"one is too much":  {[]int64{4, 3, 4}, []int{2, 1}},
		"a large row":      {[]int64{99, 99}, []int{1, 1}},
		"a large last row": {[]int64{1, 99}, []int{1, 1}},
		"sizes start anew": {[]int64{6, 6, 4, 6}, []int{1, 2, 1}},
		"a full batch":     {make([]int64, batchRows), []int{batchRows}},
		"two batches":      {make([]int64, 2*batchRows+1), []int{batchRows, batchRows, 1}},
	} {
		var rows []Claimed
		for i, size := range c.sizes {
			rows = append(rows, Claimed{Raw: desk.Raw{Size: size}, Arrival: int64(i)})
		}
		var got []int
		next := int64(0)
		for _, chunk := range chunks(rows, 10) {
			got = append(got, len(chunk))
			for _, r := range chunk {
				if r.Arrival != next {
					t.Errorf("%s: row %d follows row %d", name, r.Arrival, next-1)
				}
				next++
			}
		}
		if !slices.Equal(got, c.want) || next != int64(len(rows)) {
			t.Errorf("%s: chunks of %v rows, want %v", name, got, c.want)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	rows := []Claimed{{Fence: 1}, row(2, "here"), {Fence: 3}}
	s := &books{}
	o := observe(t, s)
	got := o.load(t.Context(), rows)
	if !slices.Equal(fences(got), []int64{1, 2, 3}) || string(got[0].Raw.Bytes) != "1" || string(got[1].Raw.Bytes) != "here" || string(got[2].Raw.Bytes) != "3" {
		t.Errorf("loaded %+v", got)
	}
	if !slices.Equal(fences(s.loaded), []int64{1, 3}) || len(s.failures) > 0 {
		t.Errorf("asked for %v, failures %v", fences(s.loaded), s.failures)
	}
	s.loaded = nil
	if got := o.load(t.Context(), rows[1:2]); len(got) != 1 || s.loaded != nil {
		t.Errorf("with all bytes: %d rows, asked for %v", len(got), s.loaded)
	}
}

func TestLoadFails(t *testing.T) {
	t.Parallel()
	rows := []Claimed{{Fence: 1}, row(2, "here"), {Fence: 3}}
	s := &books{fails: map[string]error{"Load": errors.New("down")}}
	o := observe(t, s)
	if got := o.load(t.Context(), rows); !slices.Equal(fences(got), []int64{2}) {
		t.Errorf("ready %v", fences(got))
	}
	if len(s.failures) != 2 || s.failures[0].claimed.Fence != 1 || s.failures[1].claimed.Fence != 3 || s.failures[0].state != desk.RawPending {
		t.Errorf("failures %+v", s.failures)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := o.load(ctx, rows); len(got) != 1 || len(s.failures) != 2 {
		t.Errorf("at the end: ready %v, failures %+v", fences(got), s.failures)
	}
}

func TestNormalizeAll(t *testing.T) {
	t.Parallel()
	o := observe(t, &books{})
	o.normalize = func(raw desk.Raw) (desk.Message, error) {
		switch text := string(raw.Bytes); text {
		case "panic":
			panic("oh")
		case "error":
			return desk.Message{}, errors.New("unreadable")
		case "signed":
			return desk.Message{Subject: text, Signed: &desk.Signed{Kind: desk.SignatureOpenPGP, Footer: "f"}}, nil
		default:
			return desk.Message{Subject: text}, nil
		}
	}
	got := o.normalizeAll([]Claimed{row(1, "a"), row(2, "panic"), row(3, "error"), row(4, "signed"), row(5, "b")})
	for i, want := range []string{"a", "", "", "signed", "b"} {
		if got[i].message.Subject != want || got[i].Fence != int64(i+1) || (got[i].err != nil) != (want == "") {
			t.Errorf("row %d: %+v, %v", i, got[i].message, got[i].err)
		}
		if want != "" && got[i].Raw.Bytes != nil {
			t.Errorf("row %d keeps its bytes", i)
		}
	}
	if err := got[1].err; desk.KindOf(err) != desk.KindInternal || !strings.Contains(err.Error(), "report the bug") {
		t.Errorf("a panic: %v", err)
	}
	signature := got[3].message.Signature
	if signature == nil || got[3].message.Signed != nil || signature.Kind != desk.SignatureOpenPGP || signature.Status != desk.SignatureUnchecked || signature.Reason == "" || signature.Footer != "f" {
		t.Errorf("signature %+v", signature)
	}
	if got[0].message.Signature != nil {
		t.Errorf("no signature: %+v", got[0].message.Signature)
	}
}

func TestNormalizeAllSizes(t *testing.T) {
	t.Parallel()
	o := observe(t, &books{})
	o.normalize = func(raw desk.Raw) (desk.Message, error) { return desk.Message{Subject: string(raw.Bytes)}, nil }
	rows := []Claimed{row(1, "a"), row(2, "b"), row(3, "c")}
	for n := range len(rows) + 1 {
		got := o.normalizeAll(rows[:n])
		for i := range got {
			if got[i].message.Subject != string(rows[i].Raw.Bytes) {
				t.Errorf("of %d rows, row %d is %+v", n, i, got[i].message)
			}
		}
		if len(got) != n {
			t.Errorf("%d rows became %d", n, len(got))
		}
	}
}

// Rows that could not be sent before the end are put back, and those that were are not.
func TestParsePutsBack(t *testing.T) {
	t.Parallel()
	o := observe(t, &books{})
	rows := make([]Claimed, batchRows+2)
	for i := range rows {
		rows[i] = row(int64(i), "From: jo@acme.example\r\n\r\nx")
	}
	batches := make(chan prepared)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- o.parse(ctx, rows, batches) }()
	if first := <-batches; len(first.rows) != batchRows {
		t.Errorf("%d rows in the first batch", len(first.rows))
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if rest := o.queue.end(); !slices.Equal(fences(rest), []int64{batchRows, batchRows + 1}) {
		t.Errorf("put back %v", fences(rest))
	}
	if o.pace.spent <= 0 {
		t.Error("the time for parsing is not counted as work")
	}
}

// reading runs read in a bubble for some time and returns what it sends.
func reading(t *testing.T, o *observed, during func()) (batches [][]int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	sent, ended := make(chan prepared), make(chan error, 1)
	go func() {
		ended <- o.read(ctx, sent)
		close(sent)
	}()
	received := make(chan struct{})
	go func() {
		defer close(received)
		for batch := range sent {
			var ids []int64
			for _, p := range batch.rows {
				ids = append(ids, p.Fence)
			}
			batches = append(batches, ids)
		}
	}()
	during()
	cancel()
	<-received
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("read ended with %v", err)
	}
	return batches
}

// The journal is read at the beginning, once a poll, and at once after a hint or a
// full batch.
func TestReadLooksAtTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := make([]Claimed, batchRows)
		for i := range full {
			full[i] = row(int64(i), "x")
		}
		s := &books{claims: [][]Claimed{full, {row(100, "x")}}, begun: time.Now()}
		o := observe(t, s)
		got := reading(t, o, func() {
			time.Sleep(2*poll + poll/2)
			o.Wake()
			synctest.Wait()
		})
		if len(got) != 2 || len(got[0]) != batchRows || !slices.Equal(got[1], []int64{100}) {
			t.Errorf("batches %v", got)
		}
		if want := []time.Duration{0, 0, poll, 2 * poll, 2*poll + poll/2}; !slices.Equal(s.claimCalls, want) {
			t.Errorf("looked at the journal after %v, want %v", s.claimCalls, want)
		}
	})
}

// Queued rows are taken without looking at the journal, and together with claimed ones
// in the order of arrival.
func TestReadTakesQueuedRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &books{claims: [][]Claimed{{row(2, "x")}}, begun: time.Now()}
		o := observe(t, s)
		queued := []Claimed{row(3, "x"), row(1, "x")}
		o.queue.held, o.queue.rows = queued, 2
		got := reading(t, o, func() {
			synctest.Wait()
			o.queue.held = append(o.queue.held, row(4, "x"))
			o.pace.accepted(1)
			time.Sleep(poll / 2)
		})
		if len(got) != 2 || !slices.Equal(got[0], []int64{1, 2, 3}) || !slices.Equal(got[1], []int64{4}) {
			t.Errorf("batches %v", got)
		}
		if len(s.claimCalls) != 1 {
			t.Errorf("looked at the journal after %v", s.claimCalls)
		}
	})
}

// More queued rows than a batch has are taken in several batches, without a pause;
// with claimed rows all of them are taken, so that none is overtaken.
func TestReadTakesFullBatches(t *testing.T) {
	for _, claimed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &books{begun: time.Now()}
			if claimed {
				s.claims = [][]Claimed{{row(1000, "x")}}
			}
			o := observe(t, s)
			for i := range batchRows + 5 {
				o.queue.held = append(o.queue.held, row(int64(i), "x"))
			}
			got := reading(t, o, synctest.Wait)
			last := 5
			if claimed {
				last++
			}
			if len(got) != 2 || len(got[0]) != batchRows || len(got[1]) != last {
				t.Errorf("claimed %t: batches %v", claimed, got)
			}
		})
	}
}

// Failures that could not be recorded are recorded before the next batch.
func TestReadRecordsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &books{}
		o := observe(t, s)
		o.unrecorded = []failure{{claimed: Claimed{Fence: 7}}}
		reading(t, o, synctest.Wait)
		if len(s.failures) != 1 || s.failures[0].claimed.Fence != 7 {
			t.Errorf("recorded %+v", s.failures)
		}
	})
}

// Run processes what it reads, ends quietly, and releases what is left.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &books{claims: [][]Claimed{{two(t)[0].Claimed}}, begun: time.Now()}
		o := observe(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		synctest.Wait()
		if len(o.stored) != 1 {
			t.Errorf("stored %v", o.stored)
		}
		o.queue.held = []Claimed{row(9, "x")}
		cancel()
		if err := <-ended; err != nil || !slices.Equal(fences(s.released), []int64{9}) {
			t.Errorf("the end: %v, released %v", err, fences(s.released))
		}
	})
}

// The pipeline pauses after a batch while mail comes in; the end interrupts the pause.
func TestReadYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &books{claims: [][]Claimed{{row(1, "x")}}, begun: time.Now()}
		o := observe(t, s)
		o.pace.worked(time.Hour)
		defer trickle(o.pace, quiet/2)()
		got := reading(t, o, func() {
			time.Sleep(maxYield / 2)
			synctest.Wait()
			if o.pace.spent != 0 || len(s.claimCalls) != 1 {
				t.Errorf("worked %s since the pause, looked at the journal after %v", o.pace.spent, s.claimCalls)
			}
		})
		if len(got) != 1 {
			t.Errorf("batches %v", got)
		}
	})
}

// A time limit is an error, in contrast to a stop.
func TestRunWithTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), poll/2)
		defer cancel()
		if err := observe(t, &books{}).Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run: %v", err)
		}
	})
}
