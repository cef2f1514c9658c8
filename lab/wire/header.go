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
}

// dials reports whether the packet is one of the two that open a connection.
func (h *header) dials() bool { return h.flags&syn != 0 }

// parseHeader parses a packet of IPv4 or IPv6 that holds TCP.
func parseHeader(b []byte) (h header, ok bool) {
	var from, to netip.Addr
	var tcp []byte
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		begin, end := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
		if end == 0 { // a large one, not yet cut
			end = len(b)
		}
		if b[9] != protocolTCP || begin > end || end > len(b) {
			return h, false
		}
		from, to, tcp = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), b[begin:end]
	case len(b) >= 40 && b[0]>>4 == 6 && b[6] == protocolTCP:
		from, to, tcp = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), b[40:]
	}
	if len(tcp) < 20 || len(tcp) < int(tcp[12]>>4)*4 {
		return h, false
	}
	return header{
		from: netip.AddrPortFrom(from, binary.BigEndian.Uint16(tcp[0:])),
		to:   netip.AddrPortFrom(to, binary.BigEndian.Uint16(tcp[2:])),
		seq:  binary.BigEndian.Uint32(tcp[4:]), flags: tcp[flagsAt], payload: tcp[int(tcp[12]>>4)*4:],
	}, true
}
