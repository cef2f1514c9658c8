package order

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// stamp enables receive timestamps on the connections that ln accepts from now
// on: SO_TIMESTAMPNS in socket(7), for TCP since Linux 4.14. Connections inherit
// the option from their listener.
func stamp(ln net.Listener) bool {
	done := false
	control(ln, func(fd int) {
		done = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) == nil
	})
	return done
}

// backlog returns the number of connections that wait to be accepted. For a
// listening socket TCP_INFO reports it as tcpi_unacked.
func backlog(ln net.Listener) (n int) {
	control(ln, func(fd int) {
		if info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = int(info.Unacked)
		}
	})
	return n
}

// control calls f with the descriptor of ln, unless ln is closed or not a socket.
func control(ln net.Listener, f func(fd int)) {
	if l, ok := ln.(syscall.Conn); ok {
		if raw, err := l.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { f(int(fd)) }) // if it fails, f was not called
		}
	}
}

// bytesIn reports whether a connection has unread bytes.
func bytesIn(raw syscall.RawConn) bool {
	n := 0
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }) // n stays 0 if the connection is closed
	return n > 0
}

// readStamped implements arrivals.read. The time is that of the last byte read,
// or 0 if the kernel has not recorded it.
func readStamped(raw syscall.RawConn, b []byte, mu sync.Locker, arrived func(n int, at int64)) (n int, err error) {
	oob := make([]byte, 64)
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		mu.Lock()
		defer mu.Unlock()
		var size int
		for {
			n, size, _, _, failed = unix.Recvmsg(int(fd), b, oob, 0)
			if failed != unix.EINTR {
				break
			}
		}
		if failed == nil && n > 0 {
			arrived(n, timeIn(oob[:size]))
		}
		return failed != unix.EAGAIN
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

// timeIn returns the struct timespec in the control messages of a read, in ns
// since 1970, or 0.
func timeIn(oob []byte) int64 {
	all, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range all {
		if m.Header.Level != unix.SOL_SOCKET || m.Header.Type != unix.SO_TIMESTAMPNS {
			continue
		}
		switch order := binary.NativeEndian; len(m.Data) {
		case 16:
			return int64(order.Uint64(m.Data))*1e9 + int64(order.Uint64(m.Data[8:]))
		case 8: // on 32-bit systems
			return int64(order.Uint32(m.Data))*1e9 + int64(order.Uint32(m.Data[4:]))
		}
	}
	return 0
}
