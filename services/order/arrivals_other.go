//go:build !linux

package order

import (
	"errors"
	"net"
	"syscall"
)

func stamp(net.Listener) bool { return false }

func readStamped(syscall.RawConn, []byte) (int, int64, error) { return 0, 0, errors.ErrUnsupported }
