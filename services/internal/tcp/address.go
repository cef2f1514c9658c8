package tcp

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"peerlab/services/internal/lines"
)

// MaxAddr bounds an address to dial, in bytes.
const MaxAddr = 128

// CheckAddr returns an error that names the remedy unless addr is HOST:PORT with
// a port from 0 to 65535.
func CheckAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not an address; write HOST:PORT, such as 127.0.0.1:4000", addr)
	}
	if _, err = ParsePort(port); err != nil {
		return fmt.Errorf("address %q: %w", addr, err)
	}
	return nil
}

// ParsePort returns the port number that s spells, from 0 to 65535.
func ParsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is not a port; give a number from 1 to 65535, or 0 for any", s)
	}
	return int(n), nil
}

// CheckDial returns an error that names the remedy unless addr can be dialled: HOST,
// which may be a name, and a port from 1.
func CheckDial(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	n, e := ParsePort(port)
	if err != nil || e != nil || n == 0 || host == "" || len(addr) > MaxAddr || !lines.Clean([]byte(addr)) || strings.ContainsAny(addr, " #") {
		return fmt.Errorf("%s is not an address to dial; write HOST:PORT, such as 127.0.0.1:4000", lines.Quote([]byte(addr)))
	}
	return nil
}

// IsNumeric reports whether a dial of addr requests no name, and means the same at
// every host: a port from 1, and an IPv4 address in four decimal parts or an IPv6
// address without a zone.
func IsNumeric(addr string) bool {
	a, err := netip.ParseAddrPort(addr)
	return err == nil && a.Port() != 0 && a.Addr().Zone() == "" && len(addr) <= MaxAddr
}

// CheckAnnounced returns an error that names the remedy unless addr, at which a process
// listens, means the same at other hosts.
func CheckAnnounced(addr string) error {
	if IsNumeric(addr) {
		return nil
	}
	return fmt.Errorf("other hosts cannot dial %s: a zone has no meaning there; listen at an address without one", addr)
}

// Reachable returns the address to dial for addr, which was received over a connection:
// an unspecified host is replaced by the one that the connection came from, without its
// zone.
func Reachable(addr string, from net.Addr) string {
	at, err := netip.ParseAddrPort(addr)
	if err != nil || !at.Addr().Unmap().IsUnspecified() {
		return addr
	}
	remote, err := netip.ParseAddrPort(from.String())
	if err != nil {
		return addr
	}
	return netip.AddrPortFrom(remote.Addr().WithZone(""), at.Port()).String()
}
