package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"peerlab/lab/network"
)

// maxListeners bounds the sockets that listen and whose programs are kept.
const maxListeners = 1000

// machine is what an observer looks up on its machine. Its methods may be called by any
// goroutine.
type machine struct {
	network  *network.Network
	proc     string // the folder of the processes
	programs Programs
	sockets  sockets

	mu        sync.Mutex
	addresses map[netip.Addr]bool
	listeners map[uint32]string // programs that listen, by the inodes of their sockets
	err       error             // the first failure
	closed    bool
}

func openMachine(n *network.Network, proc string, programs Programs) (*machine, error) {
	m := &machine{network: n, proc: proc, programs: programs, listeners: make(map[uint32]string)}
	if _, err := os.Stat(filepath.Join(proc, "self", "fd")); err != nil {
		return nil, fmt.Errorf("the processes of this machine: %w: mount its /proc at %s", err, proc)
	}
	var failed error
	err := n.Do(func() { m.sockets, failed = openSockets() })
	if err = errors.Join(err, failed); err != nil {
		return nil, fmt.Errorf("the list of sockets: %w", err)
	}
	return m, nil
}

// has reports which of two addresses are of this machine. If neither is, it may have got a
// new one.
func (m *machine) has(a, b netip.Addr) (hasA, hasB bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range 2 {
		hasA, hasB = a.IsLoopback() || m.addresses[a], b.IsLoopback() || m.addresses[b]
		if hasA || hasB {
			break
		}
		m.listAddressesLocked()
	}
	return hasA, hasB
}

func (m *machine) listAddressesLocked() {
	var all []net.Addr
	var failed error
	err := m.network.Do(func() { all, failed = net.InterfaceAddrs() })
	m.failedLocked(errors.Join(err, failed))
	m.addresses = make(map[netip.Addr]bool)
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			m.addresses[p.Addr()] = true
		}
	}
}

// program returns the name of the program that has the socket with a local and a remote
// address, or listens at the local one; Other if it is none.
func (m *machine) program(local, remote netip.AddrPort, listens bool) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if listens { // it may not have accepted the connection yet, or have closed it already
		inode := m.inodeLocked(local, netip.AddrPort{})
		name := m.listeners[inode]
		if name == "" {
			name = m.programs.owner(m.proc, inode)
		}
		if name != "" {
			if len(m.listeners) == maxListeners {
				clear(m.listeners)
			}
			m.listeners[inode] = name
			return name
		}
	}
	if name := m.programs.owner(m.proc, m.inodeLocked(local, remote)); name != "" {
		return name
	}
	return Other
}

func (m *machine) inodeLocked(local, remote netip.AddrPort) uint32 {
	inode, err := m.sockets.inode(local, remote)
	m.failedLocked(err)
	return inode
}

// connection reports whether this machine still has its end of a connection, and whether
// that is open at the program. After close there is none.
func (m *machine) connection(local, remote netip.AddrPort) (exists, open bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false, false
	}
	exists, open, err := m.sockets.connection(local, remote)
	m.failedLocked(err)
	return exists, open
}

func (m *machine) failed(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failedLocked(err)
}

func (m *machine) failedLocked(err error) {
	if m.err == nil {
		m.err = err
	}
}

func (m *machine) failure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

func (m *machine) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return m.sockets.close()
}
