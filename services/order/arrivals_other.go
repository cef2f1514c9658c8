//go:build !linux

package order

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

func stamp(net.Listener) bool { return false }

func backlog(net.Listener) int { return 0 }

func bytesIn(syscall.RawConn) bool { return false }

func readStamped(syscall.RawConn, []byte, sync.Locker, func(n int, at int64)) (int, error) {
	return 0, errors.ErrUnsupported
}
