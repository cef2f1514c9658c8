// Package tcp dials, listens and says goodbye the way peers on one machine need
// it: from a source port of one's own, restarted at once, and with errors that
// tell a person what to do.
package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// DialTimeout bounds one attempt to connect.
const DialTimeout = 3 * time.Second

var (
	// ErrSelf says that a dial was answered by itself: on one machine, a dial to
	// a port where nobody listens may pick that very port as its source, and TCP's
	// simultaneous open (RFC 9293, 3.5) then connects the socket to itself.
	ErrSelf = errors.New("connected to itself: nobody listens there")

	// ErrSourceBusy says that the source port can't be used yet: a connection from
	// it to the same place is still in TIME_WAIT, or another program has it.
	ErrSourceBusy = errors.New("the source port is in use, or was until a moment ago")
)

// Dial connects to the address to (HOST:PORT) from the address from; "" or
// port 0 there means any port. A source port may be one that was in use a moment
// ago: where TIME_WAIT still forbids it the error is ErrSourceBusy, and the
// caller tries again later. It gives up after DialTimeout or when ctx is done. An
// idle connection whose peer's host is gone fails within 25 s; see also Watch.
func Dial(ctx context.Context, from, to string) (*net.TCPConn, error) {
	d := net.Dialer{Timeout: DialTimeout, Control: unpaced, KeepAliveConfig: keepAlive}
	source := 0
	if from != "" {
		local, err := net.ResolveTCPAddr("tcp", from)
		if err != nil {
			return nil, fmt.Errorf("source address %s: %w", from, err)
		}
		d.LocalAddr, d.Control, source = local, ownPort, local.Port
	}
	conn, err := d.DialContext(ctx, "tcp", to)
	switch {
	case source != 0 && isSourceBusy(err):
		return nil, fmt.Errorf("dial %s from %s: %w", to, from, ErrSourceBusy)
	case err != nil:
		return nil, err
	}
	if conn.LocalAddr().String() == conn.RemoteAddr().String() {
		conn.Close()
		return nil, fmt.Errorf("dial %s: %w", to, ErrSelf)
	}
	return conn.(*net.TCPConn), nil
}

// isSourceBusy reports whether it is the source port that kept a dial from
// succeeding: bind finds that another has it, or connect that the same pair of
// addresses is in use. Where bind says EADDRNOTAVAIL, it is the host that is not
// this machine's, and trying again would be of no use.
func isSourceBusy(err error) bool {
	var call *os.SyscallError
	return errors.Is(err, syscall.EADDRINUSE) ||
		errors.Is(err, syscall.EADDRNOTAVAIL) && errors.As(err, &call) && call.Syscall == "connect"
}

// ownPort is unpaced, and lets a dial bind a source port whose last connection is
// still in TIME_WAIT; net sets that option for listeners only.
func ownPort(network, address string, c syscall.RawConn) error {
	if err := unpaced(network, address, c); err != nil {
		return err
	}
	var set error
	if err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	}); err != nil {
		return err
	}
	return set
}
