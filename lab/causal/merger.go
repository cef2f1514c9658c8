package causal

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"peerlab/lab/event"
)

// patience is how long an event waits for older ones. They are there after a message's way
// from their node; longer only from a node that is about to be given up. giveUp is how long it
// waits for its cause, which may wait itself: records that contradict each other have no order.
const (
	patience = 2 * time.Second
	giveUp   = 10 * time.Second
)

// late is how much later than its effect a cause may be by the times of both: how far clocks are
// ahead is known to some milliseconds.
const late = 200 * time.Millisecond

// maxWaiting bounds the events of a node that wait; with more, the first of them does not.
const maxWaiting = 100_000

// Merger orders the events of several nodes: those of one node stand by their times, a message
// is received after it was sent, and else the times decide. Connections and the lives of
// programs are numbered again, since each node counts its own. It has no clock and is for one
// goroutine.
type Merger struct {
	lanes       []*lane
	connections map[ends]*connection
	numbers     map[numbered]*connection
	closed      []*connection // the oldest first
	count       int           // connections
	lives       map[life]int
	last        map[string]int // life of a program
}

// lane is the events of one node that wait.
type lane struct {
	node      string
	addresses []netip.Addr
	live      bool      // it may send more
	reached   time.Time // all of its events up to then are here
	events    []waiting // by their times
}

type waiting struct {
	event.Event
	connection *connection // that it is of, or nil
	fromOpener bool
	place      int64 // of its first byte, in its direction
	since      time.Time
}

// numbered is a connection by the number that its node gave it.
type numbered struct {
	node   string
	number int
}

// life is one of a program, which may have others at other nodes, by its number at its node.
type life struct {
	program, node string
	number        int
}

// NewMerger returns a merger without nodes.
func NewMerger() *Merger {
	return &Merger{connections: make(map[ends]*connection), numbers: make(map[numbered]*connection), lives: make(map[life]int), last: make(map[string]int)}
}

// Expect says that a node will join, so that others wait for it.
func (m *Merger) Expect(node string) { m.find(node).live = true }

func (m *Merger) find(node string) *lane {
	if i := slices.IndexFunc(m.lanes, func(l *lane) bool { return l.node == node }); i >= 0 {
		return m.lanes[i]
	}
	l := &lane{node: node}
	m.lanes = append(m.lanes, l)
	return l
}

// Join says that a node sends its events from now on, and the addresses that it has. If it
// counts from 1 again, fresh is true.
func (m *Merger) Join(node string, addresses []netip.Addr, fresh bool) {
	l := m.find(node)
	l.live, l.addresses = true, addresses
	if fresh {
		maps.DeleteFunc(m.numbers, func(n numbered, _ *connection) bool { return n.node == node })
		maps.DeleteFunc(m.lives, func(l life, _ int) bool { return l.node == node })
		for _, c := range m.connections { // it tells of those that are still open once more
			for end := range c.nodes {
				if c.nodes[end] == node {
					c.nodes[end] = ""
				}
			}
		}
	}
}

// Leave says that a node sends no more until it joins again. No other waits for it.
func (m *Merger) Leave(node string) { m.find(node).live = false }

// Reached says that all events of a node up to a time were added. That time and those of the
// events are by the clock of the caller.
func (m *Merger) Reached(node string, at time.Time) { m.find(node).reached = at }

// Add adds an event of a node. Those of the same time stand in the order of the calls.
func (m *Merger) Add(node string, e event.Event, now time.Time) {
	if e.Kind == event.Run {
		return // the merged record has its own
	}
	w := waiting{Event: e, since: now}
	switch {
	case e.Kind == event.Connected:
		w.connection = m.connect(node, e)
	case e.Link != nil:
		if c := m.numbers[numbered{node, e.Link.Connection}]; c != nil {
			w.connection, w.fromOpener = c, c.fromOpener(node, e.Link)
			way := c.way(w.fromOpener)
			w.place = way.place(e.Link)
			if e.Kind == event.Sent {
				way.added = max(way.added, w.end())
			}
		}
	case e.Process != "":
		w.Life = m.life(life{e.Process, node, e.Life})
	}
	l := m.find(node)
	i := len(l.events)
	for i > 0 && w.Time.Before(l.events[i-1].Time) {
		i--
	}
	l.events = slices.Insert(l.events, i, w)
}

