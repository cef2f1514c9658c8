package wire

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	"peerlab/lab/event"
)

// record makes events of packets. Its methods may be called by any goroutine.
type record struct {
	events  *event.Recorder // nil: there is no record
	several bool            // there are records of other machines, with the same connections

	mu    sync.Mutex
	conns map[ports]*conn
	// dialled are connections with the ports of older ones, whose last packets have not been
	// read from the tap: the queues may be ahead of it.
	dialled map[ports]*conn
	count   int
}

// ports are the two ends of a connection, that of its opener first.
type ports struct{ opener, listener netip.AddrPort }

// conn is a connection in the record.
type conn struct {
	number    int
	ends      ends
	connected bool
	out, back direction // from the opener, and to it
}

// direction is what goes one way of a connection.
type direction struct {
	kinds    []event.Kind // of the events that a piece makes: Sent, Received or both
	received stream
	sent     *stream // the same bytes as they leave; nil: all have arrived
	closed   bool
}

// leavesHere reports whether the sender is on this machine.
func (d *direction) leavesHere() bool { return d.kinds[0] == event.Sent }

// open adds a connection that is being opened.
func (r *record) open(p ports, e ends) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.conns[p]; old != nil && !old.connected && old.ends == e {
		return // its SYN was sent again
	}
	old, next := r.conns[p], r.dialled[p]
	switch {
	case next != nil && next.ends == e: // likewise
	case old == nil:
		r.addLocked(p, e, true, true)
	default:
		if r.dialled == nil {
			r.dialled = make(map[ports]*conn)
		}
		r.dialled[p] = r.addLocked(p, e, true, true)
		r.conns[p] = old
	}
}

// addLocked adds a connection. Its opener, its listener or both are on this machine.
func (r *record) addLocked(p ports, e ends, opener, listener bool) *conn {
	both := []event.Kind{event.Sent, event.Received}
	out, back := both, both
	switch {
	case !listener:
		out, back = both[:1], both[1:]
	case !opener:
		out, back = both[1:], both[:1]
	}
	r.count++
	c := &conn{number: r.count, ends: e, out: direction{kinds: out}, back: direction{kinds: back}}
	r.conns[p] = c
	return c
}

func (r *record) connectLocked(p ports, c *conn, at time.Time) {
	c.connected = true
	r.events.Add(event.Event{
		Time: at, Kind: event.Connected, Text: p.opener.String() + " " + p.listener.String(),
		Link: &event.Link{From: c.ends.from, To: c.ends.to, Connection: c.number},
	})
}

// find returns the connection of a packet, and the direction that it goes.
func find(conns map[ports]*conn, h *header) (c *conn, d *direction, link event.Link) {
	if c = conns[ports{h.from, h.to}]; c != nil {
		return c, &c.out, event.Link{From: c.ends.from, To: c.ends.to, Connection: c.number}
	}
	if c = conns[ports{h.to, h.from}]; c != nil {
		return c, &c.back, event.Link{From: c.ends.to, To: c.ends.from, Connection: c.number}
	}
	return nil, nil, link
}

// sent records a packet that is on its way, or what a fault has made of it.
func (r *record) sent(h *header, at time.Time, v verdict) {
	if r.events == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c, d, link := find(r.dialled, h)
	if c == nil {
		c, d, link = find(r.conns, h)
	}
	if c == nil {
		return
	}
	if d.sent == nil {
		d.sent = d.received.clone()
	}
	r.addSentLocked(h, at, d, link)
	switch v {
	case drop:
		r.add(event.Dropped, at, link, len(h.payload))
	case hold:
		r.add(event.Held, at, link, len(h.payload))
	}
}

func (r *record) addSentLocked(h *header, at time.Time, d *direction, link event.Link) {
	if h.dials() {
		d.sent.begin(h.seq + 1)
		return
	}
	to := r.pieces(at, link, d, event.Sent)
	d.sent.feed(h.segment(), to)
	if h.flags&fin != 0 {
		d.sent.flush(to)
	}
}

