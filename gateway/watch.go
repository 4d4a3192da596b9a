package gateway

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"switchboard/channels"
	"switchboard/internal/mailfilter"
	"switchboard/internal/netfault"
)

// watch looks at something that the gateway needs again and again, so that its
// state stands among the entrances. It takes nothing in. What hampers, and what
// is broken, are told apart by look.
type watch struct {
	every time.Duration
	look  func(ctx context.Context, sink channels.Sink) (hint, fault error)
}

// Every implements channels.Periodic.
func (w *watch) Every() time.Duration { return w.every }

// Run implements channels.Channel.
func (w *watch) Run(ctx context.Context, sink channels.Sink) error {
	backoff := channels.Backoff{Max: min(w.every, 5*time.Minute)}
	for {
		bounded, cancel := context.WithTimeout(ctx, examineTime)
		hint, fault := w.look(bounded, sink)
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		if fault != nil {
			channels.Failing(sink, fault)
			if !backoff.Wait(ctx, fault) {
				return nil
			}
			continue
		}
		backoff.Reset()
		if hint != nil {
			channels.Hampered(sink, hint)
		} else {
			channels.Healthy(sink)
		}
		timer := time.NewTimer(w.every)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// watchEvery is how often the helpers are looked at that work.
const watchEvery = time.Minute

// watches adds what mail that is received needs: certificate and filters.
func (g *Gateway) watches() {
	c := g.cfg.SMTP
	if c.TLSCert != "" {
		g.group.Add("certificate", &watch{watchEvery, func(context.Context, channels.Sink) (hint, fault error) {
			_, soon, now := certificateState(c.TLSCert, c.TLSKey, time.Now())
			return orNil(soon), orNil(now)
		}})
	}
	for _, f := range filterPings(&c) {
		g.group.Add(f.name, &watch{watchEvery, func(ctx context.Context, _ channels.Sink) (hint, fault error) {
			return nil, orNil(f.fault(f.ping(ctx)))
		}})
	}
}

// orNil keeps a nil *Fault from becoming an error that is not nil.
func orNil(f *channels.Fault) error {
	if f == nil {
		return nil
	}
	return f
}

// filterPing is a content filter that can be asked whether it is there.
type filterPing struct {
	name, key, addr, onFailure string
	ping                       func(context.Context) error
}

func filterPings(c *SMTP) (list []filterPing) {
	if c.Clamd.Addr != "" {
		list = append(list, filterPing{"clamd", "smtp.clamd.addr", c.Clamd.Addr, c.Clamd.OnFailure, mailfilter.NewClamd(c.Clamd.Addr).Ping})
	}
	if c.Rspamd.URL != "" {
		list = append(list, filterPing{"rspamd", "smtp.rspamd.url", c.Rspamd.URL, c.Rspamd.OnFailure, mailfilter.NewRspamd(c.Rspamd.URL, c.Rspamd.Password).Ping})
	}
	return list
}

// fault says what an unreachable filter means for the mail; nil for no error.
func (f *filterPing) fault(err error) *channels.Fault {
	if err == nil {
		return nil
	}
	out := &channels.Fault{Err: err}
	out.What, _ = netfault.Explain(f.addr, err)
	out.Advice = fmt.Sprintf("Start %s, or correct %s.", f.name, f.key)
	switch {
	case errors.Is(err, mailfilter.ErrOther):
		out.What, out.Advice = fmt.Sprintf("something else than %s answers at %s", f.name, f.addr), "Correct "+f.key+"."
	case out.What == "":
		out.What, out.Advice = fmt.Sprintf("%s at %s does not answer as it should", f.name, f.addr), "Look into its log."
	}
	if f.onFailure == deferMail {
		out.What += "; senders of mail are told to come again"
	} else {
		out.What += "; mail comes in unexamined"
	}
	return out
}

// listenFault says why an address cannot be listened on.
func listenFault(key, addr string, err error) error {
	return startFault(key, bindFault(key, addr, err))
}

func bindFault(key, addr string, err error) *channels.Fault {
	f := &channels.Fault{Err: err}
	switch f.What, f.Advice = netfault.Explain(addr, err); {
	case errors.Is(err, syscall.EADDRINUSE):
		f.Advice = "Stop that program, or choose another " + key + "."
	case key == "smtp.lmtp" && errors.Is(err, syscall.ENOENT):
		f.What, f.Advice = fmt.Sprintf("the folder of the socket %s is not there", addr), "Make it (systemd: RuntimeDirectory=switchboard), or choose another "+key+"."
	case key == "smtp.lmtp" && errors.Is(err, syscall.EACCES):
		f.What, f.Advice = "this user may not make the socket "+addr, "Give the folder to the user that the gateway runs as, or choose another "+key+"."
	case errors.Is(err, syscall.EACCES):
		f.What, f.Advice = "this user may not listen on "+addr, "Ports below 1024 need the capability CAP_NET_BIND_SERVICE; doc/operations.md has the unit."
	case errors.Is(err, syscall.EINVAL) && key == "smtp.lmtp":
		f.What, f.Advice = "the path of the socket "+addr+" is too long", "Choose one of 100 octets at most."
	case f.What == "":
		f.What, f.Advice = fmt.Sprintf("cannot listen on %s (%v)", addr, err), "Choose an address of this machine."
	}
	return f
}

// startFault is what keeps the program from starting, with what to do.
func startFault(key string, f *channels.Fault) error {
	return fmt.Errorf("%s: %w. %s", key, f, f.Advice)
}
