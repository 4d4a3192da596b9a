package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/internal/holidayfeed"
	"switchboard/internal/localaddr"
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

// livePolicy returns the policy in force: the file's, published as a new version if
// it differs from the latest; without a file the latest, or initially the default.
func livePolicy(ctx context.Context, st *store.Store, file string) (store.Policy, error) {
	live, err := st.LatestPolicy(ctx)
	none := desk.KindOf(err) == desk.KindNotFound
	if err != nil && !none {
		return live, err
	}
	document, author := router.Default, "default"
	if file != "" {
		if document, err = os.ReadFile(file); err != nil {
			return live, fmt.Errorf("policy: %w", err)
		}
		author = "file"
	}
	if none || file != "" && string(document) != live.Document {
		return publish(ctx, st, document, author)
	}
	return live, nil
}

// loadRules compiles the policy in force.
func loadRules(ctx context.Context, st *store.Store, file string, local localaddr.Set, tokens *threading.Tokens) (*ingest.Rules, error) {
	live, err := livePolicy(ctx, st, file)
	if err != nil {
		return nil, err
	}
	policy, err := router.Compile([]byte(live.Document))
	if err != nil {
		return nil, fmt.Errorf("the published policy version %d no longer compiles: %w", live.Version, err)
	}
	policy.Version = live.Version
	if policy, err = holidayfeed.Stored(ctx, st, policy, time.Now()); err != nil {
		return nil, err
	}
	list, err := st.InboxList(ctx)
	if err != nil {
		return nil, err
	}
	rules := &ingest.Rules{Policy: policy, Version: live.Version, Inboxes: map[string]desk.Inbox{}, Tokens: tokens,
		Own: local.Contains, OwnDomain: local.OwnDomain, Base: local.Base}
	for _, inbox := range list {
		rules.Inboxes[inbox.Key] = inbox
	}
	return rules, nil
}

// publish compiles a document and puts it in force.
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

// names returns what the properties of an agent may name: the parts of the policy in force.
func (g *Gateway) names() *roster.Directory {
	return roster.NewDirectory(func(ctx context.Context) (int64, string, error) {
		p, err := g.store.LatestPolicy(ctx)
		return p.Version, p.Document, err
	})
}
