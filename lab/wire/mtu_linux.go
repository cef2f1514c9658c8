package wire

import "golang.org/x/sys/unix"

// Sizes of packets: those of an Ethernet, which take several for a long line, and those
// of a loopback interface, with which nothing is cut.
const (
	ethernetMTU = 1500
	loopbackMTU = 65536
)

// limitPackets sets whether packets in the network namespace of the calling thread are at
// most as large as an Ethernet's. Connections that are open follow.
func limitPackets(limit bool) error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	lo, err := unix.NewIfreq(loopback)
	if err != nil {
		return err
	}
	lo.SetUint32(loopbackMTU)
	if limit {
		lo.SetUint32(ethernetMTU)
	}
	return unix.IoctlIfreq(socket, unix.SIOCSIFMTU, lo)
}
