package relay

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// leases is the relay's table of nodes. A node whose lease has expired is removed by
// the next call. Methods whose names end in Locked expect mu to be held; all others
// are safe for concurrent use.
type leases struct {
	mu      sync.Mutex
	nodes   map[string]*node // by address
	next    int
	expired []*node // expired and not yet returned by takeExpired
}

type node struct {
	id, addr string
	from     string // source address of its registrations
	host     string // hostOf(from)
	until    time.Time
	asked    time.Time // when it was last probed
	order    int       // of arrival
}

// maxOfHost bounds the nodes of one host, so that one host cannot fill the table.
// A class on one machine shares its loopback, and a class behind one router shares
// an address: 30 students with 8 nodes each fit.
const maxOfHost = 256

// hostOf returns the key by which hosts are counted: the IPv4 address; the /64 of an
// IPv6 address, since one machine may use any address of it; or "loopback".
func hostOf(from string) string {
	addr, err := netip.ParseAddr(from)
	switch {
	case err != nil:
		return from
	case addr.Unmap().IsLoopback():
		return "loopback"
	case addr.Is6() && !addr.Is4In6():
		prefix, _ := addr.WithZone("").Prefix(64) // fails only for more than 128 bits
		return prefix.String()
	}
	return addr.Unmap().String()
}

// register adds a node or renews its lease. It reports whether the node is new and
// whether the table had room for it. A process with the address of an earlier one
// replaces it; a process whose address has changed gives up the old one.
func (l *leases) register(id, addr, from string) (fresh, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pruneLocked()
	n := l.nodes[addr]
	if n == nil || n.id != id {
		l.removeLocked(id, from)
		if all, ofHost := l.fullLocked(hostOf(from)); n == nil && (all || ofHost) {
			return false, false
		}
		l.next++
		n = &node{id: id, addr: addr, from: from, host: hostOf(from), order: l.next}
		if l.nodes == nil {
			l.nodes = make(map[string]*node)
		}
		l.nodes[addr] = n
		fresh = true
	}
	n.until = time.Now().Add(lease)
	return fresh, true
}

// fullLocked reports whether the table is full, and whether the host has maxOfHost
// nodes.
func (l *leases) fullLocked(host string) (all, ofHost bool) {
	count := 0
	for _, n := range l.nodes {
		if n.host == host {
			count++
		}
	}
	return len(l.nodes) >= maxNodes, count >= maxOfHost
}

// suspects returns at most n nodes to probe, whose removal would make room for a node
// of that host: those with the least recently renewed leases. It returns no node
// twice within a third of a lease.
func (l *leases) suspects(from string, n int) []*node {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, host := time.Now(), hostOf(from)
	_, ofHost := l.fullLocked(host)
	var found []*node
	for _, one := range l.nodes {
		if (!ofHost || one.host == host) && now.Sub(one.asked) >= lease/3 {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b *node) int { return a.until.Compare(b.until) })
	found = found[:min(n, len(found))]
	for _, one := range found {
		one.asked = now
	}
	return found
}

// drop removes n, unless another node has replaced it.
func (l *leases) drop(n *node) (removed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nodes[n.addr] != n {
		return false
	}
	delete(l.nodes, n.addr)
	return true
}

// withdraw removes the node with that ID if it was registered from that address, and
// reports whether it did.
func (l *leases) withdraw(id, from string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.removeLocked(id, from)
}

func (l *leases) removeLocked(id, from string) (removed bool) {
	for addr, n := range l.nodes {
		if n.id == id && n.from == from {
			delete(l.nodes, addr)
			removed = true
		}
	}
	return removed
}

// list returns the addresses of the nodes, longest registered first.
func (l *leases) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pruneLocked()
	nodes := make([]*node, 0, len(l.nodes))
	for _, n := range l.nodes {
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(a.order, b.order) })
	all := make([]string, len(nodes))
	for i, n := range nodes {
		all[i] = n.addr
	}
	return all
}

// pruneLocked removes the nodes whose leases have expired.
func (l *leases) pruneLocked() {
	now := time.Now()
	for addr, n := range l.nodes {
		if !now.Before(n.until) {
			delete(l.nodes, addr)
			l.expired = append(l.expired, n)
		}
	}
}

// takeExpired returns the nodes whose leases have expired since the last call.
func (l *leases) takeExpired() (ended []*node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ended, l.expired = l.expired, nil
	return ended
}
