package wire

import "golang.org/x/sys/unix"

// mtu is that of an Ethernet; a loopback interface usually has 65536, and no line of text
// is cut.
const mtu = 1500

// limitPackets limits the size of packets in the network namespace of the calling thread.
func limitPackets() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint32(mtu)
	return unix.IoctlIfreq(socket, unix.SIOCSIFMTU, lo)
}
