package wire

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"peerlab/lab/event"
)

// Bounds of what an observer remembers.
const (
	maxSeen    = 4096 // connections of programs
	maxIgnored = 4096 // connections of others, and closed ones
)

// sightings makes a record of packets that are seen at one end of their connections, or
// twice at both. One goroutine calls see.
type sightings struct {
	record  record
	only    []uint16 // the ports
	ignored map[pair]uint32
	oldest  []pair // of those, in a ring
	next    int    // place in the ring

	// Of the machine: see there.
	has        func(a, b netip.Addr) (hasA, hasB bool)
	program    func(local, remote netip.AddrPort, listens bool) string
	connection func(local, remote netip.AddrPort) (exists, open bool)
}

// pair is the two ends of a connection, the smaller one first.
type pair [2]netip.AddrPort

func (h *header) pair() pair {
	if h.from.Compare(h.to) > 0 {
		return pair{h.to, h.from}
	}
	return pair{h.from, h.to}
}

// opens reports whether the packet is the first of a connection.
func (h *header) opens() bool { return h.flags&(syn|ack) == syn }

// see records a packet. A connection is known from the packet that opens it, or else from
// the first one that is seen. Those of no program, and closed ones, of which late packets may
// come, are ignored until a packet opens a connection with other numbers.
func (s *sightings) see(h *header, at time.Time) {
	known, again := s.record.knows(h)
	if !known || h.opens() && !again {
		first, ignored := s.ignored[h.pair()]
		if h.flags&rst != 0 || ignored && (!h.opens() || first == h.seq) {
			return
		}
		if !s.begin(h, at) {
			s.ignore(h)
			return
		}
	}
	if s.record.received(h, at) {
		s.ignore(h)
	}
}

// knows reports whether the connection of a packet is in the record, and whether that is one
// which the packet has opened.
func (r *record) knows(h *header) (known, opened bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, d, _ := find(r.conns, h)
	return c != nil, c != nil && d == &c.out && d.received.beginsAt(h.seq+1)
}

func (s *sightings) ignore(h *header) {
	p := h.pair()
	if _, ignored := s.ignored[p]; !ignored {
		if len(s.oldest) < maxIgnored {
			s.oldest = append(s.oldest, p)
		} else {
			delete(s.ignored, s.oldest[s.next])
			s.oldest[s.next] = p
			s.next = (s.next + 1) % maxIgnored
		}
	}
	s.ignored[p] = h.seq
}

// begin adds a connection to the record, and reports whether a program is at its end.
func (s *sightings) begin(h *header, at time.Time) bool {
	p := s.ports(h)
	opener, listener := s.has(p.opener.Addr(), p.listener.Addr())
	e := ends{Other, Other}
	if opener {
		e.from = s.program(p.opener, p.listener, false)
	}
	if listener {
		e.to = s.program(p.listener, p.opener, true)
	}
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	s.record.removeLocked(p) // an older one
	if e == (ends{Other, Other}) {
		return false
	}
	if len(s.record.conns) == maxSeen && s.forgetGoneLocked() == 0 {
		s.record.events.Add(event.Event{Time: at, Kind: event.Lost, Bytes: 1})
		return false
	}
	c := s.record.addLocked(p, e, opener, listener)
	if !h.dials() {
		s.record.connectLocked(p, c, at)
	}
	return true
}

// ports returns the ends of the connection of a packet. If the packet does not say which of
// them listens, that is the one with a port that is watched. Of two such it is the one with
// the smaller port: all machines must say the same.
func (s *sightings) ports(h *header) ports {
	out, back := ports{h.from, h.to}, ports{h.to, h.from}
	from, to := slices.Contains(s.only, h.from.Port()), slices.Contains(s.only, h.to.Port())
	switch {
	case h.opens():
		return out
	case h.dials():
		return back
	case from != to && to:
		return out
	case from != to:
		return back
	case cmp.Or(cmp.Compare(h.from.Port(), h.to.Port()), h.from.Compare(h.to)) > 0:
		return out
	}
	return back
}

// forgetGoneLocked removes the connections that ended without a packet, and returns how many
// there were.
func (s *sightings) forgetGoneLocked() int {
	before := len(s.record.conns)
	for p, c := range s.record.conns {
		if exists, _ := s.connection(c.here(p)); !exists {
			s.record.removeLocked(p)
		}
	}
	return before - len(s.record.conns)
}

// here returns the end of a connection that is on this machine, and the other one.
func (c *conn) here(p ports) (local, remote netip.AddrPort) {
	if c.out.leavesHere() {
		return p.opener, p.listener
	}
	return p.listener, p.opener
}

// open returns the connections that were made and that the program at this end has open,
// the oldest first.
func (s *sightings) open() (all []Connection) {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	conns := s.record.conns
	for _, p := range slices.SortedFunc(maps.Keys(conns), func(a, b ports) int { return conns[a].number - conns[b].number }) {
		c := conns[p]
		if _, open := s.connection(c.here(p)); open && c.connected {
			all = append(all, Connection{c.ends.from, c.ends.to, p.opener, p.listener})
		}
	}
	return all
}
