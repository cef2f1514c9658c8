package lab

import (
	"context"
	"fmt"
	"net"

	"peerlab/lab/network"
)

// newNetwork makes the network of the lab: one of its own if that is possible. If
// the lab may run containers, it is that of a holder, which they can join. Programs that run
// as other users, since nothing is known of them, never have the host's by default.
func (l *Lab) newNetwork(onHost bool) (*network.Network, *holder, error) {
	if onHost {
		return network.Host(), nil, nil
	}
	n, h, err := l.ownNetwork()
	switch {
	case err == nil:
	case l.limits != nil && l.limits.Group != 0 && !l.limits.Lenient:
		return nil, nil, fmt.Errorf("programs of strangers need a network of their own: %w", err)
	default:
		l.bench.sharedNetwork.Do(func() { l.bench.config.LeftOut("left out: a network for each scenario: " + err.Error()) })
		return network.Host(), nil, nil
	}
	return n, h, nil
}

func (l *Lab) ownNetwork() (*network.Network, *holder, error) {
	if !l.cast.usesContainers() {
		n, err := network.New()
		return n, nil, err
	}
	all, err := l.bench.holders()
	if err != nil {
		return nil, nil, err
	}
	h, err := all.take()
	if err != nil {
		return nil, nil, err
	}
	return h.network, h, nil
}

// closeNetwork gives back what the lab had of a network.
func (l *Lab) closeNetwork() error {
	if l.network.Own() {
		return l.network.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bench.ports.giveBack(l.ports)
	return nil
}

// OwnNetwork reports whether the lab has a network of its own, in which every port
// is free that the lab has not given out.
func (l *Lab) OwnNetwork() bool { return l.network.Own() }

// Network is where the programs of the lab run, for what is none of them.
func (l *Lab) Network() *network.Network { return l.network }

// Dial connects over TCP to a program of the lab. The address is an IP address and
// a port.
func (l *Lab) Dial(address string) (net.Conn, error) {
	return l.DialContext(context.Background(), address)
}

// DialContext is Dial until ctx ends.
func (l *Lab) DialContext(ctx context.Context, address string) (net.Conn, error) {
	return l.network.Dial(ctx, address)
}

// DialWith is Dial with other settings than the default ones.
func (l *Lab) DialWith(d net.Dialer, address string) (net.Conn, error) {
	return l.network.DialWith(context.Background(), d, address)
}

// Listen listens over TCP where programs of the lab can connect. The address is an
// IP address and a port.
func (l *Lab) Listen(address string) (net.Listener, error) {
	return l.network.Listen(address)
}
