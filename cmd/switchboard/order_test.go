package main_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestOrderOnTwoNodes sends conversations to two nodes in turn, each mail as soon as the
// one before was accepted, while nodes are killed and the database ends all connections,
// as a restart does. Every conversation must have its mails in the order in which they
// were accepted. With -soak it is as long as make soak-order.
func TestOrderOnTwoNodes(t *testing.T) {
	conversations, kills, restarts := 200, 4, 3
	if *soakLong {
		conversations, kills, restarts = 2000, 20, 10
	}
	const mails, senders = 4, 12
	dsn := dbtest.New(t)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dir := t.TempDir()
	bin := binary(t)
	var nodes []*node
	var addrs []string
	for i := range 2 {
		addrs = append(addrs, mailtest.FreeAddr(t))
		config := filepath.Join(dir, fmt.Sprintf("node%d.toml", i))
		text := fmt.Sprintf("addr = '127.0.0.1:0'\ndata = '%s/data%d'\n[db]\nurl = %q\n[mail]\nundo = '0s'\naddresses = ['support@desk.example']\n[smtp]\naddr = '%s'\n", dir, i, dsn, addrs[i])
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, newNode(t, bin, config))
	}

	start := time.Now()
	queue := make(chan int)
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for c := range queue {
				for m := range mails {
					sendInTurn(t, addrs, c+m, ordered(c, m))
				}
			}
		})
	}
	for c := range conversations {
		queue <- c
		if kill := conversations / kills; c%kill == kill-1 {
			n := nodes[c/kill%2]
			n.kill()
			n.start()
		}
		if restart := conversations / restarts; c%restart == restart/2 {
			if _, err := db.Exec("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(queue)
	wg.Wait()
	within(t, 2*time.Minute, "everything to be processed", func() bool {
		var pending int
		return db.QueryRow("select count(*) from raws where state = 'pending'").Scan(&pending) == nil && pending == 0
	})
	took := time.Since(start)
	var total, outOfOrder int
	// A conversation's mails have its name in the subject, and their number in the text.
	err = db.QueryRow(`select count(*), count(*) filter (where text_body < before)
		from (select m.text_body, lag(m.text_body) over (partition by m.subject order by p.conversation_id, p.seq) as before
		      from messages m join placements p on p.message_id = m.id where m.direction = 'inbound') t`).Scan(&total, &outOfOrder)
	if err != nil {
		t.Fatal(err)
	}
	var opened int
	if err := db.QueryRow("select count(*) from conversations").Scan(&opened); err != nil {
		t.Fatal(err)
	}
	t.Logf("conversations=%d mails=%d kills=%d restarts=%d lost=%d split=%d out_of_order=%d rate=%.0f/s", conversations, total, kills, restarts,
		conversations*mails-total, opened-conversations, outOfOrder, float64(total)/took.Seconds())
	if outOfOrder > 0 || total != conversations*mails || opened != conversations {
		t.Errorf("%d mails out of order, %d stored of %d, in %d conversations of %d", outOfOrder, total, conversations*mails, opened, conversations)
	}
}

// ordered returns mail m of conversation c. Half of the senders write from their own
// organization, and half share one with others.
func ordered(c, m int) []byte {
	domain := fmt.Sprintf("own%d.example", c)
	if c%2 == 0 {
		domain = fmt.Sprintf("shared%d.example", c%40)
	}
	references := ""
	if m > 0 {
		references = fmt.Sprintf("In-Reply-To: <%d.%d@%s>\r\n", c, m-1, domain)
	}
	return fmt.Appendf(nil, "From: user%d@%s\r\nTo: support@desk.example\r\nSubject: order %d\r\nMessage-ID: <%d.%d@%s>\r\n%s\r\nMail %d.\r\n", c, domain, c, c, m, domain, references, m)
}

// sendInTurn delivers a mail to one node, and to the other one if that fails, until one
// accepts it.
func sendInTurn(t *testing.T, addrs []string, turn int, text []byte) {
	for deadline := time.Now().Add(90 * time.Second); ; turn++ {
		err := smtp.SendMail(addrs[turn%len(addrs)], nil, "user@desk-customer.example", []string{"support@desk.example"}, text)
		if err == nil {
			return
		}
		var refused *textproto.Error
		if errors.As(err, &refused) && refused.Code >= 500 || time.Now().After(deadline) {
			t.Errorf("a mail was not delivered: %v", err)
			return
		}
		<-time.After(10 * time.Millisecond)
	}
}
