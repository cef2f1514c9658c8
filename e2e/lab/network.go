package lab

import (
	"context"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"peerlab/lab/network"
)

// networkVariable puts all labs on the host's network if it is "host".
const networkVariable = variablePrefix + "NETWORK"

// OnHost puts the lab on the host's network, where it would otherwise have one of
// its own. It is for tests that start programs by other means than the lab.
func OnHost() Option {
	return func(l *Lab) { l.onHost = true }
}

// newNetwork makes the network of the lab: one of its own if the lab runs no
// container, which would be on the host's.
func (l *Lab) newNetwork() *network.Network {
	if l.onHost || l.cast.usesContainers() || os.Getenv(networkVariable) == "host" {
		return network.Host()
	}
	n, err := network.New()
	if err != nil {
		l.run.sharedNetwork.Do(func() { l.run.leftOut("left out: a network for each scenario: " + err.Error()) })
		return network.Host()
	}
	return n
}

// usesContainers reports whether a role may run in a container.
func (c casting) usesContainers() bool {
	if c.container {
		return true
	}
	told := slices.Collect(maps.Values(c.overrides))
	for _, setting := range os.Environ() {
		if name, value, _ := strings.Cut(setting, "="); strings.HasPrefix(name, variablePrefix) {
			told = append(told, value)
		}
	}
	return slices.ContainsFunc(told, func(setting string) bool {
		p, err := parseProgram(setting)
		return err == nil && p.image != ""
	})
}

// NeedsOwnNetwork leaves the test out unless the lab has a network of its own.
func NeedsOwnNetwork(l *Lab) {
	l.t.Helper()
	if !l.OwnNetwork() {
		LeaveOut(l.t, "it needs a network of its own, and is on the host's")
	}
}

// OwnNetwork reports whether the lab has a network of its own, in which every port
// is free that the lab has not given out.
func (l *Lab) OwnNetwork() bool { return l.network.Own() }

// Dial connects over TCP to a program of the lab. The address is an IP address and
// a port. May be called from any goroutine.
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
// IP address and a port. May be called from any goroutine.
func (l *Lab) Listen(address string) (net.Listener, error) {
	return l.network.Listen(address)
}
