// Package listen opens listeners and explains why an address cannot be listened on.
package listen

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"switchboard/channels"
	"switchboard/internal/netfault"
)

// TCP listens on addr, which is the value of the configuration key. Its error says
// what to do.
func TCP(key, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, StartError(key, Fault(key, addr, err))
	}
	return l, nil
}

// StartError returns the error of a fault that keeps the program from starting, with
// its advice.
func StartError(key string, f *channels.Fault) error {
	return fmt.Errorf("%s: %w. %s", key, f, f.Advice)
}

// Fault explains an error of listening on addr, a host:port or the path of a Unix
// socket, which is the value of the configuration key.
func Fault(key, addr string, err error) *channels.Fault {
	f := &channels.Fault{Err: err}
	switch f.What, f.Advice = netfault.Explain(addr, err); {
	case errors.Is(err, syscall.EADDRINUSE):
		f.Advice = "Stop that program, or choose another " + key + "."
		if key == "addr" {
			f.Advice = "Stop that program, choose another addr, or let the system pick a free port with --addr 127.0.0.1:0."
		}
	case key == "smtp.lmtp" && errors.Is(err, syscall.ENOENT):
		f.What, f.Advice = fmt.Sprintf("the folder of the socket %s does not exist", addr), "Create it (systemd: RuntimeDirectory=switchboard), or choose another "+key+"."
	case key == "smtp.lmtp" && errors.Is(err, syscall.EACCES):
		f.What, f.Advice = "this user may not create the socket "+addr, "Give write access to the folder to the user that the gateway runs as, or choose another "+key+"."
	case errors.Is(err, syscall.EACCES):
		f.What, f.Advice = "this user may not listen on "+addr, "Ports below 1024 require the capability CAP_NET_BIND_SERVICE; doc/operations.md has the unit."
	case errors.Is(err, syscall.EINVAL) && key == "smtp.lmtp":
		f.What, f.Advice = "the path of the socket "+addr+" is too long", "Choose a path of at most 100 octets."
	case f.What == "":
		f.What, f.Advice = fmt.Sprintf("cannot listen on %s (%v)", addr, err), "Choose an address of this machine."
	}
	return f
}
