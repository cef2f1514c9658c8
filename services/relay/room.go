package relay

import (
	"context"
	"sync"
	"sync/atomic"
)

const (
	maxProbes  = 8 // nodes that one registration in a full table probes
	maxProbing = 8 // registrations that probe at a time
)

// makeRoom removes nodes that no longer answer, so that the node id at addr can be
// listed, and reports whether it removed any. First the new node must answer at
// addr itself, so that registering a port where nothing listens costs one dial, to
// the host that sent it, and removes nothing.
func (r *Relay) makeRoom(ctx context.Context, id, addr, from string) bool {
	if !r.answers(ctx, addr, id) {
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
			if !r.answers(ctx, n.addr, n.id) && ctx.Err() == nil && r.leases.drop(n) {
				removed.Store(true)
				r.logNode("node does not answer; removed to make room", "id", n.id, "addr", n.addr)
			}
		})
	}
	all.Wait()
	return removed.Load()
}
