// Package tcp dials, listens and closes connections for processes that share a
// machine: from a fixed source port, with immediate restarts, and with errors
// that name the remedy.
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
	// ErrSelf reports that a dial connected to itself. A dial on loopback to a
	// port without a listener may pick that very port as its source, and TCP's
	// simultaneous open (RFC 9293, 3.5) then connects the socket to itself.
	ErrSelf = errors.New("connected to itself: no program listens there")

	// ErrSourceBusy reports that the source port cannot be used yet: a connection
	// from it to the same address is in TIME_WAIT, or another program uses it.
	ErrSourceBusy = errors.New("the source port is in use, or was until a moment ago")
)

// Dial connects to the address to (HOST:PORT) from the address from; "" or port 0
// there means any port. The source port may have been used a moment ago: where
// TIME_WAIT still forbids it, the error is ErrSourceBusy, and the caller should
// retry later. Dial gives up after DialTimeout or when ctx is done. An idle
// connection whose peer's host is unreachable fails within 25 s; see also Watch.
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

// isSourceBusy reports whether a dial failed because of its source port: bind
// found it in use, or connect found the pair of addresses in use. EADDRNOTAVAIL
// from bind is another matter: the source host is not an address of this machine,
// and a retry would fail too.
func isSourceBusy(err error) bool {
	var call *os.SyscallError
	return errors.Is(err, syscall.EADDRINUSE) ||
		errors.Is(err, syscall.EADDRNOTAVAIL) && errors.As(err, &call) && call.Syscall == "connect"
}

// ownPort does what unpaced does, and lets a dial bind a source port whose last
// connection is in TIME_WAIT; package net sets SO_REUSEADDR for listeners only.
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
