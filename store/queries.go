package store

import (
	"context"
	"embed"
	"fmt"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"
)

//go:embed *.sql
var sqlFiles embed.FS

// queries holds every prepared statement, one struct per noun. A field is a
// *sqlx.Stmt with the tag `query:"name-in-the-sql-file"`.
type queries struct {
	raw              rawQueries
	health           healthQueries
	changes          changesQueries
	ingest           ingestQueries
	policy           policyQueries
	pilot            pilotQueries
	simulation       simulationQueries
	secret           secretQueries
	account          accountQueries
	viewConversation viewConversationQueries
	viewMessage      viewMessageQueries
	directory        directoryQueries
	search           searchQueries
	identity         identityQueries
	agent            agentQueries
	delivery         deliveryQueries
	forward          forwardQueries
	sending          sendingQueries
	destination      destinationQueries
	mtasts           mtastsQueries
	outbox           outboxQueries
	address          addressQueries
	event            eventQueries
	chat             chatQueries
	mailbox          mailboxQueries
	token            tokenQueries
	channel          channelQueries
	image            imageQueries
	repeat           repeatQueries
	draft            draftQueries
	runbook          runbookQueries
	rootCause        rootCauseQueries
	advisory         advisoryQueries
	advisorySend     advisorySendQueries
	rootCauseUpdate  rootCauseUpdateQueries
	upload           uploadQueries
	clock            clockQueries
	roster           rosterQueries
	promise          promiseQueries
	assignment       assignmentQueries
	merge            mergeQueries
	notice           noticeQueries
	task             taskQueries
	holidays         holidayQueries
	review           reviewQueries
	quality          qualityQueries
	webhook          webhookQueries
	automatic        automaticQueries
	macro            macroQueries
	survey           surveyQueries
	report           reportQueries
	reportKeep       reportKeepQueries
	saved            savedQueries
	savedView        savedViewQueries
	undo             undoQueries
	subscriber       subscriberQueries
	target           targetQueries
	article          articleQueries
	gap              gapQueries
	help             helpQueries
	appPassword      appPasswordQueries
	imap             imapQueries
	imapFlag         imapFlagQueries
	imapRead         imapReadQueries
}

// prepareAll fills the tagged fields of each struct in q. A name without a block,
// an unused block and SQL that cannot be prepared are errors.
func prepareAll(ctx context.Context, db *sqlx.DB, q *queries) error {
	blocks, err := readBlocks()
	if err != nil {
		return err
	}
	used := map[string]bool{}
	nouns := reflect.ValueOf(q).Elem()
	for i := range nouns.NumField() {
		noun := reflect.NewAt(nouns.Field(i).Type(), nouns.Field(i).Addr().UnsafePointer()).Elem()
		for j := range noun.NumField() {
			name := noun.Type().Field(j).Tag.Get("query")
			text, ok := blocks[name]
			if !ok {
				return fmt.Errorf("%s.%s: no block %q in the SQL files", noun.Type(), noun.Type().Field(j).Name, name)
			}
			stmt, err := db.PreparexContext(ctx, text)
			if err != nil {
				return fmt.Errorf("prepare %s: %w", name, err)
			}
			used[name] = true
			noun.Field(j).Set(reflect.ValueOf(stmt))
		}
	}
	for name := range blocks {
		if !used[name] {
			return fmt.Errorf("SQL block %q is not used", name)
		}
	}
	return nil
}

// readBlocks returns the "-- name:" blocks of all SQL files by name.
func readBlocks() (map[string]string, error) {
	files, err := sqlFiles.ReadDir(".")
	if err != nil {
		return nil, err
	}
	blocks := map[string]string{}
	for _, f := range files {
		text, err := sqlFiles.ReadFile(f.Name())
		if err != nil {
			return nil, err
		}
		for _, block := range strings.Split("\n"+string(text), "\n-- name:")[1:] {
			name, body, _ := strings.Cut(block, "\n")
			name = strings.TrimSpace(name)
			if _, twice := blocks[name]; twice {
				return nil, fmt.Errorf("%s: block %q exists twice", f.Name(), name)
			}
			blocks[name] = body
		}
	}
	return blocks, nil
}