// life returns the number of a life in the merged record.
func (m *Merger) life(l life) int {
	if _, known := m.lives[l]; !known && l.number > 0 {
		m.last[l.program]++
		m.lives[l] = m.last[l.program]
	}
	return m.lives[l]
}

// Take returns the events that are in order now. Call it again when something was added, and
// after patience at the latest.
func (m *Merger) Take(now time.Time) (all []event.Event) {
	for {
		l := m.next(now)
		if l == nil {
			return all
		}
		w := l.events[0]
		l.events = l.events[1:]
		if e, ok := m.finish(l.node, w); ok {
			all = append(all, e)
		}
	}
}

// next returns the node whose first event is the next one, or nil.
func (m *Merger) next(now time.Time) *lane {
	slices.SortStableFunc(m.lanes, func(a, b *lane) int { return a.first().Compare(b.first()) })
	var tired *lane
	for _, l := range m.lanes {
		if len(l.events) == 0 {
			continue
		}
		waited, full := now.Sub(l.events[0].since), len(l.events) > maxWaiting
		switch {
		case waited < patience && !full && m.early(l.first()):
		case m.hasCause(&l.events[0]):
			return l
		case (waited >= giveUp || full) && tired == nil:
			tired = l
		}
	}
	return tired
}

// first returns the time of the first event.
func (l *lane) first() time.Time {
	if len(l.events) == 0 {
		return time.Time{}
	}
	return l.events[0].Time
}

// early reports whether a node may still send an event that is older.
func (m *Merger) early(at time.Time) bool {
	return slices.ContainsFunc(m.lanes, func(l *lane) bool { return l.live && l.reached.Before(at) })
}

// hasCause reports whether what must stand before an event does, or cannot come.
func (m *Merger) hasCause(w *waiting) bool {
	c := w.connection
	if c == nil || c.nodes[opener] == c.nodes[listener] {
		return true
	}
	switch w.Kind {
	case event.Connected:
		known := func(end int) bool { return c.nodes[end] != "" || !m.mayCome(c, end, w.Time) }
		return c.shown || known(opener) && known(listener)
	case event.Received:
		way, sender := &c.back, listener
		if w.fromOpener {
			way, sender = &c.out, opener
		}
		return way.sent >= w.end() || way.added < w.end() && !m.mayCome(c, sender, w.Time)
	}
	return true
}

// end returns the place behind the bytes of an event.
func (w *waiting) end() int64 { return w.place + int64(w.Bytes) }

// mayCome reports whether the node of an end of a connection may still send what that end did
// before a time.
func (m *Merger) mayCome(c *connection, end int, at time.Time) bool {
	address := [2]netip.AddrPort{c.opener, c.listener}[end].Addr()
	node, other := c.nodes[end], c.nodes[1-end]
	return slices.ContainsFunc(m.lanes, func(l *lane) bool {
		its := l.node == node || node == "" && l.node != other && slices.Contains(l.addresses, address)
		return its && l.live && l.reached.Before(at.Add(late))
	})
}

// finish returns an event as it stands in the merged record; false if it stands there already.
func (m *Merger) finish(node string, w waiting) (e event.Event, ok bool) {
	c := w.connection
	if c == nil {
		if w.Link != nil && w.Link.Connection > 0 { // of a connection that was forgotten
			w.Link = &event.Link{From: w.Link.From, To: w.Link.To, Offset: w.Link.Offset}
		}
		return w.Event, true
	}
	link := &event.Link{From: c.from, To: c.to, Connection: c.number}
	if !w.fromOpener && w.Kind != event.Connected {
		link.From, link.To = c.to, c.from
	}
	if w.Kind == event.Sent || w.Kind == event.Received {
		link.Offset = c.way(w.fromOpener).show(w.place)
	}
	w.Link = link
	switch w.Kind {
	case event.Connected:
		if c.shown {
			return w.Event, false
		}
		c.shown = true
	case event.Sent, event.Received: // what was received was sent, though that may be missing
		way := c.way(w.fromOpener)
		way.sent = max(way.sent, w.end())
	case event.Closed, event.Reset:
		m.close(c, w.fromOpener, w.Kind == event.Reset)
	}
	return w.Event, true
}
