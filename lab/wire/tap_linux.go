package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	loopback       = "lo"
	ignoreOutgoing = 23       // PACKET_IGNORE_OUTGOING: on the loopback each packet would come twice
	tapMemory      = 64 << 20 // bytes of packets that wait to be read; the kernel counts those that find no room
)

// Packets of up to beginning bytes are always read whole. Of larger ones, so many bytes a
// second are, and so many more at once: beyond that the beginning is read, and after a
// pause, so that one wakeup is for many of them: the programs and the record share the
// processors.
const (
	beginning = 2048     // bytes
	maxPacket = 1 << 17  // bytes
	rate      = 32 << 20 // bytes a second
	burst     = 16 << 20 // bytes
	pause     = time.Millisecond
	lookEvery = 64 // packets, after which it is looked how many found no room
)

// tap is a copy of the packets of a network namespace. Its methods but stop
// are for one goroutine.
type tap struct {
	file    *os.File
	raw     int
	whole   bool // every packet is read whole
	packet  []byte
	at      time.Time // when the latest was read
	left    int       // bytes of large packets that may be read
	count   int       // packets since it was looked how many found no room
	waiting int       // those that were seen to wait and have not been read
	lost    int       // packets that found no room, or were not read whole
	stopped bool
}

// openTap opens the tap of the network namespace of the calling thread: of what arrives over
// the loopback interface, or everywhere of what leaves and arrives over any. With ports there
// are only packets from or to these. Unless packets are to be whole, of large ones the rest may
// be missing.
func openTap(only []uint16, everywhere, whole bool) (*tap, error) {
	name, index, outgoing := "all interfaces", 0, 0
	if !everywhere {
		lo, err := net.InterfaceByName(loopback)
		if err != nil {
			return nil, err
		}
		name, index, outgoing = loopback, lo.Index, 1
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	t := &tap{file: os.NewFile(uintptr(fd), "packets of "+name), raw: fd, whole: whole, packet: make([]byte, maxPacket), left: burst}
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)) // in the order of the network
	if err := errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, tapMemory),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, ignoreOutgoing, outgoing),
		t.only(only),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index}), // no packet comes before
	); err != nil {
		return nil, fmt.Errorf("a copy of the packets of %s: %w", name, errors.Join(err, t.close()))
	}
	return t, nil
}

// next waits for a packet, and returns it and the time. It is there until the next call.
// After stop, and all packets that had arrived before, it returns os.ErrClosed.
func (t *tap) next() (packet []byte, at time.Time, err error) {
	if t.count++; t.count == lookEvery {
		t.look()
	}
	b := t.packet
	flood := t.left <= 0 && !t.whole
	if flood {
		b = b[:beginning]
	}
	if t.stopped && t.waiting <= 0 {
		return nil, t.at, os.ErrClosed
	}
	n, err := unix.Read(t.raw, b)
	switch empty := errors.Is(err, unix.EAGAIN); {
	case empty && t.stopped:
		return nil, t.at, os.ErrClosed
	case empty:
		if flood {
			<-time.After(pause)
		}
		n, err = t.file.Read(b)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.stopped = true
		t.look()
		return t.next()
	}
	t.waiting--
	if n == beginning && n == len(b) {
		t.lost++
	}
	before := t.at
	t.at = time.Now()
	t.left = min(burst, t.left+int(min(t.at.Sub(before), time.Second)*rate/time.Second))
	if n > beginning {
		t.left -= n
	}
	return b[:max(n, 0)], t.at, err
}

// look counts the packets that arrived since it was called last.
func (t *tap) look() {
	if stats, err := unix.GetsockoptTpacketStats(t.raw, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		t.waiting += int(stats.Packets - stats.Drops)
		t.lost += int(stats.Drops)
	}
	t.count = 0
}

// takeLost returns, from time to time, how many packets are missing in part or as a whole
// since it did last.
func (t *tap) takeLost() (lost int) {
	if t.count == 0 || t.stopped {
		lost, t.lost = t.lost, 0
	}
	return lost
}

// stop ends the waiting of next. Any goroutine may call it.
func (t *tap) stop() error { return t.file.SetReadDeadline(time.Unix(1, 0)) }

func (t *tap) close() error { return t.file.Close() }
