//go:build !linux

package tcp

import "syscall"

// unpaced does nothing: only Linux can select the congestion control of a socket.
func unpaced(_, _ string, _ syscall.RawConn) error { return nil }
