//go:build !linux

package tcp

import "syscall"

// seesAcks reports whether acksOn works on this system.
const seesAcks = false

// acksOn returns the zero value. Without TCP_INFO only keepalive notices that a
// peer has vanished.
func acksOn(syscall.RawConn) acks { return acks{} }
