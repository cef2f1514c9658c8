package wire

import (
	"encoding/binary"
	"net/netip"
)

// Of the headers of IP and TCP.
const (
	protocolTCP = 6
	flagsAt     = 13 // in the header of TCP

	fin, syn, rst, ack = 0x01, 0x02, 0x04, 0x10
)

// header is what the headers of a packet of TCP say.
type header struct {
	from, to netip.AddrPort
	seq      uint32
	flags    byte
	payload  []byte
	unread   int // bytes of the payload after those: the packet was not copied whole
}

// segment returns the payload as a part of its stream.
func (h *header) segment() segment { return segment{h.seq, h.payload, h.unread} }

// dials reports whether the packet is one of the two that open a connection.
func (h *header) dials() bool { return h.flags&syn != 0 }

// parseHeader parses the beginning of a packet of IPv4 or IPv6 that holds TCP.
func parseHeader(b []byte) (h header, ok bool) {
	var from, to netip.Addr
	var begin, end int
	switch {
	case len(b) >= 20 && b[0]>>4 == 4 && b[9] == protocolTCP:
		begin, end = int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
		from, to = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	case len(b) >= 40 && b[0]>>4 == 6 && b[6] == protocolTCP:
		if begin = 40; b[4]|b[5] != 0 {
			end = begin + int(binary.BigEndian.Uint16(b[4:]))
		}
		from, to = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	default:
		return h, false
	}
	if end == 0 { // a large one, not yet cut
		end = len(b)
	}
	if begin > min(end, len(b)) {
		return h, false
	}
	tcp := b[begin:min(end, len(b))]
	if len(tcp) < 20 || len(tcp) < int(tcp[12]>>4)*4 {
		return h, false
	}
	return header{
		from: netip.AddrPortFrom(from, binary.BigEndian.Uint16(tcp[0:])),
		to:   netip.AddrPortFrom(to, binary.BigEndian.Uint16(tcp[2:])),
		seq:  binary.BigEndian.Uint32(tcp[4:]), flags: tcp[flagsAt], payload: tcp[int(tcp[12]>>4)*4:], unread: max(end-len(b), 0),
	}, true
}
