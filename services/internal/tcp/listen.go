package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
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

// CheckAddr returns an error that names the remedy unless addr is HOST:PORT with
// a port from 0 to 65535.
func CheckAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not an address; write HOST:PORT, such as 127.0.0.1:4000", addr)
	}
	if _, err = ParsePort(port); err != nil {
		return fmt.Errorf("address %q: %w", addr, err)
	}
	return nil
}

// ParsePort returns the port number that s spells, from 0 to 65535.
func ParsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is not a port; give a number from 1 to 65535, or 0 for any", s)
	}
	return int(n), nil
}
