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
	until    time.Time
	order    int // of arrival
}

// register lists a node for another lease, and reports whether it is a new one
// and whether there was room for it. A process that has taken over the address
// of another takes its place.
func (l *leases) register(id, addr string) (fresh, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.nodes[addr]
	if n == nil || n.id != id || time.Now().After(n.until) {
		fresh = true
		if n == nil {
			l.prune()
			if len(l.nodes) >= maxNodes {
				return false, false
			}
		}
		l.next++
		n = &node{id: id, addr: addr, order: l.next}
		if l.nodes == nil {
			l.nodes = make(map[string]*node)
		}
		l.nodes[addr] = n
	}
	n.until = time.Now().Add(lease)
	return fresh, true
}

// withdraw takes a node off the list, and reports whether it was there.
func (l *leases) withdraw(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for addr, n := range l.nodes {
		if n.id == id {
			delete(l.nodes, addr)
			return true
		}
	}
	return false
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
		if now.After(n.until) {
			delete(l.nodes, addr)
		}
	}
}
