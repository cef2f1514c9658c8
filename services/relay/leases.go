package relay

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// leases is the relay's table of nodes. A node that does not renew its lease in
// time is no longer listed, and forgotten with the next change.
type leases struct {
	mu    sync.Mutex
	nodes map[string]*node // by address
	next  int
}

type node struct {
	id, addr string
	from     string // the host that it registers from
	until    time.Time
	order    int // of arrival
}

// register lists a node for another lease, and reports whether it is a new one
// and whether there was room for it. A process that has taken over the address
// of another takes its place, and one whose address is another now leaves the
// old one.
func (l *leases) register(id, addr, from string) (fresh, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune()
	n := l.nodes[addr]
	if n == nil || n.id != id {
		l.remove(id, from)
		if n == nil && len(l.nodes) >= maxNodes {
			return false, false
		}
		l.next++
		n = &node{id: id, addr: addr, from: from, order: l.next}
		if l.nodes == nil {
			l.nodes = make(map[string]*node)
		}
		l.nodes[addr] = n
		fresh = true
	}
	n.until = time.Now().Add(lease)
	return fresh, true
}

// withdraw takes a node off the list, and reports whether it was there. Only the
// host that it has registered from can do that.
func (l *leases) withdraw(id, from string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.remove(id, from)
}

// remove is called with l.mu held.
func (l *leases) remove(id, from string) (removed bool) {
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
	l.prune()
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

// prune forgets those whose lease has ended. It is called with l.mu held.
func (l *leases) prune() {
	now := time.Now()
	for addr, n := range l.nodes {
		if !now.Before(n.until) {
			delete(l.nodes, addr)
		}
	}
}
