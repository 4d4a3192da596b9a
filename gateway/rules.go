package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/router"
	"switchboard/store"
	"switchboard/threading"
)

// secret returns 32 random octets that stay the same for this database.
func secret(ctx context.Context, st *store.Store, name string) ([]byte, error) {
	fresh := make([]byte, 32)
	rand.Read(fresh) //nolint:errcheck // never fails (crypto/rand)
	return st.Secret(ctx, name, fresh)
}

// loadRules compiles the live policy, publishing the default one first when the
// database has none.
func loadRules(ctx context.Context, st *store.Store, own addresses, tokens *threading.Tokens) (*ingest.Rules, error) {
	live, err := st.LatestPolicy(ctx)
	if desk.KindOf(err) == desk.KindNotFound {
		if live, err = publish(ctx, st, router.Default, "default"); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	policy, err := router.Compile([]byte(live.Document))
	if err != nil {
		return nil, fmt.Errorf("the published policy %d does not compile any more: %w", live.Version, err)
	}
	policy.Version = live.Version
	list, err := st.InboxList(ctx)
	if err != nil {
		return nil, err
	}
	rules := &ingest.Rules{Policy: policy, Version: live.Version, Inboxes: map[string]desk.Inbox{}, Tokens: tokens,
		Own: own.own, Base: own.baseOf}
	for _, inbox := range list {
		rules.Inboxes[inbox.Key] = inbox
	}
	return rules, nil
}

// publish compiles a document and makes it the live policy.
func publish(ctx context.Context, st *store.Store, document []byte, author string) (store.Policy, error) {
	policy, err := router.Compile(document)
	if err != nil {
		return store.Policy{}, err
	}
	tiers := map[desk.Tier]string{}
	for _, t := range policy.Tiers() {
		tiers[t.Tier] = t.Name
	}
	var inboxes []desk.Inbox
	for _, i := range policy.Inboxes() {
		inboxes = append(inboxes, desk.Inbox{Key: i.Key, Name: i.Name, Tier: i.Tier})
	}
	version, err := st.PublishPolicy(ctx, string(document), author, tiers, inboxes)
	return store.Policy{Version: version, Document: string(document)}, err
}

// messageIDs makes the Message-ID of what we send: the same for the same message,
// and not to be guessed, so that whoever refers to it has seen it.
func messageIDs(key []byte, domain string) func(desk.MessageID) string {
	return func(id desk.MessageID) string {
		text := strings.ReplaceAll(uuid.UUID(id).String(), "-", "")
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("message-id:" + text))
		sum := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:10])
		return fmt.Sprintf("out.%s.%s@%s", text, strings.ToLower(sum), domain)
	}
}
