package wire

import (
	"encoding/binary"
	"net/netip"
)

// Of the headers of IP and TCP.
const (
	protocolTCP = 6
	flagsAt     = 13 // in the header of TCP
	syn, ack    = 0x02, 0x10
)

// header is what the headers of a packet of TCP say.
type header struct {
	from, to netip.AddrPort
	dials    bool // it has SYN
}

// parseHeader parses a packet of IPv4 or IPv6 that holds TCP.
func parseHeader(b []byte) (h header, ok bool) {
	var from, to netip.Addr
	var tcp []byte
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		length := int(b[0]&0xf) * 4
		if b[9] != protocolTCP || len(b) < length {
			return h, false
		}
		from, to, tcp = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), b[length:]
	case len(b) >= 40 && b[0]>>4 == 6 && b[6] == protocolTCP:
		from, to, tcp = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), b[40:]
	}
	if len(tcp) < 20 {
		return h, false
	}
	h.from = netip.AddrPortFrom(from, binary.BigEndian.Uint16(tcp[0:]))
	h.to = netip.AddrPortFrom(to, binary.BigEndian.Uint16(tcp[2:]))
	h.dials = tcp[flagsAt]&syn != 0
	return h, true
}
