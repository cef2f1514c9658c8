package causal

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"peerlab/lab/event"
	"peerlab/lab/wire"
)

// ends are the addresses of a connection.
type ends struct{ opener, listener netip.AddrPort }

// parseEnds reads the text of an event of kind connected.
func parseEnds(text string) (e ends, err error) {
	opener, listener, _ := strings.Cut(text, " ")
	if e.opener, err = netip.ParseAddrPort(opener); err == nil {
		e.listener, err = netip.ParseAddrPort(listener)
	}
	return e, err
}

// connection is one in the merged record. Its two ends may be at different nodes, each of
// which has recorded it under a number of its own.
type connection struct {
	number int
	ends
	from, to  string    // names of the programs, or [wire.Other]
	nodes     [2]string // that have recorded the end of the opener, and of the listener
	out, back way       // from the opener, and to it
	shown     bool      // connected stands in the record
}

// way is a direction of a connection. Places in it count from the first byte that a node has
// told of; another node may have seen earlier ones.
type way struct {
	added  int64 // the place behind what the sender's node has recorded as sent
	sent   int64 // and behind that of it that stands in the merged record
	closed bool
	begun  bool
	first  uint32 // TCP's number of the byte at place 0
	shown  bool   // an event of it stands in the merged record
	zero   int64  // the place of the offset 0 there
}

// place returns the place of an event. A node that has seen a connection later than the
// other one counts its offsets from another byte.
func (w *way) place(l *event.Link) int64 {
	if l.Sequence == 0 { // of no byte
		return int64(l.Offset)
	}
	first := l.Sequence - uint32(l.Offset)
	if !w.begun {
		w.begun, w.first = true, first
	}
	return int64(l.Offset) + int64(int32(first-w.first))
}

// show returns the offset in the merged record of an event at a place.
func (w *way) show(place int64) uint64 {
	if !w.shown {
		w.shown, w.zero = true, min(place, 0)
	}
	return uint64(max(0, place-w.zero))
}

// the ends of a connection.
const (
	opener = iota
	listener
)

// fromOpener reports whether the event of a node is of the direction from the opener.
func (c *connection) fromOpener(node string, l *event.Link) bool {
	if c.nodes[opener] == node {
		return l.From == c.from
	}
	return l.To == c.to
}

func (c *connection) way(fromOpener bool) *way {
	if fromOpener {
		return &c.out
	}
	return &c.back
}

// connect adds the connection that an event of kind connected is of, to which its node gives
// the number in it. Without addresses it is none.
func (m *Merger) connect(node string, e event.Event) *connection {
	at, err := parseEnds(e.Text)
	if err != nil || e.Link == nil {
		return nil
	}
	c := m.connections[at]
	if c == nil || c.isClosed() || slices.Contains(c.nodes[:], node) { // the same addresses, used again
		m.count++
		c = &connection{number: m.count, ends: at, from: wire.Other, to: wire.Other}
		m.connections[at] = c
	}
	if e.Link.From != wire.Other {
		c.from, c.nodes[opener] = e.Link.From, node
	}
	if e.Link.To != wire.Other {
		c.to, c.nodes[listener] = e.Link.To, node
	}
	m.numbers[numbered{node, e.Link.Connection}] = c
	return c
}

// maxClosed is how many closed connections are remembered: the other node may still tell of
// what was on its way.
const maxClosed = 1000

// close counts a direction of a connection as closed, or both.
func (m *Merger) close(c *connection, fromOpener, both bool) {
	before := c.isClosed()
	both = both || c.nodes[opener] == "" || c.nodes[listener] == "" // the end there is of no node
	c.out.closed = c.out.closed || both || fromOpener
	c.back.closed = c.back.closed || both || !fromOpener
	if before || !c.isClosed() {
		return
	}
	m.closed = append(m.closed, c)
	if len(m.closed) > maxClosed {
		m.forget(m.closed[0])
		m.closed = m.closed[1:]
	}
}

func (c *connection) isClosed() bool { return c.out.closed && c.back.closed }

func (m *Merger) forget(c *connection) {
	if m.connections[c.ends] == c {
		delete(m.connections, c.ends)
	}
	maps.DeleteFunc(m.numbers, func(_ numbered, other *connection) bool { return other == c })
}
