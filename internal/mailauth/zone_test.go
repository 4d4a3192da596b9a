package mailauth

import (
	"context"
	"net"
	"strings"
)

// zone is a Resolver with fixed records. Names are lower case without a trailing
// dot. Lookups of a name in fail return its error.
type zone struct {
	txt   map[string][]string
	mx    map[string][]*net.MX
	ip    map[string][]net.IPAddr
	ptr   map[string][]string // by address
	cname map[string]string
	fail  map[string]error
}

func newZone() *zone {
	return &zone{txt: map[string][]string{}, mx: map[string][]*net.MX{}, ip: map[string][]net.IPAddr{},
		ptr: map[string][]string{}, cname: map[string]string{}, fail: map[string]error{}}
}

func look[T any](ctx context.Context, z *zone, records map[string][]T, name string) ([]T, error) {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	for range 10 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := z.fail[name]; err != nil {
			return nil, err
		}
		if list := records[name]; len(list) > 0 {
			return list, nil
		}
		target, ok := z.cname[name]
		if !ok {
			break
		}
		name = strings.ToLower(target)
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z *zone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return look(ctx, z, z.txt, name)
}

func (z *zone) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return look(ctx, z, z.mx, name)
}

func (z *zone) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	return look(ctx, z, z.ip, name)
}

func (z *zone) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return look(ctx, z, z.ptr, addr)
}
