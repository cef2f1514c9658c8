// Package sock has the socket option that the bare limits share.
package sock

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// unpaced makes the kernel send without pacing, as the product does on loopback: a
// limit that bbr slows down would be none.
func unpaced(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "reno")
	})
	return errors.Join(err, failed)
}

// Listen listens over TCP; connections that it accepts are not paced.
func Listen(addr string) (net.Listener, error) {
	config := net.ListenConfig{Control: unpaced}
	return config.Listen(context.Background(), "tcp", addr)
}

// Dial connects over TCP, without pacing.
func Dial(addr string) (net.Conn, error) {
	return (&net.Dialer{Control: unpaced}).Dial("tcp", addr)
}
