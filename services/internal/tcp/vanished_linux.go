package tcp

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// seesAcks reports whether acksOn works on this system.
const seesAcks = true

// acksOn asks the kernel. A retransmission that is answered by a duplicate
// acknowledgment is not awaited: the peer is there, and its buffers are full. The
// zero acks stand for a connection that is closed.
func acksOn(raw syscall.RawConn) (a acks) {
	_ = raw.Control(func(fd uintptr) { // an error says that the connection is closed
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		a = acks{
			awaited: info.Probes > 0 || info.Unacked > 0 && info.Last_data_sent < info.Last_ack_recv,
			last:    time.Duration(info.Last_ack_recv) * time.Millisecond,
			probes:  uint32(info.Probes), retransmitted: info.Total_retrans,
		}
	})
	return a
}
