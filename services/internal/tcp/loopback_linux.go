package tcp

import (
	"net/netip"
	"syscall"
)

// unpaced gives a socket whose address is on loopback the congestion control
// that every Linux has and lets everybody choose, reno. Nothing is lost on
// loopback and no queue builds up in a network, so that there is nothing to
// control; but where the machine's default is bbr it measures and paces all the
// same, and a large file takes twice as long (docs/benchmarks.md). What a
// listener has its connections inherit. A kernel that refuses is left alone.
func unpaced(_, address string, c syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
		return nil
	}
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "reno")
	})
}
