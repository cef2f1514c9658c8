package tcp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// seesAcks reports whether acksOn works on this system.
const seesAcks = true

// acksOn reads the acknowledgment state of a connection from TCP_INFO. A
// retransmission that is answered by a duplicate acknowledgment is not awaited:
// the peer runs, and its buffers are full. For a closed connection acksOn returns
// the zero value.
func acksOn(raw syscall.RawConn) (a acks) {
	_ = raw.Control(func(fd uintptr) { // it fails if the connection is closed
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		a = acks{
			awaited:  info.Probes > 0 || info.Unacked > 0 && info.Last_data_sent < info.Last_ack_recv,
			received: info.Segs_in, probes: uint32(info.Probes), retransmitted: info.Total_retrans,
		}
	})
	return a
}
