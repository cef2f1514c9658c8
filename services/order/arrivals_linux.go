package order

import (
	"encoding/binary"
	"io"
	"net"
	"syscall"
)

// stamp has the kernel note when bytes arrive on the connections that ln accepts
// from now on: SO_TIMESTAMPNS in socket(7), for TCP since Linux 4.14. Connections
// have it from their listener.
func stamp(ln net.Listener) bool {
	l, ok := ln.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return false
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	})
	return err == nil && failed == nil
}

// readStamped reads like conn.Read. The time is that of the last byte read, and 0
// if the kernel has not noted it.
func readStamped(raw syscall.RawConn, b []byte) (n int, at int64, err error) {
	oob := make([]byte, 64)
	var size int
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		for {
			n, size, _, _, failed = syscall.Recvmsg(int(fd), b, oob, 0)
			if failed != syscall.EINTR {
				break
			}
		}
		return failed != syscall.EAGAIN
	})
	switch {
	case err != nil:
		return 0, 0, err
	case failed != nil:
		return 0, 0, failed
	case n == 0:
		return 0, 0, io.EOF
	}
	return n, timeIn(oob[:size]), nil
}

// timeIn finds the time in the control messages of a read: a struct timespec.
func timeIn(oob []byte) int64 {
	all, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range all {
		if m.Header.Level != syscall.SOL_SOCKET || m.Header.Type != syscall.SO_TIMESTAMPNS {
			continue
		}
		switch order := binary.NativeEndian; len(m.Data) {
		case 16:
			return int64(order.Uint64(m.Data))*1e9 + int64(order.Uint64(m.Data[8:]))
		case 8: // on 32 bits
			return int64(order.Uint32(m.Data))*1e9 + int64(order.Uint32(m.Data[4:]))
		}
	}
	return 0
}
