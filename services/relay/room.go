package relay

import (
	"context"
	"sync"
	"sync/atomic"
)

const (
	maxProbes  = 8 // nodes that are asked whether they run, for one that finds no room
	maxProbing = 8 // registrations for which that is done at a time
)

// makeRoom reports whether nodes that do not run any more have been removed, in
// whose place the node id at addr can be listed. That node must answer at addr
// itself, so that a registration of a port where nothing listens costs one dial,
// to the host that sent it, and removes nothing.
func (r *Relay) makeRoom(ctx context.Context, id, addr, from string) bool {
	if !r.isThere(ctx, addr, id) {
		return false
	}
	select {
	case r.probing <- struct{}{}:
		defer func() { <-r.probing }()
	case <-ctx.Done():
		return false
	}
	var all sync.WaitGroup
	var removed atomic.Bool
	for _, n := range r.leases.suspects(from, maxProbes) {
		all.Go(func() {
			if !r.isThere(ctx, n.addr, n.id) && ctx.Err() == nil && r.leases.drop(n) {
				removed.Store(true)
				r.tell("a node does not answer, and has made room for another", "id", n.id, "addr", n.addr)
			}
		})
	}
	all.Wait()
	return removed.Load()
}
