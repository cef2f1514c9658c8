//go:build !linux

package tcp

import "syscall"

// unpaced is for Linux.
func unpaced(_, _ string, _ syscall.RawConn) error { return nil }
