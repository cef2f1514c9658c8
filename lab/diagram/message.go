package diagram

import (
	"slices"

	"peerlab/lab/event"
)

// message is what a node knows of the message that it sent or received.
type message struct {
	cause    int  // of Received: the node that sent it
	received int  // of Sent: the node that received it
	dropped  bool // of Sent: a fault dropped a packet of it; if it was received, it was sent again
	held     bool // of Sent: a fault held a packet of it
	told     bool // of Dropped and Held: a Sent says so
}

// way is one direction of a connection.
type way struct {
	connection int
	from       string
}

// matchMessages finds which node received what another has sent: the one with the same
// bytes of the same direction of a connection. The two cut bytes that are no text into
// different pieces; then the first that overlaps counts. A fault dropped what was sent over
// that link at the time of the drop.
func (r *Run) matchMessages() {
	waiting := map[way][]int{} // nodes that sent what was not received yet, in the order of the bytes
	for i := range r.nodes {
		n := &r.nodes[i]
		if n.Link == nil {
			continue
		}
		w := way{n.Link.Connection, n.Link.From}
		switch n.Kind {
		case event.Sent:
			waiting[w] = append(waiting[w], i)
		case event.Received:
			waiting[w] = r.receive(i, waiting[w])
		case event.Dropped, event.Held:
			for _, s := range slices.Backward(waiting[w]) {
				sent := &r.nodes[s]
				if !sent.Time.Equal(n.Time) {
					break
				}
				n.told = true
				sent.dropped = sent.dropped || n.Kind == event.Dropped
				sent.held = sent.held || n.Kind == event.Held
			}
		}
	}
}

// receive matches a node with those that wait, and returns the ones that still do.
func (r *Run) receive(i int, waiting []int) []int {
	n := &r.nodes[i]
	begin, end := n.Link.Offset, n.Link.Offset+uint64(n.Bytes)
	return slices.DeleteFunc(waiting, func(s int) bool {
		sent := &r.nodes[s]
		from, to := sent.Link.Offset, sent.Link.Offset+uint64(sent.Bytes)
		if from >= end || to <= begin {
			return false
		}
		sent.received = i
		if n.cause == none {
			n.cause = s
		}
		return true
	})
}

// fate is what became of a message.
type fate int

const (
	arrived fate = iota
	unread       // it arrived, and the process did not run
	heldUp       // a fault held it, and it arrived later
	again        // a fault dropped it, and it arrived when it was sent again
	lost
)

func (f fate) String() string { return [...]string{"arrived", "unread", "held", "again", "lost"}[f] }

// says is for people.
func (f fate) says() string {
	return [...]string{
		"", "it arrived where no process ran to read it", "a fault held it up", "a fault dropped it; TCP sent it again", "it did not arrive",
	}[f]
}

// fate returns what became of the message that a node has sent.
func (r *Run) fate(i int) fate {
	n := &r.nodes[i]
	switch {
	case n.received == none:
		return lost
	case n.to != none && !r.runs(n.to, n.received):
		return unread
	case n.dropped:
		return again
	case n.held:
		return heldUp
	}
	return arrived
}
