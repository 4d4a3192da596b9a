// Package imageproxy fetches the remote images of HTML mail on behalf of agents, so
// that senders do not see who reads their mail, and caches them in the database.
package imageproxy

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/egress"
)

const (
	maxAge    = 7 * 24 * time.Hour
	cacheSize = 256 << 20 // bytes, over all nodes
	// maxFetches run at once; each may hold 10 MiB.
	maxFetches = 8
)

// Store is the cache.
type Store interface {
	// RemoteImage returns KindNotFound if the URL is not cached or older than maxAge.
	RemoteImage(ctx context.Context, url string, maxAge time.Duration) (view.File, error)
	SaveRemoteImage(ctx context.Context, url string, f view.File, cacheSize int64) error
}

// Proxy fetches and caches images.
type Proxy struct {
	store   Store
	client  *egress.Client
	log     *slog.Logger
	flights singleflight.Group
	slots   *semaphore.Weighted
}

// New returns a Proxy. allow are private networks from which images may be fetched
// nevertheless.
func New(store Store, allow []netip.Prefix, log *slog.Logger) *Proxy {
	return &Proxy{store: store, client: egress.New(allow), log: log, slots: semaphore.NewWeighted(maxFetches)}
}

// Image implements api.Images. It returns KindNotFound if the image cannot be shown.
func (p *Proxy) Image(ctx context.Context, url string) (view.File, error) {
	f, err := p.store.RemoteImage(ctx, url, maxAge)
	if desk.KindOf(err) != desk.KindNotFound {
		return f, err
	}
	// The first request may be cancelled while others wait for the same image.
	v, err, _ := p.flights.Do(url, func() (any, error) { return p.fetch(context.WithoutCancel(ctx), url) })
	if err != nil {
		return view.File{}, err
	}
	return v.(view.File), nil
}

// fetch loads an image and caches it. Every failure to load it is KindNotFound.
func (p *Proxy) fetch(ctx context.Context, url string) (view.File, error) {
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return view.File{}, err
	}
	defer p.slots.Release(1)
	mediaType, body, err := p.client.Image(ctx, url)
	if err != nil {
		p.log.Debug("ImageFetchFailed", "error", err)
		return view.File{}, desk.Errorf(desk.KindNotFound, "the image cannot be shown: it does not exist, is not an image, or is at an address that is not allowed")
	}
	f := view.File{Type: mediaType, Bytes: body}
	if err := p.store.SaveRemoteImage(ctx, url, f, cacheSize); err != nil {
		p.log.Warn("ImageCacheFailed", "error", err)
	}
	return f, nil
}
