package tcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"peerlab/services/internal/lines"
)

const (
	// MaxAddr bounds an address to dial, in bytes.
	MaxAddr = 128

	// resolveTimeout bounds the request for a name that is advertised.
	resolveTimeout = 5 * time.Second
)

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

// Advertised returns the numeric address that other hosts are told to dial: that of the
// listener, unless another is given. A name in that is resolved once, to an IPv4 address
// if it has any.
func Advertised(given string, listener net.Addr) (string, error) {
	addr := cmp.Or(given, listener.String())
	if IsNumeric(addr) {
		return addr, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err == nil && strings.Contains(host, "%") {
		err = errors.New("a zone has no meaning at another host")
	}
	var all []netip.Addr
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
		defer cancel()
		all, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	if err != nil {
		return "", fmt.Errorf("other hosts cannot dial %s: %w; give a numeric address with -advertise, such as 192.0.2.1:6001", addr, err)
	}
	best := slices.MinFunc(all, func(a, b netip.Addr) int { return cmp.Compare(a.Unmap().BitLen(), b.Unmap().BitLen()) })
	return net.JoinHostPort(best.Unmap().String(), port), nil
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
