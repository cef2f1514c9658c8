package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Listen listens on the address HOST:PORT; port 0 picks a free one. The port may
// have been closed by another process a moment ago. An error names the address
// and the remedy.
func Listen(addr string) (net.Listener, error) {
	if err := CheckAddr(addr); err != nil {
		return nil, err
	}
	ln, err := (&net.ListenConfig{Control: unpaced, KeepAliveConfig: keepAlive}).Listen(context.Background(), "tcp", addr)
	if err == nil {
		return ln, nil
	}
	_, port, _ := net.SplitHostPort(addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: the port is taken; stop the program that has it (ss -ltnp 'sport = :%s' names it) or give another port", addr, port)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: not allowed; ports below 1024 need root, give a higher one", addr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: this machine does not have that address; use 127.0.0.1 for this machine alone, 0.0.0.0 for all its addresses", addr)
	}
	return nil, fmt.Errorf("listen on %s: %w", addr, err)
}
