package diagram

import "peerlab/lab/event"

// order finds what happened before each node at the same process, as Lamport's
// happened-before has it: "Time, Clocks, and the Ordering of Events in a Distributed
// System", 1978. What the lab does to links, and what a scenario sees, is at no process.
func (r *Run) order() {
	last := make([]int, len(r.processes))
	for i := range last {
		last[i] = none
	}
	for i := range r.nodes {
		n := &r.nodes[i]
		if !n.ordered() {
			continue
		}
		ends := []int{n.at}
		if n.Kind == event.Connected && n.to != n.at {
			ends = append(ends, n.to) // both ends have a part in it
		}
		for k, p := range ends {
			n.before[k], last[p] = last[p], i
		}
	}
}

// prior returns the node before another at one of its processes.
func (r *Run) prior(i, process int) int {
	if r.nodes[i].at == process {
		return r.nodes[i].before[0]
	}
	return r.nodes[i].before[1]
}

// ordered reports whether a node is one of a process, and not the lab's.
func (n *node) ordered() bool {
	switch n.Kind {
	case event.Dropped, event.Held, event.Met:
		return false
	case event.Fault, event.Healed:
		return n.Process != ""
	}
	return n.at != none
}

// past returns, for each node, whether it may have caused one of these: they are reached
// from it by the order at each process and by messages.
func (r *Run) past(of []int) (in []bool, count int) {
	in = make([]bool, len(r.nodes))
	for _, i := range of {
		in[i] = true
	}
	for i := len(in) - 1; i >= 0; i-- {
		if !in[i] {
			continue
		}
		count++
		n := &r.nodes[i]
		for _, p := range []int{n.before[0], n.before[1], n.cause} {
			if p != none {
				in[p] = true
			}
		}
	}
	return in, count
}
