// Package network gives a group of programs a network of its own, so that any
// number of groups run at the same time on the same fixed ports.
//
// A network of its own is a Linux network namespace with a loopback interface and
// nothing else. It has no name in the file system: the kernel removes it when its
// last process has ended and its [Network] is closed, or the process that made it
// has been killed. [Open] enters the network of a process, such as a container's.
// [Host] is the network of the machine, for systems without namespaces.
//
//	n, err := network.New()
//	...
//	defer n.Close()
//	err = n.Start(exec.Command("server", "-listen", "127.0.0.1:4000"))
//	conn, err := n.Dial(ctx, "127.0.0.1:4000")
package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
)

// Network is a network in which commands run and sockets are made. Its methods may
// be called from any goroutine.
type Network struct {
	own *namespace // nil: the host's
}

// New makes a network of its own. The error says what to do where that is not
// possible: it takes Linux, and root or a user namespace.
func New() (*Network, error) {
	own, err := newNamespace()
	if err != nil {
		return nil, fmt.Errorf("cannot make a network namespace: %w", err)
	}
	return &Network{own: own}, nil
}

// Open returns the network of the process with this id. That takes Linux, and the
// right to trace the process and to enter its network: root's.
func Open(pid int) (*Network, error) {
	own, err := openNamespace(pid)
	if err != nil {
		return nil, fmt.Errorf("cannot enter the network of process %d: %w", pid, err)
	}
	return &Network{own: own}, nil
}

// Host returns the network of the machine. Closing it has no effect.
func Host() *Network { return &Network{} }

// Own reports whether n is a network of its own, in which every port is free.
func (n *Network) Own() bool { return n.own != nil }

// Do calls f and returns when f does. All that f does itself happens inside n: the
// sockets that it makes, the processes that it starts, and what it reads below
// /proc/thread-self/net. Goroutines that f starts are outside. A network of its own
// calls f from another goroutine, so f must not end the test or the calling
// goroutine. The error is that f has not been called.
func (n *Network) Do(f func()) error {
	if n.own == nil {
		f()
		return nil
	}
	return n.own.do(f)
}

// Start starts a command inside n, as cmd.Start does.
func (n *Network) Start(cmd *exec.Cmd) error {
	var err error
	if failed := n.Do(func() { err = cmd.Start() }); failed != nil {
		return failed
	}
	return err
}

// Dial connects over TCP to an address inside n, an IP address and a port.
func (n *Network) Dial(ctx context.Context, address string) (net.Conn, error) {
	return n.DialWith(ctx, net.Dialer{}, address)
}

// Mark is the mark (SO_MARK) of the packets of connections that Dial and DialWith open
// inside a network of its own, where the kernel allows it: they are of no program there.
const Mark = 0x7e57

// DialWith is Dial with other settings than the default ones.
func (n *Network) DialWith(ctx context.Context, d net.Dialer, address string) (net.Conn, error) {
	if err := numeric(address); err != nil {
		return nil, err
	}
	if n.Own() && d.Control == nil {
		d.Control = mark
	}
	var conn net.Conn
	var err error
	if failed := n.Do(func() { conn, err = d.DialContext(ctx, "tcp", address) }); failed != nil {
		return nil, failed
	}
	return conn, err
}

// Listen listens over TCP at an address inside n, an IP address and a port.
func (n *Network) Listen(address string) (net.Listener, error) {
	if err := numeric(address); err != nil {
		return nil, err
	}
	var ln net.Listener
	var err error
	if failed := n.Do(func() { ln, err = net.Listen("tcp", address) }); failed != nil {
		return nil, failed
	}
	return ln, err
}

// numeric refuses host names. Package net resolves a name, and dials the addresses
// of it, in goroutines of its own, which are outside.
func numeric(address string) error {
	if _, err := netip.ParseAddrPort(address); err != nil {
		return fmt.Errorf("%q is not an IP address and a port, as in 127.0.0.1:4000: %w", address, err)
	}
	return nil
}

// Close releases n. Processes inside it, and connections, stay; the kernel removes
// the network with the last of them.
func (n *Network) Close() error {
	if n.own == nil {
		return nil
	}
	return n.own.close()
}