// expect prepares for a packet that received records next: with gaps, packets of a dull stream
// may have been left out before it. It returns how many have, at least, and whether the stream
// is dull.
func (r *record) expect(h *header, gaps bool) (missing int, dull bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, d, _ := find(r.conns, h)
	if c == nil {
		return 0, false
	}
	s := &d.received
	switch {
	case gaps && s.dull:
		s.gaps = 2
	case !gaps && s.gaps > 0:
		s.gaps--
	}
	if d.sent != nil {
		d.sent.gaps = s.gaps
	}
	if s.gaps > 0 && s.begun {
		missing = max(0, (int(int32(h.seq-s.next))+maxSegment-1)/maxSegment)
	}
	return missing, s.dull
}

// received records a packet that has arrived, or was seen to leave if this record is of one
// end. It reports whether it was the last of its connection.
func (r *record) received(h *header, at time.Time) (last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := (ports{h.from, h.to}); h.opens() && r.dialled[p] != nil {
		r.conns[p] = r.dialled[p]
		delete(r.dialled, p)
	}
	c, d, link := find(r.conns, h)
	if c == nil {
		return false
	}
	to := r.pieces(at, link, d, d.kinds...)
	if d.sent != nil {
		r.addSentLocked(h, at, d, link)
		to = r.pieces(at, link, d, event.Received)
	}
	switch {
	case h.dials():
		d.received.begin(h.seq + 1)
		if h.flags&ack != 0 && !c.connected {
			r.connectLocked(ports{h.to, h.from}, c, at)
		}
		return false
	case h.flags&rst != 0 && !d.received.near(h.seq):
		return false // it is of an older connection with the same ports
	case h.flags&rst != 0:
		if d.leavesHere() && !d.closed {
			r.add(event.Reset, at, link, 0)
		}
		c.out.closed, c.back.closed = true, true
	case !c.connected && d == &c.out: // the answer was not seen
		r.connectLocked(ports{h.from, h.to}, c, at)
	}
	d.received.feed(h.segment(), to)
	if h.flags&fin != 0 && !d.closed {
		d.received.flush(to)
		d.closed = true
		if d.leavesHere() {
			r.add(event.Closed, at, link, 0)
		}
	}
	if d.sent != nil && d.sent.next == d.received.next && d.sent.waiting+d.received.waiting == 0 {
		d.sent = nil
	}
	if last = c.out.closed && c.back.closed; last {
		r.removeLocked(ports{h.from, h.to})
	}
	return last
}

// removeLocked removes a connection, whichever of the two has opened it.
func (r *record) removeLocked(p ports) {
	delete(r.conns, p)
	delete(r.conns, ports{p.listener, p.opener})
}

func (r *record) add(kind event.Kind, at time.Time, link event.Link, bytes int) {
	r.events.Add(event.Event{Time: at, Kind: kind, Link: &link, Bytes: bytes})
}

// pieces returns what adds a piece of a stream to the record, as events of some kinds.
func (r *record) pieces(at time.Time, link event.Link, d *direction, kinds ...event.Kind) func(piece) {
	return func(p piece) {
		link.Offset = p.offset
		if r.several {
			link.Sequence = d.received.first + uint32(p.offset)
		}
		r.events.AddText(event.Event{Time: at, Link: &link, Bytes: p.bytes}, p.text, kinds...)
	}
}

// unfinished returns the text that was received last on each connection and whose line has
// no end yet.
func (r *record) unfinished() (all []event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		for _, d := range []*direction{&c.out, &c.back} {
			link := event.Link{From: c.ends.from, To: c.ends.to, Connection: c.number, Offset: d.received.began}
			if d == &c.back {
				link.From, link.To = link.To, link.From
			}
			if s := &d.received; s.size > 0 && isText(s.line, true) {
				all = append(all, event.Event{Kind: event.Received, Link: &link, Text: string(s.line), Bytes: s.size})
			}
		}
	}
	slices.SortFunc(all, func(a, b event.Event) int { return cmp.Compare(a.Link.Connection, b.Link.Connection) })
	return all
}

// fault records that the fault of a link has begun, or that it has ended.
func (r *record) fault(e ends, f Fault) {
	if r.events == nil {
		return
	}
	kind := event.Fault
	if f == (Fault{}) {
		kind = event.Healed
	}
	r.events.Add(event.Event{Kind: kind, Link: &event.Link{From: e.from, To: e.to}, Text: f.String()})
}
