package main

import (
	"fmt"
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// portLater has the kernel pick the port only when it knows where a connection
// goes, as it does for one without a source address. Otherwise each port could
// be used once a minute, not once for each pair of addresses.
func portLater(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	if err != nil {
		return err
	}
	return failed
}

// truncator reads from a TCP connection without copying: the kernel drops the
// bytes where it has them (MSG_TRUNC, see tcp(7)).
type truncator struct{ raw syscall.RawConn }

func newTruncator(conn net.Conn) (truncator, error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return truncator{}, fmt.Errorf("-truncate wants TCP, not %T", conn)
	}
	raw, err := tcp.SyscallConn()
	return truncator{raw}, err
}

// Read drops up to len(b) bytes; b itself is left as it is.
func (t truncator) Read(b []byte) (int, error) {
	var n int
	var failed error
	err := t.raw.Read(func(fd uintptr) (done bool) {
		for {
			n, _, failed = unix.Recvfrom(int(fd), b, unix.MSG_TRUNC|unix.MSG_DONTWAIT)
			if failed != unix.EINTR {
				return failed != unix.EAGAIN
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, failed
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
