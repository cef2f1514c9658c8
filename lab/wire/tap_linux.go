package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	loopback       = "lo"
	ignoreOutgoing = 23         // PACKET_IGNORE_OUTGOING: on the loopback each packet would come twice
	stampOfLast    = 0x80108907 // SIOCGSTAMPNS_NEW of <linux/sockios.h>: two numbers of 64 bits
	tapMemory      = 64 << 20   // bytes of packets that wait to be read; the kernel counts those that find no room
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
	pause     = 4 * time.Millisecond
	lookEvery = 64 // packets, after which it is looked how many found no room
)

// Then the larger packets of flows without text are left out altogether for a while: to
// copy each costs the programs more than to read it.
const (
	maxLeftOut = 64 // flows
	absence    = 50 * time.Millisecond
)

// tap is a copy of the packets of a network namespace. Its methods but stop
// are for one goroutine.
type tap struct {
	file    *os.File
	raw     int
	only    []uint16 // nil: all ports
	whole   bool     // every packet is read whole
	acks    bool     // packets without a payload are read, too
	packet  []byte
	at      time.Time // when the latest was read
	stamped time.Time // when the kernel had seen it; see stamp
	left    int       // bytes of large packets that may be read
	count   int       // packets since it was looked how many found no room
	waiting int       // those that were seen to wait and have not been read
	lost    int       // packets that found no room, or were not read whole
	stopped bool
	idle    func(bool) // told when none waits, and when one has come; nil: not

	leftOut []uint32  // flows of which large packets are left out; see filter
	until   time.Time // and then no longer
	gaps    bool      // packets may have been left out between those that wait
}

// openTap opens the tap of the network namespace of the calling thread: of what arrives over
// the loopback interface, or everywhere of what leaves and arrives over any. With ports there
// are only packets from or to these. Unless packets are to be whole, of large ones the rest may
// be missing, and on the loopback interface those that tell the record nothing are.
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
	t := &tap{file: os.NewFile(uintptr(fd), "packets of "+name), raw: fd, only: only, whole: whole, acks: everywhere, packet: make([]byte, maxPacket), left: burst}
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)) // in the order of the network
	if err := errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, tapMemory),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, ignoreOutgoing, outgoing),
		t.filter(),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index}), // no packet comes before
	); err != nil {
		return nil, fmt.Errorf("a copy of the packets of %s: %w", name, errors.Join(err, t.close()))
	}
	return t, nil
}

// filter tells the kernel which packets to copy.
func (t *tap) filter() error {
	if t.whole {
		return nil
	}
	raw, err := filter(t.only, t.acks, t.leftOut)
	if err != nil {
		return err
	}
	program := make([]unix.SockFilter, len(raw))
	for i, x := range raw {
		program[i] = unix.SockFilter{Code: x.Op, Jt: x.Jt, Jf: x.Jf, K: x.K}
	}
	return os.NewSyscallError("SO_ATTACH_FILTER", unix.SetsockoptSockFprog(t.raw, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}))
}

// leaveOut tells the kernel to leave out large packets of the flow of a packet.
func (t *tap) leaveOut(h *header) error {
	flow := uint32(h.from.Port())<<16 | uint32(h.to.Port())
	if len(t.leftOut) == maxLeftOut || slices.Contains(t.leftOut, flow) {
		return nil
	}
	if len(t.leftOut) == 0 {
		t.until = t.at.Add(absence)
	}
	t.gaps = true
	t.leftOut = append(t.leftOut, flow)
	return t.filter()
}

// next waits for a packet, and returns it and the time. It is there until the next call.
// After stop, and all packets that had arrived before, it returns os.ErrClosed.
func (t *tap) next() (packet []byte, at time.Time, err error) {
	if t.count++; t.count == lookEvery {
		t.look()
	}
	if len(t.leftOut) > 0 && t.at.After(t.until) {
		t.leftOut = nil
		if err := t.filter(); err != nil {
			return nil, t.at, err
		}
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
	case empty && len(t.leftOut) > 0: // perhaps none will come
		<-time.After(pause)
		t.now()
		return t.next()
	case empty:
		t.gaps = false
		if flood {
			<-time.After(pause)
		}
		if t.idle != nil {
			t.idle(true)
		}
		n, err = t.file.Read(b)
		if t.idle != nil {
			t.idle(false)
		}
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
	t.now()
	if n > beginning {
		t.left -= n
	}
	return b[:max(n, 0)], t.at, err
}

// now looks at the clock: so many more bytes may be read.
func (t *tap) now() {
	before := t.at
	t.at = time.Now()
	t.left = min(burst, t.left+int(min(t.at.Sub(before), time.Second)*rate/time.Second))
}

// stamp returns when the kernel has seen the packet that was read last, which is no earlier
// than the one before.
func (t *tap) stamp() time.Time {
	var at unix.Timespec
	_, _, failed := unix.Syscall(unix.SYS_IOCTL, uintptr(t.raw), stampOfLast, uintptr(unsafe.Pointer(&at)))
	stamp := time.Unix(at.Unix())
	if failed != 0 || stamp.Before(t.stamped) {
		return t.stamped
	}
	t.stamped = stamp
	return stamp
}

// waits reports whether packets wait to be read. Any goroutine may call it.
func (t *tap) waits() bool {
	at := []unix.PollFd{{Fd: int32(t.raw), Events: unix.POLLIN}}
	n, err := unix.Poll(at, 0)
	return n > 0 || err != nil
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
