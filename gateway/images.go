package gateway

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/egress"
	"switchboard/store"
)

// Images is how pictures from the net are shown.
type Images struct {
	// AllowNetworks may be fetched from although they are ours: an intranet's
	// picture server. Whoever writes us a mail can then have it asked.
	AllowNetworks []string `koanf:"allow_networks"`
}

const (
	imageAge     = 7 * 24 * time.Hour
	imageMemory  = 256 << 20
	imageFetches = 8 // at once; each may hold 10 MiB
)

// images fetches pictures once and keeps them in the database, for all nodes.
type images struct {
	store  *store.Store
	client *egress.Client
	log    *slog.Logger
	one    singleflight.Group
	places *semaphore.Weighted
}

func newImages(st *store.Store, c Images, log *slog.Logger) *images {
	return &images{store: st, client: egress.New(networks(c.AllowNetworks)), log: log, places: semaphore.NewWeighted(imageFetches)}
}

// Image implements api.Images.
func (i *images) Image(ctx context.Context, url string) (view.File, error) {
	f, err := i.store.RemoteImage(ctx, url, imageAge)
	if desk.KindOf(err) != desk.KindNotFound {
		return f, err
	}
	// Whoever asks first may go away; the others still want it.
	v, err, _ := i.one.Do(url, func() (any, error) { return i.fetch(context.WithoutCancel(ctx), url) })
	if err != nil {
		return view.File{}, err
	}
	return v.(view.File), nil
}

func (i *images) fetch(ctx context.Context, url string) (view.File, error) {
	if err := i.places.Acquire(ctx, 1); err != nil {
		return view.File{}, err
	}
	defer i.places.Release(1)
	mediaType, body, err := i.client.Image(ctx, url)
	if err != nil {
		i.log.Debug("Picture not shown", "error", err)
		return view.File{}, desk.Errorf(desk.KindNotFound, "the picture cannot be shown: it was not found, or is none, or lies where this server does not look")
	}
	f := view.File{Type: mediaType, Bytes: body}
	if err := i.store.SaveRemoteImage(ctx, url, f, imageMemory); err != nil {
		i.log.Warn("a picture is not kept", "error", err)
	}
	return f, nil
}
