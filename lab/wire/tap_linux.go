package wire

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

const (
	loopback       = "lo"
	ignoreOutgoing = 23       // PACKET_IGNORE_OUTGOING: on the loopback each packet would come twice
	tapMemory      = 64 << 20 // bytes of packets that wait to be read; the kernel counts those that find no room
)

// tap is a copy of all packets that arrive in a network namespace.
type tap struct {
	file *os.File
	raw  int
}

// openTap opens the tap of the network namespace of the calling thread.
func openTap() (*tap, error) {
	lo, err := net.InterfaceByName(loopback)
	if err != nil {
		return nil, err
	}
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)) // in the order of the network
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, int(all))
	if err != nil {
		return nil, err
	}
	for _, set := range []func() error{
		func() error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, tapMemory) },
		func() error { return unix.SetsockoptInt(fd, unix.SOL_PACKET, ignoreOutgoing, 1) },
		func() error { return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: lo.Index}) },
	} {
		if err := set(); err != nil {
			unix.Close(fd)
			return nil, fmt.Errorf("a copy of the packets of %s: %w", loopback, err)
		}
	}
	return &tap{os.NewFile(uintptr(fd), "packets of "+loopback), fd}, nil
}

// read waits for a packet. After close it returns os.ErrClosed.
func (t *tap) read(b []byte) (int, error) { return t.file.Read(b) }

// lost returns how many packets found no room since it was called last.
func (t *tap) lost() int {
	stats, err := unix.GetsockoptTpacketStats(t.raw, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0 // it is closed
	}
	return int(stats.Drops)
}

func (t *tap) close() error { return t.file.Close() }
