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
	from, to              string    // names of the programs, or [wire.Other]
	nodes                 [2]string // that have recorded the end of the opener, and of the listener
	out, back             uint64    // bytes that the opener, and the listener, are known to have sent
	shown                 bool      // connected stands in the record
	closedOut, closedBack bool
	independent           bool // one node lacks what the other one has: its events are not waited for
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

// sent returns how much of a direction was sent.
func (c *connection) sent(fromOpener bool) *uint64 {
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
	if c == nil || slices.Contains(c.nodes[:], node) { // the same addresses, used again
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

// close counts a direction of a connection as closed, or both, and forgets the connection when
// they are.
func (m *Merger) close(c *connection, fromOpener, both bool) {
	c.closedOut = c.closedOut || both || fromOpener
	c.closedBack = c.closedBack || both || !fromOpener
	if !c.closedOut || !c.closedBack {
		return
	}
	if m.connections[c.ends] == c {
		delete(m.connections, c.ends)
	}
	maps.DeleteFunc(m.numbers, func(_ numbered, other *connection) bool { return other == c })
}
