package relay

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// leases is the relay's table of nodes. A node that does not renew its lease in
// time is removed at the next call. All methods may be called by any goroutine;
// those whose name ends in Locked expect mu to be held.
type leases struct {
	mu    sync.Mutex
	nodes map[string]*node // by address
	next  int
	ended []*node // removed because their lease ended, until endings returns them
}

type node struct {
	id, addr string
	from     string // the address that it registers from
	host     string // hostOf that
	until    time.Time
	asked    time.Time // when it was last asked whether it runs
	order    int       // of arrival
}

// maxOfHost bounds the nodes of one host, so that one host cannot fill the table.
// All the nodes of a class on one machine come from its loopback, and a class
// behind one router from one address: 30 students with 8 nodes each fit.
const maxOfHost = 256

// hostOf returns what counts as one host: an IPv4 address, an IPv6 /64, which one
// machine may choose any address of, or all of loopback.
func hostOf(from string) string {
	addr, err := netip.ParseAddr(from)
	switch {
	case err != nil:
		return from
	case addr.Unmap().IsLoopback():
		return "loopback"
	case addr.Is6() && !addr.Is4In6():
		prefix, _ := addr.WithZone("").Prefix(64) // 64 bits are never too many
		return prefix.String()
	}
	return addr.Unmap().String()
}

// register lists a node for another lease, and reports whether it is a new one
// and whether there was room for it. A process that has taken over the address
// of another takes its place, and one whose address is another now leaves the
// old one.
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

// fullLocked reports whether the table is full, and whether the share of a host is.
func (l *leases) fullLocked(host string) (all, ofHost bool) {
	count := 0
	for _, n := range l.nodes {
		if n.host == host {
			count++
		}
	}
	return len(l.nodes) >= maxNodes, count >= maxOfHost
}

// suspects returns at most n nodes in whose place a node from that host could be
// listed if they do not run any more: those that have not renewed their lease for
// the longest. None is returned twice within a third of a lease.
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

// drop removes a node, unless another has taken its place.
func (l *leases) drop(n *node) (removed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nodes[n.addr] != n {
		return false
	}
	delete(l.nodes, n.addr)
	return true
}

// withdraw takes a node off the list, and reports whether it was there. Only the
// host that it has registered from can do that.
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

// list returns the addresses of those whose lease runs, the oldest first.
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

// pruneLocked removes the nodes whose lease has ended.
func (l *leases) pruneLocked() {
	now := time.Now()
	for addr, n := range l.nodes {
		if !now.Before(n.until) {
			delete(l.nodes, addr)
			l.ended = append(l.ended, n)
		}
	}
}

// endings returns the nodes whose lease has ended since the last call.
func (l *leases) endings() (ended []*node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ended, l.ended = l.ended, nil
	return ended
}
