package screening

import (
	"context"
	"errors"
	"fmt"

	"switchboard/channels"
	"switchboard/config"
	"switchboard/internal/mailfilter"
	"switchboard/internal/netfault"
)

// Filter is a configured content filter whose availability can be checked.
type Filter struct {
	Name string // clamd, rspamd
	Addr string

	key, onFailure string
	ping           func(context.Context) error
}

// Filters returns the configured content filters.
func Filters(c *config.SMTP) (list []Filter) {
	if c.Clamd.Addr != "" {
		list = append(list, Filter{"clamd", c.Clamd.Addr, "smtp.clamd.addr", c.Clamd.OnFailure, mailfilter.NewClamd(c.Clamd.Addr).Ping})
	}
	if c.Rspamd.URL != "" {
		list = append(list, Filter{"rspamd", c.Rspamd.URL, "smtp.rspamd.url", c.Rspamd.OnFailure, mailfilter.NewRspamd(c.Rspamd.URL, c.Rspamd.Password).Ping})
	}
	return list
}

// Ping checks that the filter answers. It returns nil, or what its failure means for
// incoming mail and what to do.
func (f *Filter) Ping(ctx context.Context) *channels.Fault {
	err := f.ping(ctx)
	if err == nil {
		return nil
	}
	out := &channels.Fault{Err: err}
	out.What, _ = netfault.Explain(f.Addr, err)
	out.Advice = fmt.Sprintf("Start %s, or correct %s.", f.Name, f.key)
	switch {
	case errors.Is(err, mailfilter.ErrWrongServer):
		out.What, out.Advice = fmt.Sprintf("the server at %s is not %s", f.Addr, f.Name), "Correct "+f.key+"."
	case out.What == "":
		out.What, out.Advice = fmt.Sprintf("%s at %s does not answer as expected", f.Name, f.Addr), "Check its log."
	}
	if f.onFailure == config.FilterDefer {
		out.What += "; incoming mail is deferred"
	} else {
		out.What += "; incoming mail is accepted unchecked"
	}
	return out
}
