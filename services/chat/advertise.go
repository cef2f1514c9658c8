package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"peerlab/services/chat/internal/wire"
)

// resolveTimeout bounds the request for the name in -advertise.
const resolveTimeout = 5 * time.Second

// advertised returns the address that other members dial: that of the listener,
// or the one given with -advertise. A name there is resolved once, to an IPv4
// address if it has any, because other members accept numeric addresses only.
func advertised(given string, listener net.Addr) (string, error) {
	if given == "" {
		if given = listener.String(); wire.CheckAddr(given) != nil {
			return "", fmt.Errorf("other members cannot dial %s; give an address that they can with -advertise, such as 192.0.2.1:6001", given)
		}
		return given, nil
	}
	if wire.CheckAddr(given) == nil {
		return given, nil
	}
	host, port, err := net.SplitHostPort(given)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	var all []netip.Addr
	if strings.Contains(host, "%") {
		err = errors.New("a zone has no meaning at another host")
	} else {
		all, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	if err != nil {
		return "", fmt.Errorf("-advertise %s: %w; give a numeric address, such as 192.0.2.1:6001", given, err)
	}
	best := slices.MinFunc(all, func(a, b netip.Addr) int { return cmp.Compare(a.Unmap().BitLen(), b.Unmap().BitLen()) })
	return net.JoinHostPort(best.Unmap().String(), port), nil
}
