// Package liveness decides which members of a mesh are silent, at a cost that does
// not grow with the square of their number. It is a state machine: no socket,
// goroutine or clock. A [Detector] is for one goroutine at a time.
//
// Each member watches a few others, its successors in a ring of the linked members'
// names: they send it keepalives, and the rest, which receive UNWATCH, do not. When
// the keepalives of a member stop, its watcher pings all links, and sends SUSPECT to
// the other members, which ping the suspect over their own links. Every member judges
// by its own link only: one that does not answer a PING is silent, and then gone. The
// shape is that of SWIM (Das, Gupta and Motivala 2002), with fixed watchers in place
// of random probes, so that the time until the first suspicion is bounded.
//
// A link that breaks without its process, and that is not watched, is found by the
// kernel's keepalive as long as nothing is written to it, and otherwise by a slow
// round of pings.
package liveness

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

const (
	// TickEvery is the time between two calls of Tick, while no ping is unanswered.
	TickEvery = 750 * time.Millisecond

	// Watched is how many others a member watches: more than one, because a watcher
	// may be blocked by its screen.
	Watched = 3

	suspectAfter = 1100 * time.Millisecond // without a line from a watched member
	pingTick     = 250 * time.Millisecond  // between two calls of Tick, while a ping is unanswered
	silentAfter  = 1                       // ticks after an unanswered ping
	goneAfter    = 4                       // ticks, not time: this process may have been stopped meanwhile
	pingAgain    = time.Second             // between two pings of a link
	roundEvery   = 24                      // ticks between two slow rounds
)

// Conn is a link, as the detector uses it. Its methods must not block, and must not
// call the Detector.
type Conn interface {
	// Traffic returns for how long the link was read without a line, and for how long
	// nothing was written to it.
	Traffic(now time.Time) (silence, idle time.Duration)
	Send(wire.Message)
	GiveUp() // the other side is silent: the link must be closed
}

// Link is what the detector knows of one link.
type Link struct {
	conn     Conn
	id       wire.ID
	watched  bool // this member expects keepalives
	watching bool // the other side does

	pinged   int       // ticks since an unanswered ping, from 1; 0: none; more than goneAfter: given up
	pingedAt time.Time // when the latest ping was sent
}

// NewLink returns the link to a process, which is sent UNWATCH unless it is watched.
func NewLink(conn Conn, id wire.ID, watched bool) *Link {
	return &Link{conn: conn, id: id, watched: watched, watching: true}
}

// Silent reports whether the other side has not answered a ping for some time.
func (l *Link) Silent() bool { return l.pinged > silentAfter }

// Detector is the failure detector of one member.
type Detector struct {
	self    wire.Name
	links   []*Link // in the order of names
	changed bool    // links, since the ring was computed
	ticks   int
	due     time.Time // the next tick, once Wait has said so
}

// New returns the detector of a member without links.
func New(self wire.Name) *Detector { return &Detector{self: self} }

// index returns the number of links to members whose names sort before a name.
func (d *Detector) index(name wire.Name) int {
	i, _ := slices.BinarySearchFunc(d.links, name, func(l *Link, n wire.Name) int { return l.id.Name.Compare(n) })
	return i
}

// Watches reports whether this member watches a process, or would if a link to it
// were added now: UNWATCH can then be sent with READY.
func (d *Detector) Watches(name wire.Name) bool {
	distance := d.index(name) - d.index(d.self)
	if name.Compare(d.self) < 0 {
		distance += len(d.links)
	}
	return distance < Watched
}

// Up adds a link.
func (d *Detector) Up(l *Link) {
	d.links = slices.Insert(d.links, d.index(l.id.Name), l)
	d.changed = true
}

// Down removes a link.
func (d *Detector) Down(l *Link) {
	d.links = slices.DeleteFunc(d.links, func(other *Link) bool { return other == l })
	d.changed = true
}

// Watch processes WATCH, or UNWATCH if on is false.
func (d *Detector) Watch(l *Link, on bool) { l.watching = on }

// Wait returns how long to wait until the next call of Tick. Tick and Suspect may
// change it, but Suspect never to later. Ticks are at multiples of TickEvery by the
// clock, so that the keepalives for a process arrive about when it is awake to send
// its own: that halves what an idle mesh costs on one machine.
func (d *Detector) Wait(now time.Time) time.Duration {
	every := TickEvery
	if slices.ContainsFunc(d.links, func(l *Link) bool { return l.pinged > 0 && l.pinged <= goneAfter }) {
		every = pingTick
	}
	const late = time.Millisecond // a timer that is early by less does not tick twice
	next := now.Add(every - time.Duration(now.UnixNano())%every + late)
	if d.due.IsZero() || next.Before(d.due) {
		d.due = next
	}
	return d.due.Sub(now)
}

// Tick sends keepalives, and looks which links are silent.
func (d *Detector) Tick(now time.Time) {
	d.ticks++
	d.due = time.Time{}
	round := d.ticks%roundEvery == 0
	var suspects []*Link
	gone := false
	for _, l := range d.links {
		silence, idle := l.conn.Traffic(now)
		switch {
		case l.pinged > 0 && !now.Add(-silence).Before(l.pingedAt):
			l.pinged = 0
		case l.pinged > 0:
			if l.pinged++; l.pinged == goneAfter+1 {
				gone = true
				l.conn.GiveUp()
			}
		case l.watched && silence >= suspectAfter:
			suspects = append(suspects, l)
		case round && idle+pingTick < silence: // a PONG was written at once
			l.ping(now)
		}
		if l.watching {
			l.conn.Send(wire.Keepalive{})
		}
	}
	if gone || len(suspects) > 0 { // others may be gone as well
		for _, l := range d.links {
			l.ping(now)
			for _, s := range suspects {
				if l != s {
					l.conn.Send(wire.Suspect{ID: s.id})
				}
			}
		}
	}
	d.watch()
}

// Suspect processes SUSPECT: another member receives no keepalives of a process.
func (d *Detector) Suspect(id wire.ID, now time.Time) {
	for _, l := range d.links {
		if l.id == id {
			l.ping(now)
		}
	}
}

// watch sends WATCH to the successors of this member in the ring, and UNWATCH to
// those that were. PING is answered at once, and the first keepalive comes later.
func (d *Detector) watch() {
	if !d.changed {
		return
	}
	d.changed = false
	for _, l := range d.links {
		watched := d.Watches(l.id.Name)
		switch {
		case watched && !l.watched:
			l.conn.Send(wire.Watch{})
			l.conn.Send(pingMessage)
		case !watched && l.watched:
			l.conn.Send(wire.Unwatch{})
		}
		l.watched = watched
	}
}

var pingMessage = wire.Ping{Token: []byte("alive")}

// ping sends PING over a link, unless one was sent a moment ago or is not answered.
func (l *Link) ping(now time.Time) {
	if l.pinged == 0 && now.Sub(l.pingedAt) >= pingAgain {
		l.pinged, l.pingedAt = 1, now
		l.conn.Send(pingMessage)
	}
}
