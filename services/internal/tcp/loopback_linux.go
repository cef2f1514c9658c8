package tcp

import (
	"net/netip"
	"syscall"
)

// unpaced selects the congestion control reno, which every Linux kernel has and
// every user may choose, for a socket whose address is on loopback. Loopback
// loses no packets and has no queues, so congestion control has nothing to do
// there; but bbr, the default of some machines, still measures and paces, which
// doubles the time for a large file (docs/benchmarks.md). Accepted connections
// inherit the setting from their listener. An error of the kernel is ignored.
func unpaced(_, address string, c syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
		return nil
	}
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "reno")
	})
}
